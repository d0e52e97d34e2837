//! Guesses at secrets, counted by all nodes together.

use std::collections::HashMap;

use grantor_from_row::FromRow;

use super::db::{Batch, Conn, DbError, Tx};
use crate::clock::{Seconds, Timestamp};
use crate::oauth::identity::guessing::GuessCount;

/// The most buckets that [`find`] reads at once.
pub const MOST_BUCKETS: usize = 4;

#[derive(FromRow)]
struct GuessRow {
    bucket: String,
    count: i64,
    expires_at: Timestamp,
}

/// The guesses in these buckets that still count at `now`, by bucket. Only the first [`MOST_BUCKETS`] buckets are read;
/// a bucket without guesses is not in the map.
///
/// # Errors
/// Only failures of the database.
pub async fn find(
    conn: &mut Conn,
    buckets: &[&str],
    now: Timestamp,
) -> Result<HashMap<String, GuessCount>, DbError> {
    let name = |index: usize| buckets.get(index).copied().unwrap_or_default().to_owned();
    let rows: Vec<GuessRow> = conn
        .query(
            "SELECT bucket, count, expires_at FROM guesses WHERE bucket IN ($1, $2, $3, $4) AND expires_at > $5",
        )
        .bind(name(0))
        .bind(name(1))
        .bind(name(2))
        .bind(name(3))
        .bind(now)
        .all()
        .await?;
    let counts = rows.into_iter().map(|row| {
        let GuessRow { bucket, count, expires_at } = row;
        (bucket, GuessCount { count, expires_at })
    });
    Ok(counts.collect())
}

/// Stores the new number of guesses in each of these buckets.
///
/// # Errors
/// Only failures of the database.
pub async fn save(tx: &mut Tx, counts: &[(String, GuessCount)]) -> Result<(), DbError> {
    let mut batch = Batch::new();
    for (bucket, GuessCount { count, expires_at }) in counts {
        batch = batch
            .query(
                "INSERT INTO guesses (bucket, count, expires_at) VALUES ($1, $2, $3)
                 ON CONFLICT (bucket) DO UPDATE SET count = $2, expires_at = $3",
            )
            .bind(bucket.as_str())
            .bind(*count)
            .bind(*expires_at);
    }
    tx.run(batch).await.map(drop)
}

/// Removes one guess from each of these buckets, because it was right or was never checked. The end of each bucket
/// moves back by its span. Other guesses stay counted.
///
/// # Errors
/// Only failures of the database.
pub async fn take_back(tx: &mut Tx, buckets: &[(String, Seconds)]) -> Result<(), DbError> {
    if buckets.is_empty() {
        return Ok(());
    }
    let mut batch = Batch::new();
    for (bucket, span) in buckets {
        batch = batch
            .query(
                "UPDATE guesses SET count = count - 1, expires_at = expires_at - $2
                 WHERE bucket = $1 AND count > 0",
            )
            .bind(bucket.as_str())
            .bind(*span);
    }
    tx.run(batch).await.map(drop)
}
