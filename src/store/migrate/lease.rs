//! The lease for migrating. It is a row, because an advisory lock belongs to a session, and a pooler shares sessions.

use std::time::{Duration, Instant};

use super::super::db::DbError;
use super::link::{Migrating, MigrationConnection};
use crate::clock::{Seconds, Timestamp};
use crate::secret::random_id;

/// For how many seconds a process that dies keeps the others from migrating.
const LEASE_SECONDS: Seconds = Seconds::new(60);
/// How far clocks that agree may be apart, in seconds.
const APART: Seconds = Seconds::new(60);
const TAKE_OVER: &str = "UPDATE migration_lease SET holder = $1, ends_at = $2 WHERE ends_at > $3";
const PAUSE: Duration = Duration::from_millis(500);

/// The name of this process in the messages of waiting processes; no other process has the same name.
pub fn this_process() -> String {
    let host =
        std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    let host = host.map(|name| format!(" on {}", name.trim())).unwrap_or_default();
    // Two containers on one machine can have the same process id and host name.
    format!("process {}{host} ({})", std::process::id(), random_id().split_at(8).0)
}

/// Waits for the lease, at most as long as `timeout`, and logs which process holds it.
pub(super) async fn take(
    link: &mut MigrationConnection<'_, impl Migrating>,
    holder: &str,
    now: Timestamp,
    timeout: Duration,
) -> Result<(), DbError> {
    let create = "CREATE TABLE IF NOT EXISTS migration_lease (
        id BIGINT PRIMARY KEY, holder TEXT NOT NULL, ends_at BIGINT NOT NULL)";
    // If two processes create the table at the same time, PostgreSQL fails one of them; at its second attempt the table
    // exists.
    if link.connection.plain(create).await.is_err() {
        link.connection.plain(create).await?;
    }
    let take = "INSERT INTO migration_lease (id, holder, ends_at) VALUES (1, $1, $2)
        ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at
        WHERE migration_lease.ends_at < $3";
    let (begun, mut reported) = (Instant::now(), None);
    loop {
        let now = now + begun.elapsed().into();
        let times = [now + LEASE_SECONDS, now];
        if link.run(async |link| link.lease(take, holder, times).await).await?? == 1 {
            return Ok(());
        }
        let other = link.run(async |link| link.texts("SELECT holder FROM migration_lease").await).await??;
        let other = other.into_iter().next().unwrap_or_default();
        if begun.elapsed() >= timeout {
            // By a clock that agrees with ours, no lease ends that late: its holder's clock was wrong.
            let times = [now + LEASE_SECONDS, now + LEASE_SECONDS + APART];
            if link.run(async |link| link.lease(TAKE_OVER, holder, times).await).await?? == 1 {
                tracing::warn!("took the migration from {other}, whose clock is wrong or which is dead");
                return Ok(());
            }
            return Err(DbError::MigrationLease(other));
        }
        if reported.as_ref() != Some(&other) {
            tracing::warn!("waiting for {other}, which is migrating the database");
            reported = Some(other);
        }
        tokio::time::sleep(PAUSE.min(timeout)).await;
    }
}

/// Releases the lease, if this process holds it.
pub(super) async fn give_back(
    link: &mut MigrationConnection<'_, impl Migrating>,
    holder: &str,
) -> Result<(), DbError> {
    let give_back = "UPDATE migration_lease SET ends_at = $2 WHERE id = 1 AND holder = $1 AND ends_at <> $3";
    link.run(async |link| link.lease(give_back, holder, [Timestamp::from_unix(0); 2]).await).await??;
    Ok(())
}
