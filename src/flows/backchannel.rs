//! The flow of a backchannel request: its authorization request, and the person's answer (CIBA Core §8).

use actix_web::HttpResponse;

use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::failure::{Denied, Failure};
use crate::flows::{CheckedRequest, asked};
use crate::http::answer;
use crate::http::call::Call;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::backchannel::BackchannelRequest;
use crate::oauth::id::{ClientId, GrantId};
use crate::oauth::reason::Reason;
use crate::oauth::request::interaction::SignedIn;
use crate::oauth::request::{AnswerTo, Refusal};
use crate::operations::backchannel;
use crate::store::backchannel_requests;
use crate::store::db::Conn;
use crate::tokens::subject;

/// The backchannel request of a flow, also as an authorization request. No person but its own is accepted.
pub(super) async fn resume(
    app: &App,
    call: &Call,
    id: &GrantId,
) -> Result<(CheckedRequest, BackchannelRequest), Denied<Refusal>> {
    let over = || Refusal::Page(Reason::BackchannelAnswered.because("the request is no longer known"));
    let waiting = find(app, id).await?.ok_or_else(over)?;
    call.set_client(waiting.client.clone());
    let client = app.cache.client(&waiting.client, Freshness::Now).await?.ok_or_else(over)?;
    waiting.check(&client.client, call.now).map_err(Refusal::Page)?;
    let person = subject::subject(app, &client.client, &waiting.user);
    let answer_to = AnswerTo::Backchannel(id.clone());
    let checked = asked::checked(app, client, &waiting.granted, answer_to, vec![person]).await?;
    Ok((checked, waiting))
}

async fn find(app: &App, id: &GrantId) -> Result<Option<BackchannelRequest>, Failure> {
    let id = id.clone();
    let find = async move |conn: &mut Conn| backchannel_requests::find(conn, &id).await;
    Ok(app.db.read(find).await?)
}

/// Allows the request.
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
    match backchannel::allow(&context, id, client, signed_in, granted).await {
        Ok(_) => {
            app.backchannel_pings.wake();
            answer::see_other(&format!("{}/approve?allowed=1", app.issuer))
        }
        Err(Denied::Refused(_)) => {
            let error = Reason::BackchannelAnswered.because("the request has ended in the meantime");
            answer::page_error(app, call, error.into())
        }
        Err(Denied::Failed(failure)) => answer::page_error(app, call, failure.into()),
    }
}

/// Denies the request, if its person denied it or may not use the client. Anyone else who has the address changes nothing.
pub(super) async fn deny(
    app: &App,
    call: &Call,
    id: &GrantId,
    client: &ClientId,
    why: OAuthError,
) -> HttpResponse {
    let is_final = matches!(why.reason, Reason::ConsentDenied | Reason::UserGroup);
    let user = match (why.reason, why.user.clone().filter(|_| is_final)) {
        (_, Some(user)) => user,
        // This page tells people who have signed in with another account what to do.
        (Reason::SignInOtherPerson, _) => return answer::see_other(&format!("{}/approve/{id}", app.issuer)),
        (Reason::SignInCancelled, _) => {
            answer::log_refusal(call, &why);
            return answer::see_other(&format!("{}/", app.issuer));
        }
        _ => return answer::page_error(app, call, why.into()),
    };
    match backchannel::deny(&app.operations(call.now, call.actor()), id, client, &user).await {
        Ok(_) => {
            app.backchannel_pings.wake();
            // The person decided this, so there is no error page.
            if why.reason == Reason::ConsentDenied {
                answer::log_refusal(call, &why);
                return answer::see_other(&format!("{}/approve?denied=1", app.issuer));
            }
            answer::page_error(app, call, why.into())
        }
        Err(Denied::Refused(_)) => {
            let error = Reason::BackchannelAnswered.because("the request has ended in the meantime");
            answer::page_error(app, call, error.into())
        }
        Err(Denied::Failed(failure)) => answer::page_error(app, call, failure.into()),
    }
}
