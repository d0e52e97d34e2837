//! The lease for migrating. It is a row, because an advisory lock belongs to a session, and a pooler shares sessions.

use std::time::{Duration, Instant};

use super::super::db::{DatabaseRoute, DbError};
use super::link::{Migrating, MigrationConnection};
use crate::clock::{Seconds, Timestamp};
use crate::secret::random_id;

/// How far clocks that agree may be apart, in seconds.
const APART: Seconds = Seconds::new(60);
/// How often a lease is renewed before it would end.
const RENEWALS: u32 = 3;
const TAKE: &str = "INSERT INTO migration_lease (id, holder, ends_at) VALUES (1, $1, $2)
    ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at
    WHERE migration_lease.ends_at < $3";
/// The new end is never earlier than the old one.
const RENEW: &str = "UPDATE migration_lease SET ends_at = $2 WHERE id = 1 AND holder = $1 AND ends_at <= $3";
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

/// The turn of one process to migrate.
pub(super) struct MigrationTurn<'a> {
    pub(super) holder: &'a str,
    /// How long the lease lasts unless it is renewed.
    pub(super) lease: Duration,
    /// The time, and the moment at which that was the time.
    pub(super) began: (Timestamp, Instant),
}

impl MigrationTurn<'_> {
    fn now(&self) -> Timestamp {
        self.began.0 + self.began.1.elapsed().into()
    }

    fn end(&self) -> Timestamp {
        self.now() + self.lease.into()
    }

    /// Waits for the lease, at most as long as `timeout`, and logs which process holds it.
    pub(super) async fn take(
        &self,
        link: &mut MigrationConnection<'_, impl Migrating>,
        timeout: Duration,
    ) -> Result<(), DbError> {
        let create = "CREATE TABLE IF NOT EXISTS migration_lease (
            id BIGINT PRIMARY KEY, holder TEXT NOT NULL, ends_at BIGINT NOT NULL)";
        // If two processes create the table at the same time, PostgreSQL fails one of them; at its second attempt the
        // table exists.
        if link.connection.plain(create).await.is_err() {
            link.connection.plain(create).await?;
        }
        let (begun, mut reported) = (Instant::now(), None);
        loop {
            let times = [self.end(), self.now()];
            if link.run(async |link| link.lease(TAKE, self.holder, times).await).await?? == 1 {
                return Ok(());
            }
            let other =
                link.run(async |link| link.texts("SELECT holder FROM migration_lease").await).await??;
            let other = other.into_iter().next().unwrap_or_default();
            if begun.elapsed() >= timeout {
                // By a clock that agrees with ours, no lease ends that late: its holder's clock was wrong.
                let times = [self.end(), self.end() + APART];
                if link.run(async |link| link.lease(TAKE_OVER, self.holder, times).await).await?? == 1 {
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

    /// Renews the lease on a connection of its own, beside a migration that takes long. Ends when the lease is lost, and
    /// then the migration must end, too.
    pub(super) async fn keep<M: Migrating>(
        &self,
        route: DatabaseRoute,
        connect: impl AsyncFn() -> Result<M, DbError>,
    ) {
        let (mut renewed_at, mut beside) = (Instant::now(), None);
        loop {
            tokio::time::sleep(self.lease / RENEWALS).await;
            let mut connection = match beside.take() {
                Some(connection) => Ok(connection),
                None => connect().await,
            };
            let renewed = match &mut connection {
                Ok(connection) => self.renew(&mut MigrationConnection { connection, route }).await.ok(),
                Err(_) => None,
            };
            match renewed {
                Some(true) => (renewed_at, beside) = (Instant::now(), connection.ok()),
                Some(false) => return,
                // The migration itself locks the database, for the other processes as well.
                None if M::MIGRATES_ALONE => {}
                None if renewed_at.elapsed() >= self.lease => return,
                None => {}
            }
        }
    }

    /// Whether this process still held the lease, which then lasts longer.
    async fn renew(&self, link: &mut MigrationConnection<'_, impl Migrating>) -> Result<bool, sqlx::Error> {
        let times = [self.end(); 2];
        Ok(link.run(async |link| link.lease(RENEW, self.holder, times).await).await?? == 1)
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
