//! Backchannel requests: what is done when one arrives, and the person's answer (CIBA Core §7, §10).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::consents::{granted_members, must_be_current};
use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::{Context, Done, Outcome};
use crate::failure::{Denied, Failure};
use crate::keys::master::ServerKeys;
use crate::oauth::client::Client;
use crate::oauth::grant::backchannel::{BackchannelAnswer, BackchannelRequest, BindingMessage};
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::identity::claims::Person;
use crate::oauth::request::interaction::SignedIn;
use crate::oauth::webhook::BACKCHANNEL_REQUESTED;
use crate::store::db::{DbError, Tx};
use crate::store::webhook_deliveries::{self, MAX_WAITING, WebhookMessage};
use crate::store::{backchannel_pings, backchannel_requests, clients, users, webhooks};

/// Tells webhooks that a request waits for its person, in the transaction that stores the request. `link` is the page where
/// the person answers. Returns whether a message is due, so that the sender of messages can be woken after the transaction.
///
/// # Errors
/// Only failures of the database.
pub async fn announce(tx: &mut Tx, request: &BackchannelRequest, link: &str) -> Result<bool, DbError> {
    let now = request.created_at;
    let named = webhooks::that_name(tx, BACKCHANNEL_REQUESTED).await?;
    if named.is_empty() {
        return Ok(false);
    }
    let Some(person) = users::find_person(tx, &request.user).await? else { return Ok(false) };
    let Some(client) = clients::find(tx, &request.client).await? else { return Ok(false) };
    let message = message(request, &person, &client.client, link);
    let mut is_due = false;
    for webhook in named {
        // A receiver that is so far behind would get it too late.
        if webhook_deliveries::waiting(tx, &webhook).await? < MAX_WAITING {
            let until = (now, request.expires_at);
            webhook_deliveries::enqueue_until(tx, &webhook, std::slice::from_ref(&message), until).await?;
            is_due = true;
        }
    }
    Ok(is_due)
}

/// What a receiver needs to tell the person. Its id is that of the request.
fn message(request: &BackchannelRequest, person: &Person, client: &Client, link: &str) -> WebhookMessage {
    let data = json!({
        "id": request.grant.as_str(),
        "user": {
            "id": person.id.as_str(),
            "username": person.username,
            "name": person.name,
            "email": person.email,
            "email_verified": person.claims.get("email_verified").is_some_and(|is_verified| is_verified == true),
        },
        "client": { "client_id": client.id.as_str(), "client_name": client.name.as_str() },
        "binding_message": request.binding_message.as_ref().map(BindingMessage::as_str),
        "link": link,
        "expires_at": request.expires_at.iso(),
    });
    WebhookMessage::new(request.grant.to_string(), BACKCHANNEL_REQUESTED, request.created_at, &data)
}

/// Allows a request; `granted` is what the client gets, all that it asked for or a part, decided when so many scopes and types
/// had been deleted. Allowing it again in the same session changes nothing and has the same outcome.
///
/// # Errors
/// If the request has another answer already, has ended, is for another person, or a scope or a type was deleted in the meantime.
pub async fn allow(
    context: &Context<'_>,
    request: &GrantId,
    client: &ClientId,
    signed_in: &SignedIn,
    (granted, withdrawals): (Granted, i64),
) -> Outcome<()> {
    let (id, client, by, now) = (request.clone(), client.clone(), signed_in.clone(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            must_be_current(tx, withdrawals).await?;
            if backchannel_requests::allow(tx, &id, &by, &granted, now).await? {
                backchannel_pings::enqueue(tx, &id, now).await?;
            } else {
                // The same page was submitted again, or else the answer comes too late.
                let answer = backchannel_requests::find(tx, &id).await?.map(|found| found.answer);
                if answer != Some(BackchannelAnswer::Allowed(by.session.clone())) {
                    return Err(has_ended());
                }
            }
            let event = event(Act::BackchannelAllowed, &id, &client).creating(granted_members(&granted));
            Ok(Done { outcome: (), event })
        })
        .await
}

/// Denies a request as the person whose request it is. Denying it again has the same outcome.
///
/// # Errors
/// If the request has another answer already, has ended, or is for another person.
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

/// What a ping is made from.
#[derive(Serialize, Deserialize)]
pub struct Ping {
    pub auth_req_id: String,
    pub client_notification_token: String,
}

/// Seals what the ping of a request is made from, for its row.
///
/// # Errors
/// Only failures.
pub fn sealed_ping(
    keys: &ServerKeys,
    request: &GrantId,
    auth_req_id: &str,
    token: &str,
) -> Result<Vec<u8>, Failure> {
    let ping = Ping { auth_req_id: auth_req_id.to_owned(), client_notification_token: token.to_owned() };
    let text =
        serde_json::to_string(&ping).map_err(|_| Failure::Internal("a ping could not be written".into()))?;
    Ok(keys.seal_text(&purpose(request), &text)?.into_bytes())
}

/// Reads what [`sealed_ping`] made for this request. `None` if the server did not make it.
pub fn open_ping(keys: &ServerKeys, request: &GrantId, sealed: &[u8]) -> Option<Ping> {
    let text = keys.open_text(&purpose(request), std::str::from_utf8(sealed).ok()?)?;
    serde_json::from_str(&text).ok()
}

fn purpose(request: &GrantId) -> String {
    format!("backchannel ping {request}")
}

fn has_ended() -> Denied<Faults> {
    Fault::conflict(None, "the request has ended in the meantime").into()
}

fn event(act: Act, request: &GrantId, client: &ClientId) -> Event {
    Event::new(act, ObjectKind::Backchannel, request.as_str()).with(client)
}
