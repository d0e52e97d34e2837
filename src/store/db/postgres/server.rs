//! A PostgreSQL server: the options of its connections, and the checks of each new one.

use std::io::ErrorKind;
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, SqlSafeStr as _, SqlStr};

use super::super::cause::Cause;
use super::super::connection::{EngineConnection, NO_TIMELINE, Statements, Timeline, Tx};
use super::super::error::DbError;
use super::super::{DatabaseRoute, DbOptions, url};
use super::absence::Absence;

/// SERIALIZABLE, because at READ COMMITTED a write could be decided by a stale read without an error.
const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
const BEGIN_READING: &str = "BEGIN READ ONLY";
/// How long a connection attempt may take, unless the URL says so.
const CONNECT: Duration = Duration::from_secs(5);
/// How much longer than the caller the server may work on a statement. It must not give up first: if its limit ends a
/// COMMIT that waits for a second machine, the server reports success, although that machine has nothing.
const STATEMENT_MARGIN: Duration = Duration::from_secs(5);
/// PostgreSQL 13 is the oldest version that was maintained within the last year.
const OLDEST_VERSION: u32 = 130_000;
/// How many prepared statements a connection keeps: more than this program has.
const STATEMENTS: usize = 256;
const STANDBY: &str = "the server is a standby, which follows another one; the URL must lead to the primary";
const REPLACED: &str = "the server was the primary until another one took over";
/// The timeline: the first eight digits of the current WAL file's name. Each new primary begins a timeline with a
/// higher number.
const TIMELINE: &str = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

/// Which servers a connection may lead to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ServerRole {
    Primary,
    Any,
}

/// A database on a server, and the options of every connection to it.
#[derive(Clone)]
pub(in crate::store) struct DatabaseServer {
    connect: PgConnectOptions,
    /// How long a connection attempt may take.
    patience: Duration,
    what: String,
    role: ServerRole,
    /// The timeline of the newest primary that any connection has led to.
    newest: Arc<AtomicU32>,
    pub(super) absence: Absence,
    statements: Statements,
    pub(super) begin: SqlStr,
    /// The statement that begins a reading job; `None` if reads need no transaction, because they all run on one
    /// session.
    pub(super) begin_reading: Option<SqlStr>,
}

impl DatabaseServer {
    pub(in crate::store) fn of(options: &DbOptions, name: &str) -> Result<Self, DbError> {
        let unreadable = || DbError::Url("cannot be read".into());
        let url = url::for_driver(&options.url).ok_or_else(unreadable)?;
        let connect = PgConnectOptions::from_str(&url).map_err(|_| unreadable())?;
        let name = match connect.get_application_name() {
            // Its beginning says that it is a server of this program (see `store::copy`).
            Some(own) if !name.is_empty() => format!("{name}: {own}"),
            _ => name.to_owned(),
        };
        let connect = connect
            .application_name(&name)
            .statement_cache_capacity(STATEMENTS)
            // No column is a float, and poolers refuse parameters that they do not know.
            .extra_float_digits(None)
            .disable_statement_logging();
        let what = format!(
            "{} at {}:{}",
            connect.get_database().unwrap_or(connect.get_username()),
            connect.get_host(),
            connect.get_port()
        );
        let (statements, begin_reading) = match options.route {
            DatabaseRoute::Direct => (Statements::Kept, None),
            DatabaseRoute::Pooler => (Statements::Unnamed, Some(BEGIN_READING.into_sql_str())),
        };
        let begin = BEGIN.into_sql_str();
        let (role, newest, absence) = (ServerRole::Primary, Arc::default(), Absence::default());
        let patience = url::connect_timeout(&options.url).unwrap_or(CONNECT);
        Ok(Self { connect, patience, what, role, newest, absence, statements, begin, begin_reading })
    }

    /// Also accepts a standby.
    pub(super) fn or_a_standby(self) -> Self {
        Self { role: ServerRole::Any, ..self }
    }

    /// Sets a limit for each statement, and for the time that the server waits for the next one.
    pub(super) fn within(self, timeout: Duration) -> Self {
        let millis = (timeout + STATEMENT_MARGIN).as_millis().to_string();
        let limits = ["statement_timeout", "idle_in_transaction_session_timeout"].map(|name| (name, &millis));
        if self.statements == Statements::Kept {
            return Self { connect: self.connect.options(limits), ..self };
        }
        // A setting of the session would also apply to the next user of the session.
        let limits = limits.map(|(name, millis)| format!("; SET LOCAL {name} = {millis}")).concat();
        let limited = |begin: SqlStr| AssertSqlSafe(format!("{}{limits}", begin.as_str())).into_sql_str();
        Self { begin: limited(self.begin), begin_reading: self.begin_reading.map(limited), ..self }
    }

    /// Removes the limit on statements, whatever the role's default is, because migrations may take long. A lock is
    /// waited for only briefly, because all other queries wait behind a migration.
    pub(in crate::store) fn unlimited(self) -> Self {
        let limits = [("statement_timeout", "0"), ("lock_timeout", "10s")];
        match self.statements {
            Statements::Kept => Self { connect: self.connect.options(limits), ..self },
            Statements::Unnamed => self,
        }
    }

    /// Connects, and checks the server's version and the database's encoding.
    ///
    /// # Errors
    /// A sentence for the operator that says what is wrong.
    pub(in crate::store) async fn open(&self) -> Result<PgConnection, DbError> {
        let mut link = self.connect().await.map_err(|source| self.not_opened(source))?;
        let unusable = |why| Err(DbError::Unusable { what: self.what(), why });
        if let Some(version) = link.server_version_num().filter(|version| *version < OLDEST_VERSION) {
            let (is, oldest) = (version / 10_000, OLDEST_VERSION / 10_000);
            return unusable(format!("it is PostgreSQL {is}, but Grantor needs {oldest} or later"));
        }
        // Not prepared first, because a pooler could run the second step on another session.
        let row = sqlx::raw_sql("SHOW server_encoding").fetch_one(&mut link).await?;
        match row.try_get::<String, _>(0)?.as_str() {
            "UTF8" => Ok(link),
            other => unusable(format!(
                "its encoding is {other}; create it with ENCODING 'UTF8' TEMPLATE template0"
            )),
        }
    }

    /// The name of the database in a sentence.
    pub(in crate::store) fn what(&self) -> String {
        self.what.clone()
    }

    pub(super) fn not_opened(&self, source: impl Into<Cause>) -> DbError {
        let source = source.into();
        // PgBouncer reports an option that it cannot pass on as protocol_violation.
        let is_pooler = self.statements == Statements::Kept && source.code().as_deref() == Some("08P01");
        let hint = match is_pooler {
            true => " (if this is a pooler, set database.pooler = true)",
            false if source.is_another_protocol() => " (is this PostgreSQL?)",
            false => "",
        };
        DbError::Open { what: format!("{}{hint}", self.what), source }
    }

    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let connected = tokio::time::timeout(self.patience, self.connect.connect()).await;
        let late =
            || std::io::Error::new(ErrorKind::TimedOut, format!("no answer within {:?}", self.patience));
        connected.map_err(|_| sqlx::Error::Io(late()))?
    }

    /// Connects for a job, unless the server has just refused a connection.
    pub(super) async fn link(&self) -> Result<Tx, Cause> {
        self.absence.call().map_err(Cause::of_sentence)?;
        let linked = self.link_at_once().await.map_err(Cause::from);
        match &linked {
            Ok(_) => self.absence.ends(),
            Err(cause) => self.absence.begins(cause.to_string()),
        }
        linked
    }

    /// Connects without a job, as long as the server accepts no connection and other workers have one: those take the
    /// jobs.
    pub(super) async fn link_beside_others(&self) -> Option<Tx> {
        while let Some(next) = self.absence.pause_beside_others() {
            tokio::time::sleep_until(next.into()).await;
            if let Ok(tx) = self.link().await {
                return Some(tx);
            }
        }
        None
    }

    async fn link_at_once(&self) -> Result<Tx, sqlx::Error> {
        let mut link = self.connect().await?;
        let timeline = match self.role {
            ServerRole::Primary => self.timeline(&mut link).await?,
            ServerRole::Any => NO_TIMELINE,
        };
        Ok(Tx::new(EngineConnection::Postgres(link, self.statements), timeline))
    }

    /// The timeline of the primary that a connection leads to; an error if it leads to another server.
    ///
    /// A standby, or a replaced primary that does not know it yet, would answer reads with old data, as long as the
    /// connection lasts.
    async fn timeline(&self, link: &mut PgConnection) -> Result<Timeline, sqlx::Error> {
        let refused = |why: &'static str| Err(Cause::of_sentence(why));
        let asked = sqlx::raw_sql("SELECT pg_is_in_recovery()").fetch_one(&mut *link).await?;
        if asked.try_get(0)? {
            return refused(STANDBY);
        }
        let asked = match sqlx::raw_sql(TIMELINE).fetch_one(link).await {
            Ok(row) => row.try_get::<String, _>(0)?,
            // Other engines with PostgreSQL's protocol have no timelines.
            Err(sqlx::Error::Database(_)) => return Ok(NO_TIMELINE),
            Err(error) => return Err(error),
        };
        let timeline = Timeline::from_str_radix(&asked, 16).unwrap_or(NO_TIMELINE);
        if timeline < self.newest.fetch_max(timeline, Ordering::Relaxed) {
            return refused(REPLACED);
        }
        Ok(timeline)
    }

    /// Whether a connection leads to the newest primary that this process has seen.
    pub(super) fn is_newest(&self, tx: &Tx) -> bool {
        self.role == ServerRole::Any || tx.timeline() >= self.newest.load(Ordering::Relaxed)
    }
}
