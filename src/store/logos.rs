//! Logos of applications, kept and served by this server.

use super::db::{Conn, DbError, Tx};

pub async fn find(conn: &mut Conn, digest: &str) -> Result<Option<(String, Vec<u8>)>, DbError> {
    conn.query("SELECT media_type, bytes FROM logos WHERE digest = $1").bind(digest).optional().await
}

/// Forgets a picture that no client has any more.
pub async fn delete_unused(tx: &mut Tx, digest: &str) -> Result<(), DbError> {
    tx.query(
        "DELETE FROM logos
         WHERE digest = $1 AND NOT EXISTS (SELECT 1 FROM clients WHERE clients.logo_digest = $1)",
    )
    .bind(digest)
    .execute()
    .await
    .map(drop)
}

pub async fn save(tx: &mut Tx, digest: &str, media_type: &str, bytes: &[u8]) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO logos (digest, media_type, bytes) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING",
    )
    .bind(digest)
    .bind(media_type)
    .bind(bytes)
    .execute()
    .await
    .map(drop)
}
