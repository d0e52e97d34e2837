//! The only module that knows both database engines: `read`, `write`, and the connections that they give to jobs.
//!
//! A job never runs in its caller's future. It goes through a bounded queue to a storage thread, which runs it to its
//! end whether or not the caller still waits. A future that is dropped inside a transaction would leave a connection
//! behind on which later writes are lost.

mod cause;
mod connection;
mod error;
mod job;
mod lanes;
mod load;
mod postgres;
mod sqlite;
mod sqlite_answer;
mod statement;
mod thread;
mod time;
mod url;

use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use cause::Cause;
pub use connection::{Conn, Query, Record, Tx};
pub use error::{DbError, Refusable};
pub use load::PoolLoad;
pub(in crate::store) use postgres::DatabaseServer;
pub(in crate::store) use sqlite::{DatabaseFile, FileKind, beginning};
pub use statement::{Batch, Param};
pub use url::{check as check_url, files as files_of_url, has_password};

use job::{BatchJob, ReadJob, WriteJob};
use lanes::{Lane, Queue, QueuedJob};

use crate::traces;

/// A database of either engine, as one lane of its writers. Clones share its threads and connections.
#[derive(Clone, Debug)]
pub struct Db {
    reads: Queue,
    writes: Queue,
    replica: Option<Queue>,
    engine: Engine,
    timeout: Duration,
    /// The lane of what is written through this value.
    lane: Lane,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Where connections to PostgreSQL lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseRoute {
    /// Directly to PostgreSQL: each connection has its own session.
    Direct,
    /// To a pooler, which gives out a session for each transaction.
    Pooler,
}

/// Where the database is, how many connections to use, and how long to wait.
#[derive(Clone)]
pub struct DbOptions {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// A replica that may lag behind.
    pub replica_url: Option<String>,
    pub route: DatabaseRoute,
    /// Connections: on SQLite for reading, on PostgreSQL in total.
    pub connections: u32,
    /// How many jobs may wait; further ones are refused.
    pub queue: usize,
    /// How long a caller waits for its job.
    pub timeout: Duration,
    /// How long another process may hold SQLite's write lock.
    pub lock_timeout: Duration,
    /// How long another process may migrate the database.
    pub migration_timeout: Duration,
    /// For how long a process that dies keeps the others from migrating.
    pub migration_lease: Duration,
}

impl DbOptions {
    pub const MIGRATION_LEASE: Duration = Duration::from_secs(60);
    /// Longer than the lease of a process that died.
    pub const MIGRATION_TIMEOUT: Duration = Duration::from_secs(65);

    /// The engine that the URL names.
    ///
    /// # Errors
    /// If the URL cannot be used.
    pub fn engine(&self) -> Result<Engine, DbError> {
        check_url(&self.url).map_err(DbError::Url)
    }

    /// The name of the database in a sentence: the whole path of a SQLite file, or a PostgreSQL database with its server,
    /// without user and password.
    pub fn what(&self) -> String {
        match self.sqlite_path() {
            Some(path) => std::path::absolute(&path).unwrap_or(path).display().to_string(),
            None => DatabaseServer::of(self, "").map(|server| server.what()).unwrap_or_default(),
        }
    }

    /// The path of the file of a SQLite database. `None` for PostgreSQL.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        let path = self.url.strip_prefix("sqlite:")?;
        Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
    }
}

impl Db {
    /// Connects to the database. A replica is connected when it is first needed.
    ///
    /// # Errors
    /// A sentence for the operator that says what is wrong.
    pub async fn open(options: &DbOptions) -> Result<Self, DbError> {
        let engine = options.engine()?;
        let (reads, writes) = match engine {
            Engine::Sqlite => sqlite::open(options).await?,
            Engine::Postgres => postgres::open(options).await?,
        };
        let replica = match &options.replica_url {
            Some(url) => {
                let options = DbOptions { url: url.clone(), ..options.clone() };
                Some(postgres::open_when_needed(&options).await?)
            }
            None => None,
        };
        Ok(Self { reads, writes, replica, engine, timeout: options.timeout, lane: Lane::Known })
    }

    /// The same database for those who have not proven who they are: what is written through it gives way to what others
    /// write. Its jobs wait in a lane of their own, so that they cannot fill the queue.
    pub fn for_strangers(&self) -> Self {
        Self { lane: Lane::Strangers, ..self.clone() }
    }

    /// The same database for what this node itself must know: whether the database works, and what time it is. Its jobs
    /// go before all others.
    pub fn for_the_node(&self) -> Self {
        Self { lane: Lane::Node, ..self.clone() }
    }

    /// The engine of this database.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// How busy each pool of connections is.
    pub fn loads(&self) -> Vec<PoolLoad> {
        let mut loads = match self.engine {
            Engine::Sqlite => vec![self.reads.load("read"), self.writes.load("write")],
            Engine::Postgres => vec![self.writes.load("read_write")],
        };
        loads.extend(self.replica.iter().map(|replica| replica.load("replica")));
        loads
    }

    /// Runs `work` on a connection that does not write.
    ///
    /// # Errors
    /// If `work` fails, the queue is full or the deadline passes.
    pub async fn read<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: AsyncFn(&mut Conn) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        self.decide_reading(work).await
    }

    /// Runs `work` on a connection that does not write. `work` may refuse.
    ///
    /// # Errors
    /// The refusal of `work`; otherwise as [`Self::read`].
    pub async fn decide_reading<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Refusable,
    {
        let job = self.send(&self.reads, Lane::Known, |answer| Box::new(ReadJob::new(work, answer)));
        traces::span("storage read", job).await
    }

    /// Runs `work` where the answer may be out of date: on the replica, or on the database itself if there is no
    /// replica or it does not answer.
    ///
    /// Only for lists that people read. Never for data that decides a request, such as codes, tokens and sessions.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub async fn read_lagging<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: AsyncFn(&mut Conn) -> Result<T, DbError> + Clone + Send + 'static,
        T: Send + 'static,
    {
        let Some(replica) = &self.replica else { return self.read(work).await };
        let read = work.clone();
        let job = self.send(replica, Lane::Known, |answer| Box::new(ReadJob::new(read, answer)));
        let answer = traces::span("storage read", job).await;
        let Err(failure) = answer else { return answer };
        let cause = std::error::Error::source(&failure).map(ToString::to_string).unwrap_or_default();
        tracing::warn!(cause, "the replica does not answer, so the database itself is asked: {failure}");
        self.read(work).await
    }

    /// Runs `work` in a write transaction. Returns its outcome once it is durable. `work` may run more than once.
    ///
    /// So `work` must not consume its captures, must change nothing but `tx`, and must await nothing but `tx`.
    ///
    /// # Errors
    /// If `work` fails, the queue is full or the deadline passes.
    pub async fn write<T, F>(&self, work: F) -> Result<T, DbError>
    where
        F: AsyncFn(&mut Tx) -> Result<T, DbError> + Send + 'static,
        T: Send + 'static,
    {
        self.decide(work).await
    }

    /// Runs `work` in a write transaction, as [`Self::write`]. `work` may refuse; a refusal commits.
    ///
    /// # Errors
    /// The refusal of `work`; otherwise as [`Self::write`].
    pub async fn decide<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Refusable,
    {
        let job = self.send(&self.writes, self.lane, |answer| Box::new(WriteJob::new(work, answer)));
        traces::span("storage write", job).await
    }

    /// Runs the statements of a batch in a write transaction. Returns how many rows each has changed, once that is durable.
    ///
    /// It costs less than [`Self::write`] where many such requests come at the same time: SQLite gets the statements of several
    /// as one text.
    ///
    /// # Errors
    /// If a statement fails, the queue is full or the deadline passes. Then nothing was changed.
    pub async fn run(&self, batch: Batch) -> Result<Vec<u64>, DbError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        // Before the statements of others are sent with it.
        if batch.has_nul() {
            return Err(DbError::Nul);
        }
        let job = self.send(&self.writes, self.lane, |answer| Box::new(BatchJob::new(batch, answer)));
        traces::span("storage write", job).await
    }

    async fn send<T, E>(
        &self,
        queue: &Queue,
        lane: Lane,
        job: impl FnOnce(tokio::sync::oneshot::Sender<Result<T, E>>) -> Box<dyn job::Job>,
    ) -> Result<T, E>
    where
        E: Refusable,
    {
        if job::inside_a_job() {
            return Err(DbError::Nested.into());
        }
        let (answer, outcome) = tokio::sync::oneshot::channel();
        queue.push(QueuedJob { job: job(answer), lane, deadline: Instant::now() + self.timeout })?;
        match tokio::time::timeout(self.timeout, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(DbError::Stopped.into()),
            Err(_) => Err(DbError::Deadline.into()),
        }
    }
}
