//! The purge: deletes ended rows in small steps, on one node at a time.
//!
//! Each step is a write of its own and waits in the queue like every other write. A row is kept until everything that
//! depends on it has ended, so that a replay of a used code or token is recognized for as long as it could do harm.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::app::App;
use crate::clock::{Seconds, Timestamp};
use crate::failure::Failure;
use crate::metrics::purge_counters::PurgeCounters;
use crate::secret::random_id;
use crate::store::db::{Conn, Db, Tx};
use crate::store::expired::{self, ExpiringTable, PurgeStep};
use crate::store::leases;

const LEASE: &str = "purge";
/// For how many seconds a node that dies keeps the other nodes from purging.
const LEASE_SECONDS: Seconds = Seconds::new(120);
/// The longest time that one pass takes; then the lease must be taken again.
const MAX_PASS_DURATION: Duration = Duration::from_secs(60);
/// For how many seconds a row is kept after its end, because clocks differ.
const SKEW: Seconds = Seconds::new(60);

/// The result of one pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    pub rows: u64,
    /// There are more ended rows, for the next pass.
    pub is_behind: bool,
}

/// Purges every `purge.every` as long as the server runs; returns at once if that is 0.
pub async fn run(app: Arc<App>) {
    let holder = random_id();
    let every = app.config.purge.every.duration();
    if every.is_zero() {
        return;
    }
    loop {
        tokio::time::sleep(every).await;
        match pass(&app.db, &app.purged, &holder, app.now()).await {
            Ok(Some(Purged { rows, is_behind })) => {
                app.purged.succeeded(app.now());
                if rows > 0 {
                    tracing::info!(rows, is_behind, "deleted ended rows");
                }
            }
            Ok(None) => {}
            Err(failure) => tracing::warn!("ended rows were not deleted: {}", failure.chain()),
        }
    }
}

/// Deletes ended rows and counts each step; `None` if another node is purging.
pub async fn pass(
    db: &Db,
    counters: &PurgeCounters,
    holder: &str,
    now: Timestamp,
) -> Result<Option<Purged>, Failure> {
    let began = Instant::now();
    let own = holder.to_owned();
    let take = async move |tx: &mut Tx| leases::take(tx, LEASE, &own, now + LEASE_SECONDS, now).await;
    if !db.write(take).await? {
        return Ok(None);
    }
    let mut purged = Purged::default();
    for table in ExpiringTable::ALL.iter().copied() {
        let before = now - SKEW;
        loop {
            if began.elapsed() > MAX_PASS_DURATION {
                purged.is_behind = true;
                return Ok(Some(purged));
            }
            let delete = async move |tx: &mut Tx| expired::delete(tx, table, before).await;
            match db.write(delete).await? {
                PurgeStep::Deleted(0) => break,
                PurgeStep::Deleted(rows) => {
                    purged.rows += rows;
                    counters.count(table, rows);
                }
                PurgeStep::PutOff => {}
            }
        }
    }
    Ok(Some(purged))
}

/// How many rows a table has, and how many of them have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    pub table: ExpiringTable,
    pub rows: i64,
    pub ended: i64,
}

/// The size of each table and its backlog; may be read from a replica.
pub async fn backlog(db: &Db, now: Timestamp) -> Result<Vec<Backlog>, Failure> {
    let count = async move |conn: &mut Conn| {
        let mut found = Vec::new();
        for table in ExpiringTable::ALL.iter().copied() {
            let (rows, ended) = expired::count(conn, table, now - SKEW).await?;
            found.push(Backlog { table, rows, ended });
        }
        Ok(found)
    };
    Ok(db.read_lagging(count).await?)
}

/// How far the purge is behind in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurgeLag {
    pub table: ExpiringTable,
    /// The rows that a purge would delete now, counted up to a limit.
    pub rows: i64,
    /// When the first of them ended; `None` if there are none.
    pub since: Option<Timestamp>,
}

/// How far the purge is behind, at a bounded cost.
pub async fn overdue(db: &Db, now: Timestamp) -> Result<Vec<PurgeLag>, Failure> {
    let count = async move |conn: &mut Conn| {
        let mut found = Vec::new();
        for table in ExpiringTable::ALL.iter().copied() {
            let (rows, since) = expired::overdue(conn, table, now - SKEW).await?;
            found.push(PurgeLag { table, rows, since });
        }
        Ok(found)
    };
    Ok(db.read(count).await?)
}
