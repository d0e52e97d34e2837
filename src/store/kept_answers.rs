//! Answers to requests with an Idempotency-Key, kept for the same request that comes again.

use super::db::{Conn, DbError, Tx};
use crate::clock::Timestamp;
use crate::secret::Hash;

/// An answer, sealed under a key that only the Idempotency-Key gives.
#[derive(Clone, Debug)]
pub struct KeptAnswer {
    /// The hash of the route and the body that were answered.
    pub request: Vec<u8>,
    pub sealed: Vec<u8>,
}

/// Finds the answer for who asks and an Idempotency-Key; `id` is the hash of both. `None` if nothing is kept.
///
/// # Errors
/// Only failures of the database.
pub async fn find(conn: &mut Conn, id: &Hash, now: Timestamp) -> Result<Option<KeptAnswer>, DbError> {
    let row: Option<(Vec<u8>, Vec<u8>)> = conn
        .query("SELECT request, sealed FROM kept_answers WHERE id = $1 AND expires_at > $2")
        .bind(id.as_bytes())
        .bind(now)
        .optional()
        .await?;
    Ok(row.map(|(request, sealed)| KeptAnswer { request, sealed }))
}

/// Counts the answers that are kept for one holder of a credential.
///
/// # Errors
/// Only failures of the database.
pub async fn count(conn: &mut Conn, holder: &str, now: Timestamp) -> Result<i64, DbError> {
    let row: Option<(i64,)> = conn
        .query("SELECT COUNT(*) FROM kept_answers WHERE holder = $1 AND expires_at > $2")
        .bind(holder)
        .bind(now)
        .optional()
        .await?;
    Ok(row.map_or(0, |(count,)| count))
}

/// Keeps an answer until `expires_at`; `false` if one is kept for the same id.
///
/// # Errors
/// Only failures of the database.
pub async fn save(
    tx: &mut Tx,
    (id, holder): (&Hash, &str),
    answer: &KeptAnswer,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<bool, DbError> {
    let saved = tx
        .query(
            "INSERT INTO kept_answers (id, holder, request, sealed, expires_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO UPDATE SET holder = $2, request = $3, sealed = $4, expires_at = $5
             WHERE kept_answers.expires_at <= $6",
        )
        .bind(id.as_bytes())
        .bind(holder)
        .bind(answer.request.clone())
        .bind(answer.sealed.clone())
        .bind(expires_at)
        .bind(now)
        .execute()
        .await?;
    Ok(saved == 1)
}
