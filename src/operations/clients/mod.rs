//! Clients: the registered applications and their secrets.

mod logo;
mod registration;
mod secrets;
mod sector;

pub use logo::Logo;
pub use registration::{ClientChange, CreatedClient, NewClient, SectorReading, create, update};
pub use secrets::{
    AddedSecret, ChosenSecret, SecretRemoval, SecretSource, add_secret, check_remove_secret, remove_secret,
};

use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::list::{self, Cursor, List, Listing};
use super::{Context, Done, Outcome};
use crate::failure::Denied;
use crate::oauth::client::Client;
use crate::oauth::grant::EndReason;
use crate::oauth::id::ClientId;
use crate::store::clients::{self, ClientFilter, ClientRecord};
use crate::store::db::{Conn, Tx};
use crate::store::{access_tokens, codes, device_codes, grants, logos};

const CURSOR: Cursor = Cursor("clients");

/// Returns a page of the clients with their secrets, sorted by id.
///
/// # Errors
///
/// An invalid limit or cursor.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<ClientFilter>,
) -> Result<List<ClientRecord>, Denied<Faults>> {
    let key = |record: &ClientRecord| record.client.id.to_string();
    list::read(context, CURSOR, listing, clients::list, key).await
}

/// Finds a client by its id.
///
/// # Errors
///
/// There is no such client.
pub async fn find(context: &Context<'_>, client: &ClientId) -> Result<ClientRecord, Denied<Faults>> {
    let client = client.clone();
    context.read(async move |conn: &mut Conn| existing(conn, &client).await).await
}

/// Deletes a client with its secrets and tokens, and with the consents that people gave it. The outcome is the number
/// of grants that ended.
///
/// # Errors
///
/// There is no such client.
pub async fn delete(context: &Context<'_>, client: &ClientId) -> Outcome<u64> {
    let (id, now) = (client.clone(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            let client = existing(tx, &id).await?.client;
            clients::delete(tx, &id).await?;
            // A client that is later registered under the same id must not receive any of these.
            codes::delete_of_client(tx, &id).await?;
            device_codes::delete_of_client(tx, &id).await?;
            let revoked = grants::revoke_of_client(tx, &id, EndReason::ClientDeleted, now).await?;
            access_tokens::delete_of_client(tx, &id).await?;
            if let Some(logo) = &client.links.logo {
                logos::delete_unused(tx, logo).await?;
            }
            Ok(Done { outcome: revoked, event: event(Act::ClientDeleted, &client) })
        })
        .await
}

async fn existing(conn: &mut Conn, client: &ClientId) -> Result<ClientRecord, Denied<Faults>> {
    let unknown = || Fault::not_found(format!("there is no client with the id {client}"));
    Ok(clients::find_record(conn, client).await?.ok_or_else(unknown)?)
}

fn event(act: Act, client: &Client) -> Event {
    Event::new(act, ObjectKind::Client, client.id.as_str()).named(&client.name)
}
