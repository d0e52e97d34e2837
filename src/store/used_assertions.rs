//! Used assertions, so that each is accepted once across all nodes (RFC 7523 §3).

use super::db::{Batch, DbError, Tx};
use crate::clock::Timestamp;
use crate::oauth::id::ClientId;
use crate::secret::Hash;

/// Records that an assertion is used (RFC 7523 §3, `jti`). `false` if it was used before. It is one conditional
/// statement, so that only one of many callers may continue.
///
/// # Errors
/// Only failures of the database.
pub async fn consume(tx: &mut Tx, id: &Hash, expires_at: Timestamp) -> Result<bool, DbError> {
    Ok(tx.run(consume_in(Batch::new(), id, expires_at)).await? == [1])
}

/// Adds the statement of [`consume`] to a batch. It changes one row, or none if the assertion was used before.
pub fn consume_in(batch: Batch, id: &Hash, expires_at: Timestamp) -> Batch {
    batch
        .query("INSERT INTO used_assertions (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
        .bind(id.as_bytes())
        .bind(expires_at)
}

/// Adds to a batch that an assertion is used, as [`consume_in`], if the client is the one that has been read: the statement
/// also changes no row if the client has changed since then.
pub fn consume_for_client_in(
    batch: Batch,
    id: &Hash,
    expires_at: Timestamp,
    (client, version): (&ClientId, i64),
) -> Batch {
    batch
        .query(
            "INSERT INTO used_assertions (id, expires_at)
             SELECT $1, $2 FROM clients WHERE clients.id = $3 AND clients.version = $4 AND clients.disabled_at IS NULL
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(id.as_bytes())
        .bind(expires_at)
        .bind(client.as_str())
        .bind(version)
}
