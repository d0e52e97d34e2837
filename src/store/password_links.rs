//! Links by which a user sets a password: one for each user, used at most once.

use super::db::{Conn, DbError, Tx};
use crate::clock::Timestamp;
use crate::oauth::id::UserId;
use crate::secret::Hash;

/// Stores the link of a user, in the place of the one that the user had.
///
/// # Errors
/// Only failures of the database.
pub async fn save(
    tx: &mut Tx,
    user: &UserId,
    token: &Hash,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO password_links (user_id, hash, created_at, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO UPDATE SET hash = $2, created_at = $3, expires_at = $4, consumed_at = NULL",
    )
    .bind(user.as_str())
    .bind(token.as_bytes())
    .bind(now)
    .bind(expires_at)
    .execute()
    .await
    .map(drop)
}

/// Finds the user who may set a password by this link. `None` if the link was used, replaced or has ended, or if the user
/// is disabled.
///
/// # Errors
/// Only failures of the database.
pub async fn find(conn: &mut Conn, token: &Hash, now: Timestamp) -> Result<Option<UserId>, DbError> {
    let row: Option<(String,)> = conn
        .query(
            "SELECT user_id FROM password_links
             WHERE hash = $1 AND consumed_at IS NULL AND expires_at > $2
               AND EXISTS (SELECT 1 FROM users WHERE id = user_id AND disabled_at IS NULL)",
        )
        .bind(token.as_bytes())
        .bind(now)
        .optional()
        .await?;
    Ok(row.map(|(user,)| UserId::new(user)))
}

/// Consumes a link that [`find`] finds. `false`: there is no such link any more, because another request was first.
///
/// # Errors
/// Only failures of the database.
pub async fn consume(tx: &mut Tx, token: &Hash, now: Timestamp) -> Result<bool, DbError> {
    let row: Option<(String,)> = tx
        .query(
            "UPDATE password_links SET consumed_at = $2
             WHERE hash = $1 AND consumed_at IS NULL AND expires_at > $2
               AND EXISTS (SELECT 1 FROM users WHERE id = user_id AND disabled_at IS NULL)
             RETURNING user_id",
        )
        .bind(token.as_bytes())
        .bind(now)
        .optional()
        .await?;
    Ok(row.is_some())
}

/// Whether a user has a link that still works.
///
/// # Errors
/// Only failures of the database.
pub async fn is_live(conn: &mut Conn, user: &UserId, now: Timestamp) -> Result<bool, DbError> {
    let row: Option<(i64,)> = conn
        .query(
            "SELECT COUNT(*) FROM password_links WHERE user_id = $1 AND consumed_at IS NULL AND expires_at > $2",
        )
        .bind(user.as_str())
        .bind(now)
        .optional()
        .await?;
    Ok(row.is_some_and(|(count,)| count > 0))
}

/// Ends the link of a user, if the user has one.
///
/// # Errors
/// Only failures of the database.
pub async fn delete(tx: &mut Tx, user: &UserId) -> Result<(), DbError> {
    tx.query("DELETE FROM password_links WHERE user_id = $1").bind(user.as_str()).execute().await.map(drop)
}
