//! The purge: deletes ended rows in small steps, on one node at a time.
//!
//! Each step is a write of its own and waits in the queue like every other write. A row is kept until everything that
//! depends on it has ended, so that a replay of a used code or token is recognized for as long as it could do harm.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::app::App;
use crate::audit::chain;
use crate::clock::{Seconds, Timestamp};
use crate::clock_watch::{ClockVerdict, ClockWatch};
use crate::failure::Failure;
use crate::keys::master::ServerKeys;
use crate::metrics::purge_counters::PurgeCounters;
use crate::oauth::identity::session::LiveSessions;
use crate::secret::random_id;
use crate::store::db::{Conn, Db, DbError, Tx};
use crate::store::expired::{self, ExpiringTable, PurgeStep};
use crate::store::leases;

const LEASE: &str = "purge";
/// For how many seconds a node that dies keeps the other nodes from purging.
const LEASE_SECONDS: Seconds = Seconds::new(120);
/// The longest time that one pass takes; then the lease must be taken again.
const MAX_PASS_DURATION: Duration = Duration::from_secs(60);
/// For how many seconds a row is kept after its end, because clocks differ.
const SKEW: Seconds = Seconds::new(60);

/// What one pass deleted.
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
        let purging = Purging::of(&app, &holder);
        match pass(&purging, app.live_sessions(app.now())).await {
            Ok(Pass::Purged(Purged { rows, is_behind })) => {
                app.purged.succeeded(app.now());
                if rows > 0 {
                    // Sessions may have ended, and applications must learn of that.
                    app.back_channel.wake();
                    tracing::info!(rows, is_behind, "deleted ended rows");
                }
            }
            // The watch has logged what is wrong with the clock.
            Ok(Pass::AnotherNode | Pass::Clock(_)) => {}
            Err(failure) => tracing::warn!("ended rows were not deleted: {}", failure.chain()),
        }
    }
}

/// What a pass needs.
#[derive(Clone, Copy)]
pub struct Purging<'a> {
    pub db: &'a Db,
    pub counters: &'a PurgeCounters,
    /// The name of this process in the lease.
    pub holder: &'a str,
    pub watch: &'a ClockWatch,
    /// `None` without the master key: then events are kept, because their chain could not be.
    pub keys: Option<&'a ServerKeys>,
    /// For how long events are kept.
    pub retention: Seconds,
}

impl<'a> Purging<'a> {
    /// What a running server needs.
    pub fn of(app: &'a App, holder: &'a str) -> Self {
        Self {
            db: &app.db,
            counters: &app.purged,
            holder,
            watch: &app.clock_watch,
            keys: Some(&app.keys),
            retention: app.config.audit.retention.seconds(),
        }
    }
}

/// The result of a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    Purged(Purged),
    /// Another node is purging.
    AnotherNode,
    /// Nothing was deleted, because this node's clock may be wrong.
    Clock(ClockVerdict),
}

/// Deletes ended rows and counts each step. `live` are the sessions that have not ended, and the time.
///
/// # Errors
/// Only failures of the database.
pub async fn pass(purging: &Purging<'_>, live: LiveSessions) -> Result<Pass, Failure> {
    let Purging { db, counters, holder, watch, .. } = *purging;
    let verdict = watch.look().await?;
    if !verdict.may_delete() {
        return Ok(Pass::Clock(verdict));
    }
    let (now, ended) = (live.now, live.before(SKEW));
    let began = Instant::now();
    let own = holder.to_owned();
    let take = async move |tx: &mut Tx| leases::take(tx, LEASE, &own, now + LEASE_SECONDS, now).await;
    if !db.write(take).await? {
        return Ok(Pass::AnotherNode);
    }
    let mut purged = Purged::default();
    for table in ExpiringTable::ALL.iter().copied() {
        loop {
            if began.elapsed() > MAX_PASS_DURATION {
                purged.is_behind = true;
                return Ok(Pass::Purged(purged));
            }
            match step(purging, table, ended, now).await? {
                PurgeStep::Deleted(0) => break,
                PurgeStep::Deleted(rows) => {
                    purged.rows += rows;
                    counters.count(table, rows);
                }
                PurgeStep::PutOff => {}
            }
        }
    }
    Ok(Pass::Purged(purged))
}

/// Deletes some rows of a table.
async fn step(
    purging: &Purging<'_>,
    table: ExpiringTable,
    ended: LiveSessions,
    now: Timestamp,
) -> Result<PurgeStep, DbError> {
    if table == ExpiringTable::Events {
        let Some(keys) = purging.keys else { return Ok(PurgeStep::Deleted(0)) };
        let before = end_of(table, ended.now, purging.retention);
        return chain::forget(purging.db, keys, before).await.map(PurgeStep::Deleted);
    }
    purging.db.write(async move |tx: &mut Tx| expired::delete(tx, table, ended, now).await).await
}

/// How many rows a table has, and how many of them have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    pub table: ExpiringTable,
    pub rows: i64,
    pub ended: i64,
}

/// The time at which a row of the table has ended at `now`. Events do not end: they are kept for a time.
fn end_of(table: ExpiringTable, now: Timestamp, retention: Seconds) -> Timestamp {
    if table == ExpiringTable::Events { now - retention } else { now }
}

/// Returns the size of each table and its backlog; `retention` is for how long events are kept; may be read from a replica.
///
/// # Errors
/// Only failures of the database.
pub async fn backlog(db: &Db, retention: Seconds, now: Timestamp) -> Result<Vec<Backlog>, Failure> {
    let count = async move |conn: &mut Conn| {
        let mut found = Vec::new();
        for table in ExpiringTable::ALL.iter().copied() {
            let (rows, ended) = expired::count(conn, table, end_of(table, now - SKEW, retention)).await?;
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
    /// When the first of them ended; `None` without such rows.
    pub since: Option<Timestamp>,
}

/// Returns how far the purge is behind, at a bounded cost; `retention` is for how long events are kept.
///
/// # Errors
/// Only failures of the database.
pub async fn overdue(db: &Db, retention: Seconds, now: Timestamp) -> Result<Vec<PurgeLag>, Failure> {
    let count = async move |conn: &mut Conn| {
        let mut found = Vec::new();
        for table in ExpiringTable::ALL.iter().copied() {
            let (rows, since) = expired::overdue(conn, table, end_of(table, now - SKEW, retention)).await?;
            let kept = if table == ExpiringTable::Events { retention } else { Seconds::ZERO };
            let since = since.map(|since| since + kept);
            found.push(PurgeLag { table, rows, since });
        }
        Ok(found)
    };
    Ok(db.read(count).await?)
}
