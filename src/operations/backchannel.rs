//! Backchannel requests: what is done when one arrives, and the person's answer (CIBA Core §7, §10).

use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::{Context, Done, Outcome};
use crate::failure::Denied;
use crate::oauth::grant::backchannel::{BackchannelAnswer, BackchannelRequest};
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::request::interaction::SignedIn;
use crate::store::db::{DbError, Tx};
use crate::store::{backchannel_pings, backchannel_requests};

/// Tells webhooks that a request waits for its person, in the transaction that stores the request. `link` is the page where
/// the person answers.
///
/// # Errors
/// Only failures of the database.
pub async fn announce(_tx: &mut Tx, _request: &BackchannelRequest, _link: &str) -> Result<(), DbError> {
    Ok(())
}

/// Allows a request; `granted` is what the client gets, all that it asked for or a part. Allowing it again in the same
/// session changes nothing and has the same outcome.
///
/// # Errors
///
/// The request has another answer already, has ended, or is for another person.
pub async fn allow(
    context: &Context<'_>,
    request: &GrantId,
    client: &ClientId,
    signed_in: &SignedIn,
    granted: Granted,
) -> Outcome<()> {
    let (id, client, by, now) = (request.clone(), client.clone(), signed_in.clone(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            if backchannel_requests::allow(tx, &id, &by, &granted, now).await? {
                backchannel_pings::enqueue(tx, &id, now).await?;
            } else {
                // The same page was submitted again, or else the answer comes too late.
                let answer = backchannel_requests::find(tx, &id).await?.map(|found| found.answer);
                if answer != Some(BackchannelAnswer::Allowed(by.session.clone())) {
                    return Err(has_ended());
                }
            }
            Ok(Done { outcome: (), event: event(Act::BackchannelAllowed, &id, &client) })
        })
        .await
}

/// Denies a request as the person whose request it is. Denying it again has the same outcome.
///
/// # Errors
///
/// The request has another answer already, has ended, or is for another person.
pub async fn deny(context: &Context<'_>, request: &GrantId, client: &ClientId, user: &UserId) -> Outcome<()> {
    let (id, client, user, now) = (request.clone(), client.clone(), user.clone(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            if backchannel_requests::deny(tx, &id, &user, now).await? {
                backchannel_pings::enqueue(tx, &id, now).await?;
            } else {
                let found = backchannel_requests::find(tx, &id).await?.filter(|found| found.user == user);
                if found.map(|found| found.answer) != Some(BackchannelAnswer::Denied) {
                    return Err(has_ended());
                }
            }
            Ok(Done { outcome: (), event: event(Act::BackchannelDenied, &id, &client) })
        })
        .await
}

fn has_ended() -> Denied<Faults> {
    Fault::conflict(None, "the request has ended in the meantime").into()
}

fn event(act: Act, request: &GrantId, client: &ClientId) -> Event {
    Event::new(act, ObjectKind::Backchannel, request.as_str()).with(client)
}
