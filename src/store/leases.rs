//! Leases: one node at a time does some work, and another node takes over if it dies.

use super::db::{DbError, Tx};
use crate::clock::{Seconds, Timestamp};
use crate::secret::random_id;

/// How far clocks that agree may be apart, in seconds.
const APART: Seconds = Seconds::new(60);

/// Takes a lease, or extends it, until `expires_at`. `false` if another holder has it.
///
/// A lease of another holder that ends more than a minute after `expires_at` does not count: the clock of its node was
/// wrong.
///
/// # Errors
/// Only failures of the database.
pub async fn take(
    tx: &mut Tx,
    name: &str,
    holder: &str,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, DbError> {
    let taken = tx
        .query(
            "INSERT INTO leases (name, holder, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET holder = $2, expires_at = $3
             WHERE leases.holder = $2 OR leases.expires_at <= $4 OR leases.expires_at > $5",
        )
        .bind(name)
        .bind(holder)
        .bind(expires_at)
        .bind(now)
        .bind(expires_at + APART)
        .execute()
        .await?;
    Ok(taken == 1)
}

/// Gives a lease back, if this holder has it.
///
/// # Errors
/// Only failures of the database.
pub async fn release(tx: &mut Tx, name: &str, holder: &str) -> Result<(), DbError> {
    let query = tx.query("DELETE FROM leases WHERE name = $1 AND holder = $2");
    query.bind(name).bind(holder).execute().await.map(drop)
}

/// Writes to a row without a holder, to check that the database accepts writes.
///
/// # Errors
/// Only failures of the database.
pub async fn touch(tx: &mut Tx) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO leases (name, holder, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET holder = $2, expires_at = $3",
    )
    .bind("readiness")
    // A new value, because SQLite does not write a page that has not changed.
    .bind(random_id())
    // Not the time of a clock that may be wrong.
    .bind(Timestamp::from_unix(0))
    .execute()
    .await
    .map(drop)
}
