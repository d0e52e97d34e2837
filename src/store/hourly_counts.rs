//! What was counted for the whole server, by hour. All nodes add to the same rows.

use grantor_from_row::FromRow;

use super::db::{Batch, Conn, DbError, Tx};
use crate::clock::Timestamp;
use crate::oauth::activity::{CountKind, KEPT};

/// A count of one hour.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct HourlyCount {
    /// The beginning of the hour.
    pub hour: Timestamp,
    /// The word of the [`CountKind`], which a newer release may know alone.
    pub kind: String,
    pub word: String,
    pub count: i64,
}

/// Adds to the counts of an hour.
///
/// # Errors
/// Only failures of the database.
pub async fn add(
    tx: &mut Tx,
    hour: Timestamp,
    counts: &[((CountKind, &'static str), u64)],
) -> Result<(), DbError> {
    let mut batch = Batch::new();
    for ((kind, word), count) in counts {
        batch = batch
            .query(
                "INSERT INTO hourly_counts (hour, kind, word, count, expires_at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (hour, kind, word) DO UPDATE SET count = hourly_counts.count + excluded.count",
            )
            .bind(hour)
            .bind(kind.as_str())
            .bind(*word)
            .bind(i64::try_from(*count).unwrap_or(i64::MAX))
            .bind(hour + KEPT);
    }
    tx.run(batch).await.map(drop)
}

/// The counts of the hours that begin at `since` or later and before `until`, the oldest first.
///
/// # Errors
/// Only failures of the database.
pub async fn list(conn: &mut Conn, since: Timestamp, until: Timestamp) -> Result<Vec<HourlyCount>, DbError> {
    conn.query(
        "SELECT hour, kind, word, count FROM hourly_counts WHERE hour >= $1 AND hour < $2 ORDER BY hour, kind, word",
    )
    .bind(since)
    .bind(until)
    .all()
    .await
}
