//! Clients: the registered applications and their secrets.

mod brand;
mod logo;
mod management;
mod references;
mod registration;
mod secrets;
mod sector;

pub use logo::{Logo, Logos};
pub(super) use references::take_scope;
pub use registration::{ClientChange, CreatedClient, NewClient, SectorReading, create, update};
pub use secrets::{
    AddedSecret, ChosenSecret, SecretRemoval, SecretSource, add_secret, check_remove_secret, find_secret,
    list_secrets, remove_secret, secret_version, set_secret_end, takes_another,
};

use serde_json::Value;

use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, FaultKind, Faults};
use super::list::{self, Cursor, List, Listing};
use super::terms::Version;
use super::{Context, Done, Outcome, steps};
use crate::failure::{Denied, Failure};
use crate::oauth::client::Client;
use crate::oauth::grant::EndReason;
use crate::oauth::id::ClientId;
use crate::store::clients::{self, ClientColumn, ClientFilter, ClientRecord};
use crate::store::db::{Conn, DbError, Tx};
use crate::store::steps::{STEP, Stretch};
use crate::store::{access_tokens, backchannel_requests, codes, consents, device_codes, revocations};
use references::Mentions;

const CURSOR: Cursor = Cursor::of("clients");

/// Returns a page of the clients with their secrets, in the order of the filter.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<ClientFilter>,
) -> Result<List<ClientRecord>, Denied<Faults>> {
    let by = listing.filter.order.by;
    let key = |record: &ClientRecord| (by.value(record), record.client.id.to_string());
    let cursor = CURSOR.sorted(listing.filter.order.word(ClientColumn::ORDERS));
    list::read(context, cursor, listing, clients::list, key).await
}

/// Whether any client is registered. Asks the database itself, and no replica.
///
/// # Errors
/// Only failures of the database.
pub async fn is_any(context: &Context<'_>) -> Result<bool, Failure> {
    Ok(context.db.read(async |conn: &mut Conn| clients::is_any(conn).await).await?)
}

/// Finds a client by its id.
///
/// # Errors
/// If there is no such client.
pub async fn find(context: &Context<'_>, client: &ClientId) -> Result<ClientRecord, Denied<Faults>> {
    let client = client.clone();
    context.read(async move |conn: &mut Conn| existing(conn, &client).await).await
}

/// How often a client is disabled while it is being deleted, if others enable it again.
const ROUNDS: usize = 10;

/// Deletes a client with its secrets and tokens, and with the consents that people gave it. The outcome is the number
/// of grants that ended.
///
/// The client is disabled first. If the act is interrupted, the client stays disabled, and deleting it again finishes the
/// act. A change of the client in the meantime does not stop the deletion.
///
/// # Errors
/// If there is no such client, the actor may not change it or what names it, or others enabled it again and again.
pub async fn delete(context: &Context<'_>, client: &ClientId) -> Outcome<u64> {
    let Context { now, terms, actor, .. } = context.clone();
    let id = client.clone();
    if terms.is_rehearsal {
        return rehearse_delete(context, client).await;
    }
    let disable = async move |tx: &mut Tx| -> Result<Value, Denied<Faults>> {
        let before = existing(tx, &id).await?.client;
        let members = registration::members(&before);
        terms.check(&members)?;
        management::may_change(&actor, [&before])?;
        Mentions::find(tx, &id).await?.may_lose(&actor, &id)?;
        clients::disable(tx, &id, now).await?;
        Ok(members)
    };
    let before = context.db.decide(disable).await?;
    let (mut revoked, mut round) = (0, 1);
    loop {
        // A client that is later registered under the same id must not receive any of these.
        references::take_from_others(context, client).await?;
        revoked += delete_what_it_has(context, client, EndReason::ClientDeleted).await?;
        match delete_disabled(context, client, &before, revoked).await {
            // It may have got something new.
            Err(Denied::Refused(faults)) if faults.kind() == FaultKind::Conflict && round < ROUNDS => {
                let id = client.clone();
                context.db.write(async move |tx: &mut Tx| clients::disable(tx, &id, now).await).await?;
                round += 1;
            }
            done => return done,
        }
    }
}

/// Deletes a client that has nothing any more, with an event that says how it was `before`.
///
/// # Errors
///
/// There is no such client, the client is enabled, or the actor may not change it or what has named it since.
async fn delete_disabled(
    context: &Context<'_>,
    client: &ClientId,
    before: &Value,
    revoked: u64,
) -> Outcome<u64> {
    let Context { now, actor, .. } = context.clone();
    let (id, before, witness) = (client.clone(), before.clone(), context.witness());
    context
        .act(async move |tx: &mut Tx| {
            let client = existing(tx, &id).await?.client;
            if !client.disabled {
                let sentence =
                    format!("the client {id} was enabled while it was being deleted; it still exists");
                return Err(Fault::conflict(None, sentence).into());
            }
            management::may_change(&actor, [&client])?;
            let events = Mentions::find(tx, &id).await?.lose(tx, &actor, &id, now).await?;
            witness.record(tx, &events).await?;
            clients::delete(tx, &id).await?;
            logo::delete_unused(tx, &client).await?;
            Ok(Done { outcome: revoked, event: event(Act::ClientDeleted, &client).deleting(before.clone()) })
        })
        .await
}

/// Returns the version of a client, which every change of its settings changes.
pub fn version(client: &Client) -> Version {
    Version::of(&registration::members(client))
}

/// Checks as [`delete`] does, and deletes nothing.
async fn rehearse_delete(context: &Context<'_>, client: &ClientId) -> Outcome<u64> {
    let client = find(context, client).await?.client;
    context.terms.check(&registration::members(&client))?;
    management::may_change(&context.actor, [&client])?;
    let id = client.id.clone();
    let named = context.read(async move |conn: &mut Conn| Ok(Mentions::find(conn, &id).await?)).await?;
    named.may_lose(&context.actor, &client.id)?;
    let event = event(Act::ClientDeleted, &client).deleting(registration::members(&client));
    Ok(Done { outcome: 0, event })
}

/// Revokes everything that people gave a client, and all tokens that the client has for itself. Its people are asked for
/// consent again. What begins while this goes on may stay. The outcome is the number of grants that ended.
///
/// # Errors
/// If there is no such client.
pub async fn revoke_all(context: &Context<'_>, client: &ClientId) -> Outcome<u64> {
    let client = find(context, client).await?.client;
    let revoked = match context.terms.is_rehearsal {
        true => 0,
        false => delete_what_it_has(context, &client.id, EndReason::GrantRevoked).await?,
    };
    context
        .act(async move |_: &mut Tx| {
            Ok(Done { outcome: revoked, event: event(Act::ClientGrantsRevoked, &client) })
        })
        .await
}

/// Deletes in steps what was stored for a client, and revokes its grants. Returns the number of grants that ended.
async fn delete_what_it_has(
    context: &Context<'_>,
    client: &ClientId,
    why: EndReason,
) -> Result<u64, DbError> {
    let (db, now) = (context.db, context.now);
    loop {
        let id = client.clone();
        let step = async move |tx: &mut Tx| {
            let consents = consents::delete_of_client(tx, &id).await?;
            let codes = codes::delete_redeemable(tx, None, Some(&id), now).await?;
            Ok(consents.max(codes))
        };
        if db.write(step).await? < STEP.unsigned_abs() {
            break;
        }
    }
    for requests in [device_codes::POLLED, backchannel_requests::POLLED] {
        let (looked, ended) = (client.clone(), client.clone());
        steps::walk(
            db,
            async move |conn: &mut Conn, after: &Vec<u8>| {
                requests.look_for_client(conn, &looked, after).await
            },
            async move |tx: &mut Tx, part: &Stretch<Vec<u8>>| {
                requests.delete_of_client(tx, &ended, part).await
            },
        )
        .await?;
    }
    let (looked, ended) = (client.clone(), client.clone());
    steps::walk(
        db,
        async move |conn: &mut Conn, after: &Vec<u8>| {
            access_tokens::look_for_client(conn, &looked, after).await
        },
        async move |tx: &mut Tx, part: &Stretch<Vec<u8>>| {
            access_tokens::delete_of_client(tx, &ended, part).await
        },
    )
    .await?;
    let (looked, ended) = (client.clone(), client.clone());
    steps::walk(
        db,
        async move |conn: &mut Conn, after: &String| revocations::look_for_client(conn, &looked, after).await,
        async move |tx: &mut Tx, part: &Stretch<String>| {
            revocations::revoke_of_client(tx, &ended, part, why, now).await
        },
    )
    .await
}

pub(super) fn unknown(client: &ClientId) -> Fault {
    Fault::not_found(format!("there is no client with the id {client}"))
}

pub(super) async fn existing(conn: &mut Conn, client: &ClientId) -> Result<ClientRecord, Denied<Faults>> {
    Ok(clients::find_record(conn, client).await?.ok_or_else(|| unknown(client))?)
}

fn event(act: Act, client: &Client) -> Event {
    Event::new(act, ObjectKind::Client, client.id.as_str()).named(client.name.as_str())
}
