//! Front-channel logout: the person's browser notifies applications of ended sessions (OpenID Connect Front-Channel
//! Logout §3).

use actix_web::HttpResponse;
use url::Url;

use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::failure::Failure;
use crate::http::call::Call;
use crate::oauth::id::ClientId;
use crate::oauth::request::interaction::SignedIn;
use crate::tokens::subject;

/// A page that loads the applications of the ended sessions in frames and then continues; `None` if no application
/// has one to load.
pub(super) async fn page(
    app: &App,
    call: &Call,
    told: &[(ClientId, SignedIn)],
    onward: &str,
) -> Result<Option<HttpResponse>, Failure> {
    let mut frames = Vec::new();
    for (id, signed_in) in told {
        let Some(client) = app.cache.client(id, Freshness::Cached).await? else { continue };
        let client = &client.client;
        let uri = client.logout.front_channel.as_deref().and_then(|uri| Url::parse(uri).ok());
        let Some(mut frame) = uri else { continue };
        let names = subject::names(app, client, &signed_in.user, &signed_in.session);
        frame.query_pairs_mut().append_pair("iss", &app.issuer).append_pair("sid", &names.session);
        frames.push(frame);
    }
    if frames.is_empty() {
        return Ok(None);
    }
    Ok(Some(app.pages.signing_out(call.reader(), &frames, onward)))
}
