//! Logos of applications, which this server stores and serves.

use super::db::{Conn, DbError, Tx};

/// The media types of logos: those that browsers show.
const MEDIA_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/// The media type and the bytes of the logo with this digest. `None` if it does not exist.
///
/// # Errors
/// [`DbError::Corrupt`] if the row is damaged; otherwise only failures of the database.
pub async fn find(conn: &mut Conn, digest: &str) -> Result<Option<(String, Vec<u8>)>, DbError> {
    let found: Option<(String, Vec<u8>)> =
        conn.query("SELECT media_type, bytes FROM logos WHERE digest = $1").bind(digest).optional().await?;
    match found {
        Some((media_type, _)) if !MEDIA_TYPES.contains(&media_type.as_str()) => {
            Err(DbError::Corrupt { table: "logos", id: digest.to_owned(), what: "media_type" })
        }
        found => Ok(found),
    }
}

/// Deletes a logo if no client uses it.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_unused(tx: &mut Tx, digest: &str) -> Result<(), DbError> {
    tx.query(
        "DELETE FROM logos
         WHERE digest = $1 AND NOT EXISTS
           (SELECT 1 FROM clients WHERE clients.logo_digest = $1 OR clients.logo_dark_digest = $1)",
    )
    .bind(digest)
    .execute()
    .await
    .map(drop)
}

/// Stores a logo, unless the same logo is already stored.
///
/// # Errors
/// Only failures of the database.
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
