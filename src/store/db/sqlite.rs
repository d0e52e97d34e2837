//! SQLite: one writer with group commit, and a few connections that only read.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};

use super::DbOptions;
use super::cause::Cause;
use super::connection::{EngineConnection, NO_TIMELINE, Tx};
use super::error::DbError;
use super::job::{Job, TransactionEnd, run_guarded};
use super::lanes::{JobReceiver, Queue, QueuedJob, queue};
use super::load::BusyCount;
use super::statement::Batch;
use super::thread::{WaitsFor, serve_all, storage_thread};
use crate::files::owner;
use crate::store::paths::{parent, with_suffix};

/// The maximum number of jobs in one commit.
const BATCH: usize = 256;
/// Under load, another process gets its turn this often …
const TURN_EVERY: Duration = Duration::from_millis(100);
/// … for this long.
const TURN: Duration = Duration::from_millis(2);
/// How many jobs that are the same statements are sent as one text. Few numbers, so that the connection keeps the texts
/// prepared.
const TOGETHER: [usize; 4] = [8, 4, 2, 1];
/// The pause before opening a file again that another process is just opening.
const REOPEN_AFTER: Duration = Duration::from_millis(10);

pub(super) async fn open(options: &DbOptions) -> Result<(Queue, Queue), DbError> {
    let base = DatabaseFile::of(options)?;
    // The writer first: it creates the file and sets its journal mode, which readers cannot.
    let (writes, write_inbox) = queue(options.queue, 1);
    let busy = writes.busy();
    start("db-write", base.clone(), 1, async move |mut links| {
        if let Some(tx) = links.pop() {
            write_batches(tx, write_inbox, &busy).await;
        }
    })
    .await?;
    let connections = options.connections.max(1);
    let (reads, read_inbox) = queue(options.queue, connections);
    let busy = reads.busy();
    let reading =
        DatabaseFile { connect: base.connect.pragma("query_only", "true").create_if_missing(false), ..base };
    start("db-read", reading, connections, async move |links| {
        let readers = links.into_iter().map(|link| serve_reads(link, read_inbox.another(true), &busy));
        serve_all(readers).await;
    })
    .await?;
    Ok((reads, writes))
}

/// The file of a database, and the options of every connection to it.
#[derive(Clone)]
pub(in crate::store) struct DatabaseFile {
    connect: SqliteConnectOptions,
    path: PathBuf,
    timeout: Duration,
    is_made: bool,
}

impl DatabaseFile {
    pub(in crate::store) fn of(options: &DbOptions) -> Result<Self, DbError> {
        let file = Self::as_it_is(options)?;
        let connect = file
            .connect
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        Ok(Self { connect, is_made: true, ..file })
    }

    /// An existing file, whose journal mode is kept: a backup, for example, has another one.
    pub(in crate::store) fn as_it_is(options: &DbOptions) -> Result<Self, DbError> {
        let path = options.sqlite_path().ok_or(DbError::Url("must name a file".into()))?;
        Ok(Self::at(path, options.lock_timeout))
    }

    /// An existing file by its path.
    pub(in crate::store) fn at(path: PathBuf, timeout: Duration) -> Self {
        let connect = SqliteConnectOptions::new()
            .filename(&path)
            .foreign_keys(true)
            .busy_timeout(timeout)
            .disable_statement_logging();
        Self { connect, path, timeout, is_made: false }
    }

    /// Creates the file if it does not exist. Only its owner may read it, because it contains password hashes. SQLite
    /// gives its journal the same mode.
    pub(in crate::store) fn make(&self) -> Result<(), DbError> {
        self.has_a_folder()?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&self.path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(self.not_opened(error)),
            _ => Ok(()),
        }
    }

    pub(in crate::store) fn has_a_folder(&self) -> Result<(), DbError> {
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.is_dir();
        let missing = self.path.parent().filter(missing);
        missing
            .map_or(Ok(()), |folder| Err(self.unusable(&format!("there is no folder {}", folder.display()))))
    }

    pub(in crate::store) fn is_there(&self) -> bool {
        self.path.exists()
    }

    /// The name of the database in a sentence.
    pub(in crate::store) fn what(&self) -> String {
        self.path.display().to_string()
    }

    fn unusable(&self, why: &str) -> DbError {
        DbError::Unusable { what: self.what(), why: why.to_owned() }
    }

    pub(in crate::store) fn not_opened(&self, source: impl Into<Cause>) -> DbError {
        let source = source.into();
        let hint = source.is_about_permissions().then(|| self.owner_hint()).flatten();
        DbError::Open { what: self.what(), source: source.with_hint(hint) }
    }

    /// The error of a statement, with the owner of the file if that is why SQLite could not open it: it opens the files
    /// beside the database only when it reads.
    pub(in crate::store) fn explained(&self, error: DbError) -> DbError {
        match error {
            DbError::Open { source, .. } => self.not_opened(source),
            error => error,
        }
    }

    /// Who owns the file, one of those beside it, or its folder, if that is another account.
    fn owner_hint(&self) -> Option<String> {
        let beside = ["-wal", "-shm", "-journal"].map(|suffix| with_suffix(&self.path, suffix));
        let beside = beside.iter().filter(|path| path.exists()).map(PathBuf::as_path);
        let paths = std::iter::once(self.path.as_path()).chain(beside).chain([parent(&self.path)]);
        owner::hint_of_all(&with_suffix(&self.path, "*"), paths)
    }

    /// Checks the file before SQLite opens it. SQLite's own errors are less clear, and it would delete the journal of a
    /// file that it cannot read.
    fn look(&self) -> Result<(), DbError> {
        match std::fs::metadata(&self.path) {
            Ok(it) if it.is_dir() => return Err(self.unusable("it is a directory; name a file in it")),
            // Opening a pipe would block.
            Ok(it) if !it.is_file() => return Err(self.unusable("it is not a file")),
            _ => {}
        }
        // The canonical path of the folder, because the file itself may not exist yet.
        let folder = std::fs::canonicalize(parent(&self.path)).map_err(|error| self.not_opened(error))?;
        let path = folder.join(self.path.file_name().unwrap_or_default());
        let mut looked_at = LOOKED_AT.lock().unwrap_or_else(PoisonError::into_inner);
        if looked_at.contains(&path) {
            return Ok(());
        }
        match beginning(&path) {
            Ok(FileKind::Another) => return Err(self.unusable("it is not a SQLite database")),
            Ok(FileKind::Empty | FileKind::Sqlite) => {}
            Err(error) if error.kind() == ErrorKind::NotFound && self.is_made => {}
            Err(error) => return Err(self.not_opened(error)),
        }
        looked_at.insert(path);
        Ok(())
    }

    /// Opens the database, with retries while another process holds it.
    pub(in crate::store) async fn open(&self) -> Result<SqliteConnection, DbError> {
        self.look()?;
        let begun = Instant::now();
        loop {
            match self.connect.connect().await {
                // Unlike statements, changing the journal mode and recovering a journal do not wait for the lock.
                Err(error) if is_busy(&error) && begun.elapsed() < self.timeout => {
                    tokio::time::sleep(REOPEN_AFTER).await;
                }
                outcome => return outcome.map_err(|source| self.not_opened(source)),
            }
        }
    }
}

/// The files that this process has checked before SQLite opened them. It must not check them later: on POSIX, closing a
/// file releases all locks of the process on it, including SQLite's.
static LOOKED_AT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// The first bytes of every SQLite file.
const MAGIC: &[u8] = b"SQLite format 3\0";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum FileKind {
    /// A new database is an empty file.
    Empty,
    Sqlite,
    Another,
}

/// What a file is, by its first bytes. Must not be called while SQLite has the file open in this process.
pub(in crate::store) fn beginning(path: &Path) -> std::io::Result<FileKind> {
    let mut bytes = [0; MAGIC.len()];
    let length = std::fs::File::open(path)?.read(&mut bytes)?;
    Ok(match length {
        0 => FileKind::Empty,
        _ if bytes == MAGIC => FileKind::Sqlite,
        _ => FileKind::Another,
    })
}

/// Whether the error is SQLITE_BUSY, in any form.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| code & 0xff == 5)
}

/// Starts a storage thread with `count` connections. Returns whether they could be opened.
async fn start(
    name: &str,
    file: DatabaseFile,
    count: u32,
    serve: impl AsyncFnOnce(Vec<Tx>) + Send + 'static,
) -> Result<(), DbError> {
    // SQLite itself runs on the threads of its connections.
    storage_thread((name, WaitsFor::Threads), move |opened| async move {
        let mut links = Vec::new();
        for _ in 0..count {
            match file.open().await {
                Ok(link) => links.push(Tx::new(EngineConnection::Sqlite(link), NO_TIMELINE)),
                Err(error) => {
                    let _ = opened.send(Err(error));
                    return;
                }
            }
        }
        let _ = opened.send(Ok(()));
        serve(links).await;
    })
    .await
}

async fn serve_reads(mut tx: Tx, receiver: JobReceiver, busy: &BusyCount) {
    while let Some(QueuedJob { mut job, .. }) = receiver.recv().await {
        if job.is_abandoned() {
            continue;
        }
        let _busy = busy.begin();
        match run_guarded(&mut *job, &mut tx).await {
            Ok(_) => job.answer(),
            Err(panicked) => job.fail(panicked),
        }
    }
}

async fn write_batches(mut tx: Tx, receiver: JobReceiver, busy: &BusyCount) {
    let mut last_turn = Instant::now();
    loop {
        let asked = Instant::now();
        let Some(first) = receiver.recv().await else { return };
        if asked.elapsed() >= TURN {
            last_turn = Instant::now();
        } else if last_turn.elapsed() >= TURN_EVERY {
            tokio::time::sleep(TURN).await;
            last_turn = Instant::now();
        }
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Some(next) = receiver.try_recv()
        {
            batch.push(next);
        }
        batch.retain(|queued| !queued.job.is_abandoned());
        let _busy = busy.begin();
        commit_together(&mut tx, batch).await;
    }
}

/// Runs all jobs in one transaction; if anything fails, runs them again one by one.
async fn commit_together(tx: &mut Tx, mut batch: Vec<QueuedJob>) {
    if batch.is_empty() {
        return;
    }
    let alone = batch.len() == 1;
    if !alone && try_together(tx, &mut batch).await {
        for queued in batch {
            queued.job.answer();
        }
        return;
    }
    for queued in batch {
        commit_alone(tx, queued).await;
    }
}

/// Whether every job ran and the commit succeeded; otherwise nothing was changed.
async fn try_together(tx: &mut Tx, batch: &mut [QueuedJob]) -> bool {
    if tx.control("BEGIN IMMEDIATE").await.is_err() {
        return false;
    }
    if !run_all(tx, batch).await {
        roll_back(tx).await;
        return false;
    }
    let held = tx.control("COMMIT").await.is_ok();
    if !held {
        roll_back(tx).await;
    }
    held
}

/// Runs jobs in the current transaction. `false` if one of them did not end with a commit.
async fn run_all(tx: &mut Tx, jobs: &mut [QueuedJob]) -> bool {
    let mut batches: Vec<&mut dyn Job> = Vec::new();
    for queued in jobs {
        if queued.job.batch().is_some() {
            batches.push(&mut *queued.job);
        } else if run_guarded(&mut *queued.job, tx).await.ok() != Some(TransactionEnd::Commit) {
            return false;
        }
    }
    while let Some(first) = batches.pop() {
        let (mut alike, others): (Vec<_>, Vec<_>) = batches
            .into_iter()
            .partition(|other| first.batch().zip(other.batch()).is_some_and(|(a, b)| a.is_like(b)));
        alike.push(first);
        batches = others;
        let mut rest = &mut alike[..];
        while let Some(count) = TOGETHER.into_iter().find(|count| *count <= rest.len()) {
            let (now, later) = rest.split_at_mut(count);
            if run_together(tx, now).await.is_err() {
                return false;
            }
            rest = later;
        }
    }
    true
}

/// Runs jobs that are the same statements with other values, as one text.
async fn run_together(tx: &mut Tx, jobs: &mut [&mut dyn Job]) -> Result<(), DbError> {
    tx.forget_failure();
    let batches = jobs.iter().filter_map(|job| job.batch());
    let changed = tx.run(Batch::of_all(batches)).await?;
    let each = changed.len() / jobs.len();
    for (job, changed) in jobs.iter_mut().zip(changed.chunks(each.max(1))) {
        job.keep_changed(changed.to_vec());
    }
    Ok(())
}

async fn commit_alone(tx: &mut Tx, QueuedJob { mut job, .. }: QueuedJob) {
    if let Err(error) = tx.control("BEGIN IMMEDIATE").await {
        return job.fail(error.into());
    }
    match run_guarded(&mut *job, tx).await {
        Ok(TransactionEnd::Commit) => match tx.control("COMMIT").await {
            Ok(()) => job.answer(),
            Err(error) => {
                roll_back(tx).await;
                job.fail(error.into());
            }
        },
        Ok(_) => {
            roll_back(tx).await;
            job.answer();
        }
        Err(panicked) => {
            roll_back(tx).await;
            job.fail(panicked);
        }
    }
}

/// SQLite may have rolled back by itself, for example on a full disk; then this fails, which does not matter.
async fn roll_back(tx: &mut Tx) {
    let _ = tx.control("ROLLBACK").await;
}
