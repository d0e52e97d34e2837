//! The flow of a device: its authorization request, and the person's answer (RFC 8628 §3.3).

use actix_web::HttpResponse;

use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::failure::{Denied, Failure};
use crate::flows::{CheckedRequest, asked};
use crate::http::answer;
use crate::http::call::Call;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::device::DeviceRequest;
use crate::oauth::id::{ClientId, GrantId};
use crate::oauth::reason::Reason;
use crate::oauth::request::interaction::SignedIn;
use crate::oauth::request::{AnswerTo, Refusal};
use crate::operations::devices;
use crate::store::db::Conn;
use crate::store::device_codes;

/// The device of a flow, and its request as an authorization request.
pub(super) async fn resume(
    app: &App,
    call: &Call,
    id: &GrantId,
) -> Result<(CheckedRequest, DeviceRequest), Denied<Refusal>> {
    let over =
        || Refusal::Page(Reason::DeviceAnswered.because("the request of the device is no longer known"));
    let device = find(app, id).await?.ok_or_else(over)?;
    call.set_client(device.client.clone());
    let client = app.cache.client(&device.client, Freshness::Now).await?.ok_or_else(over)?;
    device.check(&client.client, call.now).map_err(Refusal::Page)?;
    let answer_to = AnswerTo::Device(id.clone());
    let checked = asked::checked(app, client, &device.granted, answer_to, Vec::new()).await?;
    Ok((checked, device))
}

async fn find(app: &App, id: &GrantId) -> Result<Option<DeviceRequest>, Failure> {
    let id = id.clone();
    let find = async move |conn: &mut Conn| device_codes::find(conn, &id).await;
    Ok(app.db.read(find).await?)
}

/// Allows the device's request.
pub(super) async fn approve(
    app: &App,
    call: &Call,
    id: &GrantId,
    checked: &CheckedRequest,
    signed_in: &SignedIn,
) -> HttpResponse {
    call.set_person(&signed_in.user, &signed_in.username);
    let (context, client) = (app.operations(call.now, call.actor()), &checked.request.client_id);
    let granted = (checked.granted_to(signed_in), checked.catalogue.withdrawals());
    match devices::allow(&context, id, client, signed_in, granted).await {
        Ok(_) => answer::see_other(&format!("{}/device?allowed=1", app.issuer)),
        Err(Denied::Refused(_)) => {
            let error = Reason::DeviceAnswered.because("the request of the device has ended in the meantime");
            answer::page_error(app, call, error.into())
        }
        Err(Denied::Failed(failure)) => answer::page_error(app, call, failure.into()),
    }
}

/// Denies the device's request.
pub(super) async fn deny(
    app: &App,
    call: &Call,
    id: &GrantId,
    client: &ClientId,
    why: OAuthError,
) -> HttpResponse {
    if let Err(error) = devices::deny(&app.operations(call.now, call.actor()), id, client).await {
        return answer::page_error(app, call, error.into());
    }
    match why.reason {
        // The person decided this, so there is no error page.
        Reason::ConsentDenied | Reason::SignInCancelled => {
            answer::log_refusal(call, &why);
            answer::see_other(&format!("{}/device?denied=1", app.issuer))
        }
        _ => answer::page_error(app, call, why.into()),
    }
}
