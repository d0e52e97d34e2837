//! The server's own keys, encrypted with the master key.

use super::db::{Conn, DbError, Tx};
use crate::clock::Timestamp;

/// Finds a key, still encrypted. `None` if it is not stored.
///
/// # Errors
/// Only failures of the database.
pub async fn find(conn: &mut Conn, id: &str) -> Result<Option<Vec<u8>>, DbError> {
    let row: Option<(Vec<u8>,)> =
        conn.query("SELECT sealed FROM server_keys WHERE id = $1").bind(id).optional().await?;
    Ok(row.map(|(sealed,)| sealed))
}

/// Stores a key, unless another process was faster. `false`: the caller must then read the stored one.
///
/// # Errors
/// Only failures of the database.
pub async fn save(tx: &mut Tx, id: &str, sealed: &[u8], now: Timestamp) -> Result<bool, DbError> {
    let saved = tx.query(
        "INSERT INTO server_keys (id, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(sealed)
    .bind(now)
    .execute()
    .await?;
    Ok(saved == 1)
}

/// Replaces what is stored under this id, if something is.
///
/// # Errors
/// Only failures of the database.
pub async fn replace(tx: &mut Tx, id: &str, sealed: &[u8]) -> Result<(), DbError> {
    tx.query("UPDATE server_keys SET sealed = $2 WHERE id = $1")
        .bind(id)
        .bind(sealed)
        .execute()
        .await
        .map(drop)
}
