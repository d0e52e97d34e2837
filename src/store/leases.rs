//! Leases: of all nodes one at a time does a piece of work, and another one goes on when it dies.

use super::db::{DbError, Tx};
use crate::secret::random_id;

/// Takes a lease, or keeps it, until `expires_at`; `false` while another holder has it.
pub async fn take(tx: &mut Tx, name: &str, holder: &str, expires_at: i64, now: i64) -> Result<bool, DbError> {
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

/// Writes to a row that nobody holds, to see whether that can be done.
pub async fn touch(tx: &mut Tx, now: i64) -> Result<(), DbError> {
    tx.query(
        "INSERT INTO leases (name, holder, expires_at) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET holder = $2, expires_at = $3",
    )
    .bind("readiness")
    // SQLite writes no page on which nothing changes.
    .bind(random_id())
    .bind(now)
    .execute()
    .await
    .map(drop)
}
