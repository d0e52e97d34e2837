//! PostgreSQL: each connection runs one job after another, and each write job is a SERIALIZABLE transaction.

mod absence;
mod server;

use std::time::{Duration, Instant};

use sqlx::SqlStr;

use super::DbOptions;
use super::cause::Cause;
use super::connection::Tx;
use super::error::DbError;
use super::job::{Job, TransactionEnd, run_guarded};
use super::lanes::{JobReceiver, Queue, QueuedJob, Requeue, queue};
use super::load::BusyCount;
use super::thread::{WaitsFor, serve_all, storage_thread};
use crate::secret;

pub(in crate::store) use server::DatabaseServer;

const THREADS: u32 = 2;

pub(super) async fn open(options: &DbOptions) -> Result<(Queue, Queue), DbError> {
    let server = DatabaseServer::of(options, "grantor")?.within(options.timeout);
    let workers = options.connections.div_ceil(THREADS).max(1);
    let (sender, receiver) = queue(options.queue, workers * THREADS);
    for thread in 0..THREADS {
        // One connection is never busy with strangers. There are at least two, one for each thread.
        let inboxes: Vec<_> =
            (0..workers).map(|worker| receiver.another((thread, worker) != (0, 0))).collect();
        let server = server.clone();
        let pool = Pool { requeue: sender.requeue(), busy: sender.busy() };
        storage_thread((&format!("db-{thread}"), WaitsFor::Sockets), move |opened| async move {
            // The first connection is made at once, so that a wrong address or password is reported at the start.
            let first = match server.link().await {
                Ok(tx) => tx,
                Err(source) => {
                    let _ = opened.send(Err(server.not_opened(source)));
                    return;
                }
            };
            let _ = opened.send(Ok(()));
            let mut first = Some(first);
            let workers = inboxes.into_iter().map(|inbox| serve(first.take(), &server, inbox, &pool));
            serve_all(workers).await;
        })
        .await?;
    }
    Ok((sender.clone(), sender))
}

/// A queue to a database that is first called for the first job, so that the program can start without it.
pub(super) async fn open_when_needed(options: &DbOptions) -> Result<Queue, DbError> {
    let server = DatabaseServer::of(options, "grantor")?.or_a_standby().within(options.timeout);
    let (sender, receiver) = queue(options.queue, 1);
    let pool = Pool { requeue: sender.requeue(), busy: sender.busy() };
    storage_thread(("db-replica", WaitsFor::Sockets), move |opened| async move {
        let _ = opened.send(Ok(()));
        serve(None, &server, receiver, &pool).await;
    })
    .await?;
    Ok(sender)
}

/// What the connections to one server share.
struct Pool {
    requeue: Requeue,
    busy: BusyCount,
}

/// Whether a connection can be used again after a job.
#[derive(PartialEq, Eq)]
enum Health {
    Good,
    Lost,
}

async fn serve(mut tx: Option<Tx>, server: &DatabaseServer, receiver: JobReceiver, pool: &Pool) {
    let mut serving = None;
    loop {
        if tx.is_none() {
            serving = None;
            tx = server.link_beside_others().await;
        }
        if tx.is_some() {
            serving.get_or_insert_with(|| server.absence.serving());
        }
        let Some(QueuedJob { job, lane, deadline }) = receiver.recv().await else { return };
        if job.is_abandoned() {
            continue;
        }
        let _busy = pool.busy.begin();
        let connected = match tx.take() {
            Some(tx) if server.is_newest(&tx) => Ok(tx),
            _ => server.link().await,
        };
        let cause = match connected {
            Ok(live) => {
                tx = settle(job, live, server, deadline).await;
                continue;
            }
            Err(cause) => cause,
        };
        serving = None;
        let queued = QueuedJob { job, lane, deadline };
        let given = if server.absence.others_serve() { pool.requeue.give(queued) } else { Err(queued) };
        if let Err(QueuedJob { job, .. }) = given {
            job.fail(unavailable(cause));
        }
    }
}

/// Runs a job to its end. Returns the connection if it can be used again.
async fn settle(mut job: Box<dyn Job>, mut tx: Tx, server: &DatabaseServer, deadline: Instant) -> Option<Tx> {
    // After the deadline the caller no longer waits, and a connection that is still busy should not get another job.
    let remaining = deadline.saturating_duration_since(Instant::now()) + Duration::from_secs(1);
    let settled = tokio::time::timeout(remaining, async {
        if job.writes() {
            begin(&mut tx, server, &server.begin).await?;
            write(&mut *job, &mut tx, server, deadline).await
        } else {
            read(&mut *job, &mut tx, server, deadline).await
        }
    });
    match settled.await.unwrap_or(Err(DbError::Deadline)) {
        Ok(health) => {
            job.answer();
            (health == Health::Good).then_some(tx)
        }
        Err(error) => {
            job.fail(error);
            None
        }
    }
}

/// Begins a transaction; on a new connection if the server has closed this one, or no longer writes.
async fn begin(tx: &mut Tx, server: &DatabaseServer, sql: &SqlStr) -> Result<(), DbError> {
    if tx.control(sql.clone()).await.is_ok() {
        return Ok(());
    }
    *tx = server.link().await.map_err(unavailable)?;
    // Failing to begin is not a defect of the job: a standby, for example, refuses SERIALIZABLE.
    tx.control(sql.clone()).await.map_err(unavailable)
}

fn unavailable(error: impl Into<Cause>) -> DbError {
    DbError::Unavailable(error.into())
}

/// Runs a job that only reads. If the connection was lost, it runs once more on a new one. After a conflict, which
/// distributed engines may report for reads, it runs again.
async fn read(
    job: &mut dyn Job,
    tx: &mut Tx,
    server: &DatabaseServer,
    deadline: Instant,
) -> Result<Health, DbError> {
    let mut verdict = read_once(job, tx, server).await?;
    if tx.is_lost() {
        *tx = server.link().await.map_err(unavailable)?;
        verdict = read_once(job, tx, server).await?;
    }
    for attempt in 0_u32.. {
        if verdict != TransactionEnd::Again || Instant::now() >= deadline {
            break;
        }
        tokio::time::sleep(backoff(attempt)).await;
        verdict = read_once(job, tx, server).await?;
    }
    Ok(if tx.is_lost() { Health::Lost } else { Health::Good })
}

async fn read_once(
    job: &mut dyn Job,
    tx: &mut Tx,
    server: &DatabaseServer,
) -> Result<TransactionEnd, DbError> {
    let Some(sql) = &server.begin_reading else { return run_guarded(job, tx).await };
    begin(tx, server, sql).await?;
    let verdict = run_guarded(job, tx).await?;
    if !tx.is_lost() {
        tx.control("COMMIT").await?;
    }
    Ok(verdict)
}

/// Runs a job in the open transaction, again after each conflict, until the deadline.
async fn write(
    job: &mut dyn Job,
    tx: &mut Tx,
    server: &DatabaseServer,
    deadline: Instant,
) -> Result<Health, DbError> {
    for attempt in 0_u32.. {
        let verdict = run_guarded(job, tx).await?;
        let collided = if verdict == TransactionEnd::Commit {
            match tx.control("COMMIT").await.map_err(DbError::from) {
                Ok(()) => return Ok(Health::Good),
                // Nothing was committed, whatever the job returned, and there is nothing to roll back.
                Err(conflict @ DbError::Conflict(_)) => Some(conflict),
                // It may have been committed: running the job again could do it twice.
                Err(error) => return Err(error),
            }
        } else {
            let rolled_back = !tx.is_lost() && tx.control("ROLLBACK").await.is_ok();
            if verdict == TransactionEnd::RollBack || !rolled_back {
                return Ok(if rolled_back { Health::Good } else { Health::Lost });
            }
            None
        };
        if Instant::now() >= deadline {
            return collided.map_or(Ok(Health::Good), Err);
        }
        tokio::time::sleep(backoff(attempt)).await;
        tx.control(server.begin.clone()).await?;
    }
    Err(DbError::Deadline)
}

/// A random pause that grows with the attempts: 0 to 2 ms at first, at most 100 ms.
fn backoff(attempt: u32) -> Duration {
    let ceiling = 2_000_u32.saturating_mul(1 << attempt.min(6)).min(100_000);
    let chance = u32::from_be_bytes(secret::random::<4>());
    Duration::from_micros(u64::from(chance % ceiling))
}
