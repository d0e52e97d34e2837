//! Flows: authorization requests that wait for a person, one for each tab, each bound to one browser.

use sqlx::FromRow;

use super::db::{Conn, DbError, Tx};
use super::steps::STEP;
use crate::clock::Timestamp;
use crate::oauth::id::{ClientId, FlowId, GrantId, SessionId};
use crate::oauth::request::interaction::FlowProgress;
use crate::oauth::request::received::Received;
use crate::secret::{Hash, equal};

/// What waits for a person.
#[derive(Clone, Debug)]
pub enum FlowRequest {
    /// The authorization request of an application.
    Application(Received),
    /// The request of a device, which its own row holds (RFC 8628).
    Device(GrantId),
}

/// A request that waits, and what the person has done for it so far.
#[derive(Clone, Debug)]
pub struct Flow {
    pub id: FlowId,
    pub client_id: ClientId,
    pub waiting: FlowRequest,
    pub progress: FlowProgress,
    browser: Vec<u8>,
    pub expires_at: Timestamp,
}

#[derive(FromRow)]
struct FlowRow {
    client_id: String,
    browser_hash: Vec<u8>,
    request: String,
    signed_in: Option<String>,
    consented: Option<String>,
    chosen: Option<String>,
    device: Option<String>,
    expires_at: Timestamp,
}

impl Flow {
    /// Whether this value of the cookie is that of the browser that began the flow.
    pub fn belongs_to(&self, cookie: &str) -> bool {
        equal(&self.browser, Hash::of(cookie).as_bytes())
    }
}

/// Finds a flow. `None` if it does not exist, or if its row may be deleted at `now`.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, id: &FlowId, now: Timestamp) -> Result<Option<Flow>, DbError> {
    let row: Option<FlowRow> = conn
        .query(
            "SELECT client_id, browser_hash, request, signed_in, consented, chosen, device, expires_at
             FROM flows WHERE id = $1 AND purge_after > $2",
        )
        .bind(id.as_str())
        .bind(now)
        .optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let corrupt = || DbError::Corrupt { table: "flows", id: id.to_string(), what: "request" };
    let waiting = match row.device {
        Some(device) => FlowRequest::Device(GrantId::new(device)),
        None => FlowRequest::Application(Received::from_json(&row.request).ok_or_else(corrupt)?),
    };
    Ok(Some(Flow {
        id: id.clone(),
        client_id: ClientId::new(row.client_id),
        waiting,
        progress: FlowProgress {
            signed_in: row.signed_in.map(SessionId::new),
            consented: row.consented.map(SessionId::new),
            chosen: row.chosen.map(SessionId::new),
        },
        browser: row.browser_hash,
        expires_at: row.expires_at,
    }))
}

/// Stores a flow that ends at `expires_at`. From then on until `purge_after`, the flow can only return the person to
/// the application.
///
/// # Errors
/// Only failures of the database.
pub async fn save(
    tx: &mut Tx,
    id: &FlowId,
    browser: &Hash,
    (client, waiting): (&ClientId, &FlowRequest),
    (expires_at, purge_after): (Timestamp, Timestamp),
) -> Result<(), DbError> {
    let (request, device) = match waiting {
        FlowRequest::Application(received) => (received.to_json(), None),
        FlowRequest::Device(device) => (String::new(), Some(device.to_string())),
    };
    tx.query(
        "INSERT INTO flows (id, browser_hash, client_id, request, expires_at, purge_after, device)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id.as_str())
    .bind(browser.as_bytes())
    .bind(client.as_str())
    .bind(request)
    .bind(expires_at)
    .bind(purge_after)
    .bind(device)
    .execute()
    .await
    .map(drop)
}

/// Records that the person signed in for this request, in a new `session`, which the request then uses.
///
/// # Errors
/// Only failures of the database.
pub async fn note_signed_in(tx: &mut Tx, id: &FlowId, session: &SessionId) -> Result<(), DbError> {
    note(tx, "UPDATE flows SET signed_in = $2, chosen = $2 WHERE id = $1", id, session).await
}

/// Records that the person chose `session` for this request.
///
/// # Errors
/// Only failures of the database.
pub async fn note_chosen(tx: &mut Tx, id: &FlowId, session: &SessionId) -> Result<(), DbError> {
    note(tx, "UPDATE flows SET chosen = $2 WHERE id = $1", id, session).await
}

/// Records that the person consented to this request in `session`.
///
/// # Errors
/// Only failures of the database.
pub async fn note_consented(tx: &mut Tx, id: &FlowId, session: &SessionId) -> Result<(), DbError> {
    note(tx, "UPDATE flows SET consented = $2 WHERE id = $1", id, session).await
}

async fn note(tx: &mut Tx, update: &'static str, id: &FlowId, session: &SessionId) -> Result<(), DbError> {
    tx.query(update).bind(id.as_str()).bind(session.as_str()).execute().await.map(drop)
}

/// Deletes up to [`STEP`] flows of a client. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_of_client(tx: &mut Tx, client: &ClientId) -> Result<u64, DbError> {
    tx.query("DELETE FROM flows WHERE id IN (SELECT id FROM flows WHERE client_id = $1 LIMIT $2)")
        .bind(client.as_str())
        .bind(STEP)
        .execute()
        .await
}
