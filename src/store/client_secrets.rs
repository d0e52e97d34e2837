//! Client secrets as the operator sees them: when each was made, ends and was last used, but not the secret.

use std::collections::HashMap;

use grantor_from_row::FromRow;

use super::db::{Batch, Conn, DbError, Tx};
use crate::clock::Timestamp;
use crate::oauth::id::ClientId;

/// A secret without its hash.
#[derive(Clone, Debug, FromRow)]
pub struct SecretRecord {
    pub id: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

/// A secret, and whose it is.
#[derive(FromRow)]
pub(super) struct ListedSecretRow {
    client_id: String,
    #[sqlx(flatten)]
    secret: SecretRecord,
}

impl SecretRecord {
    /// Whether the secret is still valid at `now`. A secret without an end always is.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// The secrets of a client, the oldest first.
///
/// # Errors
/// Only failures of the database.
pub(super) async fn list(
    conn: &mut Conn,
    client: &ClientId,
) -> Result<HashMap<ClientId, Vec<SecretRecord>>, DbError> {
    let rows = conn
        .query(
            "SELECT client_id, id, created_at, expires_at, last_used_at FROM client_secrets
             WHERE client_id = $1 ORDER BY created_at, id",
        )
        .bind(client.as_str())
        .all()
        .await?;
    Ok(by_client(rows))
}

/// The secrets of each client, in the order of the rows.
pub(super) fn by_client(rows: Vec<ListedSecretRow>) -> HashMap<ClientId, Vec<SecretRecord>> {
    let mut secrets: HashMap<ClientId, Vec<SecretRecord>> = HashMap::new();
    for row in rows {
        secrets.entry(ClientId::new(row.client_id)).or_default().push(row.secret);
    }
    secrets
}

/// Stores when a secret ends, and gives its client its next version, so that the change takes effect at once.
///
/// # Errors
/// Only failures of the database.
pub async fn set_end(
    tx: &mut Tx,
    client: &ClientId,
    id: &str,
    expires_at: Option<Timestamp>,
) -> Result<(), DbError> {
    let batch = Batch::new()
        .query("UPDATE client_secrets SET expires_at = $3 WHERE client_id = $1 AND id = $2")
        .bind(client.as_str())
        .bind(id)
        .bind(expires_at)
        .query("UPDATE clients SET version = version + 1 WHERE id = $1")
        .bind(client.as_str());
    tx.run(batch).await.map(drop)
}

/// Removes a secret. The client gets its next version, so that the change takes effect at once.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(tx: &mut Tx, client: &ClientId, id: &str) -> Result<(), DbError> {
    let batch = Batch::new()
        .query("DELETE FROM client_secrets WHERE client_id = $1 AND id = $2")
        .bind(client.as_str())
        .bind(id)
        .query("UPDATE clients SET version = version + 1 WHERE id = $1")
        .bind(client.as_str());
    tx.run(batch).await.map(drop)
}
