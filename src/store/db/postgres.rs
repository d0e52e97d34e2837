//! PostgreSQL: each connection serves one job after another, a job a SERIALIZABLE transaction.

use std::io::ErrorKind;
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, SqlSafeStr as _, SqlStr};

use super::cause::Cause;
use super::connection::{Link, NO_TIMELINE, Statements, Timeline, Tx};
use super::error::DbError;
use super::job::{Envelope, Inbox, Job, Queue, Verdict, queue, run_guarded};
use super::thread::storage_thread;
use super::{DbOptions, Route};
use crate::secret;

/// SERIALIZABLE, because at READ COMMITTED a read that decides a write can be stale without an error.
const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
const BEGIN_READING: &str = "BEGIN READ ONLY";
/// How long a connection attempt may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How much longer the server may work on a statement than anybody waits for it. It must not end first: when its limit
/// ends a COMMIT that waits for a second machine, it answers that all is well, though that machine has nothing.
const LONGER: Duration = Duration::from_secs(5);
const THREADS: u32 = 2;
/// PostgreSQL 13, the oldest that its makers have mended within the last year.
const OLDEST_VERSION: u32 = 130_000;
/// Prepared statements on a connection: more than there are texts in this program.
const STATEMENTS: usize = 256;

pub(super) async fn open(options: &DbOptions) -> Result<(Queue, Queue), DbError> {
    let server = DatabaseServer::of(options, "grantor")?.within(options.patience);
    let (sender, inbox) = queue(options.queue);
    for thread in 0..THREADS {
        let workers = options.connections.div_ceil(THREADS).max(1);
        let (inbox, server) = (inbox.clone(), server.clone());
        storage_thread(&format!("db-{thread}"), move |opened| async move {
            // The first connection at once, so that a wrong address or password is told at the start.
            let first = match server.link().await {
                Ok(tx) => tx,
                Err(source) => {
                    let _ = opened.send(Err(server.not_opened(source)));
                    return;
                }
            };
            let _ = opened.send(Ok(()));
            let mut first = Some(first);
            let workers = (0..workers).map(|_| serve(first.take(), &server, inbox.clone()));
            futures_util::future::join_all(workers).await;
        })
        .await?;
    }
    Ok((sender.clone(), sender))
}

/// A way to a database that is not called before the first job, so that its absence keeps nobody from starting.
pub(super) async fn open_when_needed(options: &DbOptions) -> Result<Queue, DbError> {
    let server = DatabaseServer { role: Role::Any, ..DatabaseServer::of(options, "grantor")? };
    let server = server.within(options.patience);
    let (sender, inbox) = queue(options.queue);
    storage_thread("db-replica", move |opened| async move {
        let _ = opened.send(Ok(()));
        serve(None, &server, inbox).await;
    })
    .await?;
    Ok(sender)
}

/// What a connection must lead to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Primary,
    Any,
}

const STANDBY: &str = "the server is a standby, which follows another one; the URL must lead to the primary";
const REPLACED: &str = "the server was the primary until another one took over";
/// Each primary that takes over begins a timeline with a higher number; the first eight digits of what is written now.
const TIMELINE: &str = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

/// A database on a server, and how every connection to it is made.
#[derive(Clone)]
pub(in crate::store) struct DatabaseServer {
    connect: PgConnectOptions,
    what: String,
    role: Role,
    /// Of the newest primary that any connection has led to.
    newest: Arc<AtomicU32>,
    statements: Statements,
    begin: SqlStr,
    /// What a job that only reads begins with, where its statements would meet several sessions otherwise.
    begin_reading: Option<SqlStr>,
}

impl DatabaseServer {
    pub(in crate::store) fn of(options: &DbOptions, name: &str) -> Result<Self, DbError> {
        let connect = PgConnectOptions::from_str(&options.url)
            .map_err(|_| DbError::Url("cannot be read".into()))?
            .application_name(name)
            .statement_cache_capacity(STATEMENTS)
            // No column is a float, and poolers refuse what they do not know.
            .extra_float_digits(None)
            .disable_statement_logging();
        let what = format!(
            "{} at {}:{}",
            connect.get_database().unwrap_or(connect.get_username()),
            connect.get_host(),
            connect.get_port()
        );
        let (statements, begin_reading) = match options.route {
            Route::Direct => (Statements::Kept, None),
            Route::Pooler => (Statements::Unnamed, Some(BEGIN_READING.into_sql_str())),
        };
        let begin = BEGIN.into_sql_str();
        let (role, newest) = (Role::Primary, Arc::default());
        Ok(Self { connect, what, role, newest, statements, begin, begin_reading })
    }

    /// The same with a limit on each statement, and on the time that the server waits for the next one.
    fn within(self, patience: Duration) -> Self {
        let millis = (patience + LONGER).as_millis().to_string();
        let limits = ["statement_timeout", "idle_in_transaction_session_timeout"].map(|name| (name, &millis));
        if self.statements == Statements::Kept {
            return Self { connect: self.connect.options(limits), ..self };
        }
        // What is set for a session would be set for whoever is lent it next.
        let limits = limits.map(|(name, millis)| format!("; SET LOCAL {name} = {millis}")).concat();
        let limited = |begin: SqlStr| AssertSqlSafe(format!("{}{limits}", begin.as_str())).into_sql_str();
        Self { begin: limited(self.begin), begin_reading: self.begin_reading.map(limited), ..self }
    }

    /// The same without a limit on statements, whatever the user's default is: a migration takes as long as it takes. But
    /// while it waits for a lock, everybody else waits behind it.
    pub(in crate::store) fn unlimited(self) -> Self {
        let limits = [("statement_timeout", "0"), ("lock_timeout", "10s")];
        match self.statements {
            Statements::Kept => Self { connect: self.connect.options(limits), ..self },
            Statements::Unnamed => self,
        }
    }

    /// Connects, and makes sure that this program can work with what is there.
    pub(in crate::store) async fn open(&self) -> Result<PgConnection, DbError> {
        let mut link = self.connect().await.map_err(|source| self.not_opened(source))?;
        let unusable = |why| Err(DbError::Unusable { what: self.what(), why });
        if let Some(version) = link.server_version_num().filter(|version| *version < OLDEST_VERSION) {
            let (is, oldest) = (version / 10_000, OLDEST_VERSION / 10_000);
            return unusable(format!("it is PostgreSQL {is}, and Grantor needs {oldest} or later"));
        }
        // Not prepared first: a pooler could give the second half to another session.
        let row = sqlx::raw_sql("SHOW server_encoding").fetch_one(&mut link).await?;
        match row.try_get::<String, _>(0)?.as_str() {
            "UTF8" => Ok(link),
            other => unusable(format!(
                "its encoding is {other}; create it with ENCODING 'UTF8' TEMPLATE template0"
            )),
        }
    }

    /// What a sentence calls it.
    pub(in crate::store) fn what(&self) -> String {
        self.what.clone()
    }

    fn not_opened(&self, source: sqlx::Error) -> DbError {
        let source = Cause::from(source);
        // protocol_violation: PgBouncer, to an option that it cannot pass on.
        let is_pooler = self.statements == Statements::Kept && source.code().as_deref() == Some("08P01");
        let hint = match is_pooler {
            true => " (if this is a pooler, set database.pooler = true)",
            false if source.is_another_protocol() => " (is this PostgreSQL?)",
            false => "",
        };
        DbError::Open { what: format!("{}{hint}", self.what), source }
    }

    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let connected = tokio::time::timeout(CONNECT, self.connect.connect()).await;
        let late = || std::io::Error::new(ErrorKind::TimedOut, format!("no answer within {CONNECT:?}"));
        connected.map_err(|_| sqlx::Error::Io(late()))?
    }

    async fn link(&self) -> Result<Tx, sqlx::Error> {
        let mut link = self.connect().await?;
        let timeline = match self.role {
            Role::Primary => self.timeline(&mut link).await?,
            Role::Any => NO_TIMELINE,
        };
        Ok(Tx::new(Link::Postgres(link, self.statements), timeline))
    }

    /// The timeline of the primary that a connection leads to; an error where it leads to none.
    ///
    /// A standby, and a primary that has been replaced and does not know it yet, would answer reads with what was, for as
    /// long as the connection lasts.
    async fn timeline(&self, link: &mut PgConnection) -> Result<Timeline, sqlx::Error> {
        let refused = |why: &'static str| Err(sqlx::Error::Configuration(why.into()));
        let asked = sqlx::raw_sql("SELECT pg_is_in_recovery()").fetch_one(&mut *link).await?;
        if sqlx::Row::try_get(&asked, 0)? {
            return refused(STANDBY);
        }
        let asked = match sqlx::raw_sql(TIMELINE).fetch_one(link).await {
            Ok(row) => sqlx::Row::try_get::<String, _>(&row, 0)?,
            // Engines that only speak the protocol have none.
            Err(sqlx::Error::Database(_)) => return Ok(NO_TIMELINE),
            Err(error) => return Err(error),
        };
        let timeline = Timeline::from_str_radix(&asked, 16).unwrap_or(NO_TIMELINE);
        if timeline < self.newest.fetch_max(timeline, Ordering::Relaxed) {
            return refused(REPLACED);
        }
        Ok(timeline)
    }

    /// Whether a connection still leads to the newest primary that this process has met.
    fn is_newest(&self, tx: &Tx) -> bool {
        self.role == Role::Any || tx.timeline() >= self.newest.load(Ordering::Relaxed)
    }
}

/// What is left of a connection after a job.
#[derive(PartialEq, Eq)]
enum Health {
    Good,
    Lost,
}

async fn serve(mut tx: Option<Tx>, server: &DatabaseServer, inbox: Inbox) {
    while let Ok(Envelope { job, deadline }) = inbox.recv().await {
        if job.is_abandoned() {
            continue;
        }
        let connected = match tx.take() {
            Some(tx) if server.is_newest(&tx) => Ok(tx),
            _ => server.link().await,
        };
        match connected {
            Ok(live) => tx = settle(job, live, server, deadline).await,
            Err(error) => job.fail(DbError::Unavailable(error.into())),
        }
    }
}

/// Runs a job to its end; gives the connection back if it is still good.
async fn settle(mut job: Box<dyn Job>, mut tx: Tx, server: &DatabaseServer, deadline: Instant) -> Option<Tx> {
    // Past the deadline nobody waits; a connection that is still busy then is not to be trusted with another job.
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

/// Begins a transaction; on a new connection if the server has closed this one meanwhile, or does not write any more.
async fn begin(tx: &mut Tx, server: &DatabaseServer, sql: &SqlStr) -> Result<(), DbError> {
    if tx.control(sql.clone()).await.is_ok() {
        return Ok(());
    }
    *tx = server.link().await.map_err(away)?;
    // What cannot even begin is no defect of the job: a standby, for instance, takes nothing that is SERIALIZABLE.
    tx.control(sql.clone()).await.map_err(away)
}

fn away(error: sqlx::Error) -> DbError {
    DbError::Unavailable(error.into())
}

/// Runs a job that only reads; a second time on a new connection if this one was lost, and again when it collided,
/// as it may on engines that are spread over machines.
async fn read(
    job: &mut dyn Job,
    tx: &mut Tx,
    server: &DatabaseServer,
    deadline: Instant,
) -> Result<Health, DbError> {
    let mut verdict = read_once(job, tx, server).await?;
    if tx.is_lost() {
        *tx = server.link().await.map_err(away)?;
        verdict = read_once(job, tx, server).await?;
    }
    for attempt in 0_u32.. {
        if verdict != Verdict::Again || Instant::now() >= deadline {
            break;
        }
        tokio::time::sleep(backoff(attempt)).await;
        verdict = read_once(job, tx, server).await?;
    }
    Ok(if tx.is_lost() { Health::Lost } else { Health::Good })
}

async fn read_once(job: &mut dyn Job, tx: &mut Tx, server: &DatabaseServer) -> Result<Verdict, DbError> {
    let Some(sql) = &server.begin_reading else { return run_guarded(job, tx).await };
    begin(tx, server, sql).await?;
    let verdict = run_guarded(job, tx).await?;
    if !tx.is_lost() {
        tx.control("COMMIT").await?;
    }
    Ok(verdict)
}

/// Runs a job in the open transaction, again when it collided, until the deadline.
async fn write(
    job: &mut dyn Job,
    tx: &mut Tx,
    server: &DatabaseServer,
    deadline: Instant,
) -> Result<Health, DbError> {
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
        let rolled_back = !tx.is_lost() && tx.control("ROLLBACK").await.is_ok();
        if !again || !rolled_back || Instant::now() >= deadline {
            return Ok(if rolled_back { Health::Good } else { Health::Lost });
        }
        tokio::time::sleep(backoff(attempt)).await;
        tx.control(server.begin.clone()).await?;
    }
    Err(DbError::Deadline)
}

/// A random wait that grows with the attempts: 0 to 2 ms at first, at most 100 ms.
fn backoff(attempt: u32) -> Duration {
    let ceiling = 2_000_u32.saturating_mul(1 << attempt.min(6)).min(100_000);
    let chance = u32::from_be_bytes(secret::random::<4>());
    Duration::from_micros(u64::from(chance % ceiling))
}
