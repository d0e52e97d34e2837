//! The request object of a backchannel request (§7.1.1).

use crate::app::App;
use crate::failure::Denied;
use crate::flows::request_object::{SignatureVerdict, verify_once};
use crate::http::call::Call;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::request::request_object::{ObjectContext, RequestObject, SignedRequest};

/// What became of the signature, with the version of the client whose keys it was compared with.
pub(super) type ObjectVerdict = Option<SignatureVerdict>;

/// The request in the parameter `request`. `None`: the parameters are in the open, and the client may send them so.
pub(super) async fn resolve(
    app: &App,
    call: &Call,
    client: &Client,
    outside: &Params,
    verdict: &mut ObjectVerdict,
) -> Result<Option<SignedRequest>, Denied<OAuthError>> {
    let demands = app.config.oauth.demands();
    let Some(token) = outside.one("request")? else {
        return match client.must_sign_backchannel(&demands) {
            true => Err(required().into()),
            false => Ok(None),
        };
    };
    let object = RequestObject::read(token)?;
    let context = ObjectContext { client, issuer: &app.issuer, demands, now: call.now };
    let signed = object.check_backchannel(&context)?;
    verify_once(app, call, client, token, verdict).await?;
    Ok(Some(signed))
}

fn required() -> OAuthError {
    Reason::RequestObjectRequired.because(
        "this client must sign its backchannel requests: all parameters belong into a token that is sent as request",
    )
}
