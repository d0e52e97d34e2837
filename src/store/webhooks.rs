//! Webhooks: addresses of other programs, and how far each has come in the audit trail.

use std::collections::HashMap;

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use super::page::{NameFilter, Page, in_any_spelling};
use super::webhook_secrets::{self, WebhookSecretRecord};
use crate::clock::Timestamp;
use crate::oauth::webhook::{DisabledBecause, MessageTypes};

/// A webhook, without its secrets themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRecord {
    pub id: String,
    pub name: String,
    pub url: String,
    pub types: MessageTypes,
    pub created_at: Timestamp,
    /// `None`: it is enabled.
    pub disabled: Option<(Timestamp, DisabledBecause)>,
    /// When the first attempt failed since the last one that succeeded. `None`: the last attempt succeeded.
    pub failing_since: Option<Timestamp>,
    /// The newest last. They may have ended.
    pub secrets: Vec<WebhookSecretRecord>,
}

/// A webhook that has not got all events of the chain yet.
#[derive(Clone, Debug, FromRow)]
pub struct WebhookBehind {
    pub id: String,
    pub types: String,
    pub position: i64,
}

#[derive(FromRow)]
struct WebhookRow {
    id: String,
    name: String,
    url: String,
    types: String,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
    disabled_because: Option<String>,
    failing_since: Option<Timestamp>,
}

/// The columns of [`WebhookRow`].
macro_rules! select {
    () => {
        "SELECT id, name, url, types, created_at, disabled_at, disabled_because, failing_since FROM webhooks "
    };
}

/// A page of the webhooks, sorted by id; the filter is about their names, ids and addresses.
///
/// # Errors
/// [`DbError::Corrupt`] if a row is damaged; otherwise only failures of the database.
pub async fn list(conn: &mut Conn, page: &Page<NameFilter, String>) -> Result<Vec<WebhookRecord>, DbError> {
    let rows: Vec<WebhookRow> = conn
        .query(concat!(
            select!(),
            "WHERE id > $1 AND ($2 IS NULL OR LOWER(name) LIKE $2 ESCAPE '\\' OR LOWER(id) LIKE $2 ESCAPE '\\'
                             OR LOWER(url) LIKE $2 ESCAPE '\\')
             ORDER BY id LIMIT $3"
        ))
        .bind(page.after.clone().unwrap_or_default())
        .bind(page.filter.q.as_deref().map(in_any_spelling))
        .bind(page.rows())
        .all()
        .await?;
    let mut secrets: HashMap<String, Vec<WebhookSecretRecord>> = HashMap::new();
    for (webhook, secret) in webhook_secrets::all(conn).await? {
        secrets.entry(webhook).or_default().push(secret);
    }
    rows.into_iter()
        .map(|row| {
            let secrets = secrets.remove(&row.id).unwrap_or_default();
            row.into_record(secrets)
        })
        .collect()
}

/// Finds a webhook by its id. `None` if it does not exist.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<WebhookRecord>, DbError> {
    let row: Option<WebhookRow> = conn.query(concat!(select!(), "WHERE id = $1")).bind(id).optional().await?;
    let Some(row) = row else { return Ok(None) };
    let secrets = webhook_secrets::of_webhook(conn, id).await?;
    row.into_record(secrets).map(Some)
}

/// Counts the webhooks.
///
/// # Errors
/// Only failures of the database.
pub async fn count(conn: &mut Conn) -> Result<i64, DbError> {
    let row: Option<(i64,)> = conn.query("SELECT COUNT(*) FROM webhooks").optional().await?;
    Ok(row.map_or(0, |(count,)| count))
}

/// Stores a new webhook, which gets the events after the number `position`.
///
/// # Errors
/// Only failures of the database.
pub async fn save(tx: &mut Tx, webhook: &WebhookRecord, position: i64) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO webhooks (id, name, url, types, position, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(webhook.id.as_str())
    .bind(webhook.name.as_str())
    .bind(webhook.url.as_str())
    .bind(webhook.types.to_string())
    .bind(position)
    .bind(webhook.created_at)
    .execute()
    .await
    .map(drop)
}

/// Stores the settings of a webhook, and whether it is disabled and failing.
///
/// # Errors
/// Only failures of the database.
pub async fn update(tx: &mut Tx, webhook: &WebhookRecord) -> Result<(), DbError> {
    let (at, because) = webhook.disabled.unzip();
    tx.query(
        "UPDATE webhooks SET name = $2, url = $3, types = $4, disabled_at = $5, disabled_because = $6, failing_since = $7
         WHERE id = $1",
    )
    .bind(webhook.id.as_str())
    .bind(webhook.name.as_str())
    .bind(webhook.url.as_str())
    .bind(webhook.types.to_string())
    .bind(at)
    .bind(because.map(DisabledBecause::as_str))
    .bind(webhook.failing_since)
    .execute()
    .await
    .map(drop)
}

/// The ids of the enabled webhooks that get a message of this type by its own name.
///
/// # Errors
/// Only failures of the database.
pub async fn that_name(conn: &mut Conn, message: &str) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String, String)> =
        conn.query("SELECT id, types FROM webhooks WHERE disabled_at IS NULL").all().await?;
    let named = rows.into_iter().filter(|(_, types)| MessageTypes::from_stored(types).name(message));
    Ok(named.map(|(id, _)| id).collect())
}

/// Deletes a webhook, its secrets and what still waits to be delivered. The rows about other deliveries end by themselves.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    for statement in [
        "DELETE FROM webhook_deliveries WHERE webhook_id = $1 AND state = 'waiting'",
        "DELETE FROM webhook_secrets WHERE webhook_id = $1",
        "DELETE FROM webhooks WHERE id = $1",
    ] {
        tx.query(statement).bind(id).execute().await?;
    }
    Ok(())
}

/// The enabled webhooks that have not got all numbered events yet.
///
/// # Errors
/// Only failures of the database.
pub async fn behind(conn: &mut Conn) -> Result<Vec<WebhookBehind>, DbError> {
    conn.query(
        "SELECT id, types, position FROM webhooks
         WHERE disabled_at IS NULL AND position < (SELECT number FROM event_chain WHERE id = 'head')",
    )
    .all()
    .await
}

/// Moves a webhook ahead to the event with the number `to`. `false` if another node has moved it, or if it is disabled or
/// gone.
///
/// # Errors
/// Only failures of the database.
pub async fn move_on(tx: &mut Tx, webhook: &WebhookBehind, to: i64) -> Result<bool, DbError> {
    let moved = tx
        .query("UPDATE webhooks SET position = $3 WHERE id = $1 AND position = $2 AND disabled_at IS NULL")
        .bind(webhook.id.as_str())
        .bind(webhook.position)
        .bind(to)
        .execute()
        .await?;
    Ok(moved == 1)
}

/// Notes that an attempt succeeded.
///
/// # Errors
/// Only failures of the database.
pub async fn note_success(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    let query =
        tx.query("UPDATE webhooks SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL");
    query.bind(id).execute().await.map(drop)
}

/// Notes that an attempt failed at `now`.
///
/// # Errors
/// Only failures of the database.
pub async fn note_failure(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), DbError> {
    let query = tx.query("UPDATE webhooks SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL");
    query.bind(id).bind(now).execute().await.map(drop)
}

impl WebhookRow {
    fn into_record(self, secrets: Vec<WebhookSecretRecord>) -> Result<WebhookRecord, DbError> {
        let disabled = match (self.disabled_at, self.disabled_because.as_deref().map(DisabledBecause::parse))
        {
            (None, _) => None,
            (Some(at), Some(Some(because))) => Some((at, because)),
            (Some(_), _) => {
                return Err(DbError::Corrupt { table: "webhooks", id: self.id, what: "disabled_because" });
            }
        };
        Ok(WebhookRecord {
            id: self.id,
            name: self.name,
            url: self.url,
            types: MessageTypes::from_stored(&self.types),
            created_at: self.created_at,
            disabled,
            failing_since: self.failing_since,
            secrets,
        })
    }
}
