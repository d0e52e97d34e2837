//! Leases: one node at a time does some work, and another node takes over if it dies.

use super::db::{DbError, Tx};
use crate::clock::Timestamp;
use crate::secret::random_id;

/// Takes or keeps a lease until `expires_at`; `false` if another holder has it.
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
             WHERE leases.holder = $2 OR leases.expires_at <= $4",
        )
        .bind(name)
        .bind(holder)
        .bind(expires_at)
        .bind(now)
        .execute()
        .await?;
    Ok(taken == 1)
}

/// Writes to a row without a holder, to check that the database accepts writes.
pub async fn touch(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO leases (name, holder, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET holder = $2, expires_at = $3",
    )
    .bind("readiness")
    // A new value, because SQLite does not write a page that has not changed.
    .bind(random_id())
    .bind(now)
    .execute()
    .await
    .map(drop)
}
