//! What people have allowed clients.

use super::db::{DbError, Tx};
use super::grants::granted_from;
use super::steps::STEP;
use crate::clock::Timestamp;
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, UserId};

/// Adds `allowed` to what the user has allowed the client before.
///
/// # Errors
/// [`DbError::Corrupt`] if the stored consent is damaged; otherwise only failures of the database.
pub async fn allow(
    tx: &mut Tx,
    user: &UserId,
    client: &ClientId,
    allowed: &Granted,
    now: Timestamp,
) -> Result<(), DbError> {
    let before: Option<(String,)> = tx
        .query("SELECT granted FROM consents WHERE user_id = $1 AND client_id = $2")
        .bind(user.as_str())
        .bind(client.as_str())
        .optional()
        .await?;
    let consent = match before {
        None => allowed.to_stored(),
        Some((before,)) => granted_from(&before, "consents", user.as_str())?.and(allowed).to_stored(),
    };
    tx.query(
        "INSERT INTO consents (user_id, client_id, granted, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, client_id) DO UPDATE SET granted = excluded.granted, updated_at = excluded.updated_at",
    )
    .bind(user.as_str())
    .bind(client.as_str())
    .bind(consent)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Deletes up to [`STEP`] consents to a client. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn delete_of_client(tx: &mut Tx, client: &ClientId) -> Result<u64, DbError> {
    tx.query(
        "DELETE FROM consents WHERE client_id = $1 AND user_id IN
           (SELECT user_id FROM consents WHERE client_id = $1 LIMIT $2)",
    )
    .bind(client.as_str())
    .bind(STEP)
    .execute()
    .await
}
