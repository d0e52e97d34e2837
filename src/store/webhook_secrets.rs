//! The secrets that sign what webhooks get, sealed under the master key.

use grantor_from_row::FromRow;

use super::db::{Conn, DbError, Tx};
use crate::clock::Timestamp;

/// A secret, without the secret itself.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct WebhookSecretRecord {
    pub id: String,
    pub created_at: Timestamp,
    /// `None`: it does not end by itself.
    pub expires_at: Option<Timestamp>,
}

/// A secret that signs.
#[derive(Clone, Debug, FromRow)]
pub struct SealedWebhookSecret {
    pub id: String,
    pub sealed: Vec<u8>,
}

#[derive(FromRow)]
struct OwnedSecretRow {
    webhook_id: String,
    #[sqlx(flatten)]
    secret: WebhookSecretRecord,
}

/// The secrets of all webhooks, each with the id of its webhook, the newest last.
///
/// # Errors
/// Only failures of the database.
pub async fn all(conn: &mut Conn) -> Result<Vec<(String, WebhookSecretRecord)>, DbError> {
    let rows: Vec<OwnedSecretRow> = conn
        .query("SELECT webhook_id, id, created_at, expires_at FROM webhook_secrets ORDER BY created_at, id")
        .all()
        .await?;
    Ok(rows.into_iter().map(|row| (row.webhook_id, row.secret)).collect())
}

/// The secrets of a webhook, the newest last.
///
/// # Errors
/// Only failures of the database.
pub async fn of_webhook(conn: &mut Conn, webhook: &str) -> Result<Vec<WebhookSecretRecord>, DbError> {
    conn.query(
        "SELECT id, created_at, expires_at FROM webhook_secrets WHERE webhook_id = $1 ORDER BY created_at, id",
    )
    .bind(webhook)
    .all()
    .await
}

/// The secrets of a webhook that sign at `now`, the newest first.
///
/// # Errors
/// Only failures of the database.
pub async fn live(
    conn: &mut Conn,
    webhook: &str,
    now: Timestamp,
) -> Result<Vec<SealedWebhookSecret>, DbError> {
    conn.query(
        "SELECT id, sealed FROM webhook_secrets
         WHERE webhook_id = $1 AND (expires_at IS NULL OR expires_at > $2) ORDER BY created_at DESC, id",
    )
    .bind(webhook)
    .bind(now)
    .all()
    .await
}

/// Stores a new secret of a webhook.
///
/// # Errors
/// Only failures of the database.
pub async fn save(
    tx: &mut Tx,
    webhook: &str,
    secret: &SealedWebhookSecret,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.query("INSERT INTO webhook_secrets (id, webhook_id, sealed, created_at) VALUES ($1, $2, $3, $4)")
        .bind(secret.id.as_str())
        .bind(webhook)
        .bind(secret.sealed.as_slice())
        .bind(now)
        .execute()
        .await
        .map(drop)
}

/// Lets every secret of a webhook end at `expires_at`, unless it ends earlier.
///
/// # Errors
/// Only failures of the database.
pub async fn end_all(tx: &mut Tx, webhook: &str, expires_at: Timestamp) -> Result<(), DbError> {
    tx.query(
        "UPDATE webhook_secrets SET expires_at = $2
         WHERE webhook_id = $1 AND (expires_at IS NULL OR expires_at > $2)",
    )
    .bind(webhook)
    .bind(expires_at)
    .execute()
    .await
    .map(drop)
}
