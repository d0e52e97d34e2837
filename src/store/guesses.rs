//! Wrong guesses, counted by all nodes together, so that guessing does not continue for long.

use super::db::{DbError, Tx};
use crate::clock::Timestamp;

/// Counts one more guess in a bucket. Returns how many there are now. The bucket is deleted after `expires_at`.
///
/// The guess is counted before it is checked: of many guesses at once, no more are checked than are allowed.
pub async fn count(tx: &mut Tx, bucket: &str, expires_at: Timestamp) -> Result<i64, DbError> {
    let row: Option<(i64,)> = tx
        .query(
            "INSERT INTO guesses (bucket, count, expires_at) VALUES ($1, 1, $2)
             ON CONFLICT (bucket) DO UPDATE SET count = guesses.count + 1 RETURNING count",
        )
        .bind(bucket)
        .bind(expires_at)
        .optional()
        .await?;
    let missing = || DbError::Corrupt { table: "guesses", id: bucket.to_owned(), what: "count" };
    row.map(|(count,)| count).ok_or_else(missing)
}

/// Subtracts one guess, which was right; earlier wrong guesses stay counted.
pub async fn undo(tx: &mut Tx, bucket: &str) -> Result<(), DbError> {
    tx.query("UPDATE guesses SET count = count - 1 WHERE bucket = $1").bind(bucket).execute().await.map(drop)
}
