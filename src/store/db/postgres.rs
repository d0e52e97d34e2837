//! PostgreSQL: each connection serves one job after another, a job a SERIALIZABLE transaction.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use super::DbOptions;
use super::connection::{Link, Tx};
use super::error::DbError;
use super::job::{Envelope, Inbox, Job, Queue, Verdict, queue, run_guarded};
use super::thread::storage_thread;
use crate::secret;

/// SERIALIZABLE, because at READ COMMITTED a read that decides a write can be stale without an error.
const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
/// How long a connection attempt may take.
const CONNECT: Duration = Duration::from_secs(5);
const THREADS: u32 = 2;

pub(super) async fn open(options: &DbOptions) -> Result<(Queue, Queue), DbError> {
    let timeout = options.patience.as_millis().to_string();
    let connect = PgConnectOptions::from_str(&options.url)
        .map_err(|_| DbError::Url("it is not of the form postgres://user:password@host:port/database"))?
        .application_name("grantor")
        .options([("statement_timeout", timeout.as_str()), ("idle_in_transaction_session_timeout", &timeout)])
        .disable_statement_logging();
    let (sender, inbox) = queue(options.queue);
    let what = format!(
        "{} at {}:{}",
        connect.get_database().unwrap_or_default(),
        connect.get_host(),
        connect.get_port()
    );
    for thread in 0..THREADS {
        let workers = options.connections.div_ceil(THREADS).max(1);
        let (inbox, connect, what) = (inbox.clone(), connect.clone(), what.clone());
        storage_thread(&format!("db-{thread}"), move |opened| async move {
            // The first connection at once, so that a wrong address or password is told at the start.
            let first = match link(&connect).await {
                Ok(tx) => tx,
                Err(source) => {
                    let _ = opened.send(Err(DbError::Open { what, source }));
                    return;
                }
            };
            let _ = opened.send(Ok(()));
            let mut first = Some(first);
            let workers = (0..workers).map(|_| serve(first.take(), connect.clone(), inbox.clone()));
            futures_util::future::join_all(workers).await;
        })
        .await?;
    }
    Ok((sender.clone(), sender))
}

async fn link(options: &PgConnectOptions) -> Result<Tx, sqlx::Error> {
    let connected = tokio::time::timeout(CONNECT, options.connect()).await;
    let link = connected.map_err(|_| sqlx::Error::PoolTimedOut)??;
    Ok(Tx::new(Link::Postgres(link)))
}

/// What is left of a connection after a job.
#[derive(PartialEq, Eq)]
enum Health {
    Good,
    Lost,
}

async fn serve(mut tx: Option<Tx>, options: PgConnectOptions, inbox: Inbox) {
    while let Ok(Envelope { job, deadline }) = inbox.recv().await {
        if job.is_abandoned() {
            continue;
        }
        let connected = match tx.take() {
            Some(tx) => Ok(tx),
            None => link(&options).await,
        };
        match connected {
            Ok(live) => tx = settle(job, live, &options, deadline).await,
            Err(error) => job.fail(DbError::Unavailable(error)),
        }
    }
}

/// Runs a job to its end; gives the connection back if it is still good.
async fn settle(
    mut job: Box<dyn Job>,
    mut tx: Tx,
    options: &PgConnectOptions,
    deadline: Instant,
) -> Option<Tx> {
    // Past the deadline nobody waits; a connection that is still busy then is not to be trusted with another job.
    let remaining = deadline.saturating_duration_since(Instant::now()) + Duration::from_secs(1);
    let settled = tokio::time::timeout(remaining, async {
        if job.writes() {
            begin(&mut tx, options).await?;
            write(&mut *job, &mut tx, deadline).await
        } else {
            read(&mut *job, &mut tx, options).await
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

/// Begins a transaction; on a new connection if the server has closed this one meanwhile.
async fn begin(tx: &mut Tx, options: &PgConnectOptions) -> Result<(), DbError> {
    if tx.control(BEGIN).await.is_ok() {
        return Ok(());
    }
    *tx = link(options).await.map_err(DbError::Unavailable)?;
    Ok(tx.control(BEGIN).await?)
}

/// Runs a job that only reads; a second time on a new connection if this one was lost.
async fn read(job: &mut dyn Job, tx: &mut Tx, options: &PgConnectOptions) -> Result<Health, DbError> {
    run_guarded(job, tx).await?;
    if tx.is_lost() {
        *tx = link(options).await.map_err(DbError::Unavailable)?;
        run_guarded(job, tx).await?;
    }
    Ok(if tx.is_lost() { Health::Lost } else { Health::Good })
}

/// Runs a job in the open transaction, again when it collided, until the deadline.
async fn write(job: &mut dyn Job, tx: &mut Tx, deadline: Instant) -> Result<Health, DbError> {
    for attempt in 0_u32.. {
        let again = match run_guarded(job, tx).await? {
            Verdict::Commit => match tx.control("COMMIT").await.map_err(DbError::from) {
                Ok(()) => return Ok(Health::Good),
                Err(DbError::Conflict(_)) => true,
                // Nobody knows whether it was committed: a second run here could do it twice.
                Err(error) => return Err(error),
            },
            Verdict::Again => true,
            Verdict::RollBack => false,
        };
        let rolled_back = tx.control("ROLLBACK").await.is_ok();
        if !again || !rolled_back || Instant::now() >= deadline {
            return Ok(if rolled_back { Health::Good } else { Health::Lost });
        }
        tokio::time::sleep(backoff(attempt)).await;
        tx.control(BEGIN).await?;
    }
    Err(DbError::Deadline)
}

/// A random wait that grows with the attempts: 0 to 2 ms at first, at most 100 ms.
fn backoff(attempt: u32) -> Duration {
    let ceiling = 2_000_u32.saturating_mul(1 << attempt.min(6)).min(100_000);
    let chance = u32::from_be_bytes(secret::random::<4>());
    Duration::from_micros(u64::from(chance % ceiling))
}
