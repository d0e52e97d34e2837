//! A connection of either engine, and statements on it.

use std::ops::{Deref, DerefMut};

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow, SqlSafeStr};

use super::error::DbError;
use super::sqlite_answer::SqliteAnswer;
use super::statement::{Batch, JoinedStatements, Param, Statement};

/// A connection for reading.
pub struct Conn {
    link: EngineConnection,
    timeline: Timeline,
    failure: Option<FailureKind>,
}

/// The timeline of the primary that a connection leads to: each new primary has a higher number.
pub(super) type Timeline = u32;
/// The value for databases without timelines.
pub(super) const NO_TIMELINE: Timeline = 0;

/// A connection inside a write transaction; it can read like a [`Conn`].
pub struct Tx(Conn);

pub(super) enum EngineConnection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection, Statements),
}

/// How PostgreSQL's prepared statements are used on a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Statements {
    /// Each statement is kept on the connection under a name.
    Kept,
    /// Statements have no names, because the next one may run on another session.
    Unnamed,
}

impl Statements {
    fn are_kept(self) -> bool {
        self == Self::Kept
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FailureKind {
    Conflict,
    Lost,
    Other,
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// A row that can be read from both engines.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl Tx {
    pub(super) fn new(link: EngineConnection, timeline: Timeline) -> Self {
        Self(Conn { link, timeline, failure: None })
    }

    /// The timeline of the primary; [`NO_TIMELINE`] on a database without timelines.
    pub(super) fn timeline(&self) -> Timeline {
        self.0.timeline
    }

    /// Forgets the failure of the last transaction.
    pub(super) fn forget_failure(&mut self) {
        self.0.failure = None;
    }

    /// Runs the statements of a batch; without any, nothing is sent. On SQLite they are sent as one text, which saves two
    /// thread hops for each; PostgreSQL refuses parameters in a joined text. Returns how many rows each has changed.
    ///
    /// # Errors
    /// If a value cannot be bound, a statement fails or the connection is lost. The transaction then cannot commit.
    pub async fn run(&mut self, batch: Batch) -> Result<Vec<u64>, DbError> {
        let changed = match batch.statements() {
            [] => Ok(Vec::new()),
            _ if batch.has_nul() => Err(DbError::Nul),
            _ => self.0.link.run(batch.into_statements()).await,
        };
        self.0.remember(changed)
    }

    /// Runs a statement of the executor itself, such as BEGIN.
    pub(super) async fn control(&mut self, sql: impl SqlSafeStr) -> Result<(), sqlx::Error> {
        match &mut self.0.link {
            EngineConnection::Sqlite(link) => {
                SqliteAnswer::to(link, sql, SqliteArguments::default()).changed().await.map(drop)
            }
            EngineConnection::Postgres(link, _) => sqlx::raw_sql(sql).execute(link).await.map(drop),
        }
    }
}

impl Conn {
    /// A statement, with the same text for both engines and parameters `$1`, `$2`, ….
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query { conn: self, statement: Statement::new(sql) }
    }

    /// Whether a statement has failed in this transaction.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Whether the first failure was a conflict with another transaction.
    pub(super) fn met_a_conflict(&self) -> bool {
        self.failure == Some(FailureKind::Conflict)
    }

    /// Whether the first failure was that the database is not available.
    pub(super) fn is_lost(&self) -> bool {
        self.failure == Some(FailureKind::Lost)
    }

    /// Records that a statement failed: the transaction cannot commit, even if the caller ignores the error.
    fn remember<T>(&mut self, result: Result<T, DbError>) -> Result<T, DbError> {
        if let Err(error) = &result {
            let kind = match error {
                DbError::Conflict(_) => FailureKind::Conflict,
                DbError::Unavailable(_) => FailureKind::Lost,
                _ => FailureKind::Other,
            };
            self.failure.get_or_insert(kind);
        }
        result
    }
}

impl EngineConnection {
    /// Runs a statement. Returns the number of rows that it changed.
    async fn execute(&mut self, statement: Statement) -> Result<u64, DbError> {
        let sql = statement.sql;
        Ok(match self {
            Self::Sqlite(link) => SqliteAnswer::to(link, sql, statement.for_sqlite()?).changed().await?,
            Self::Postgres(link, kind) => {
                let query = sqlx::query_with(sql, statement.for_postgres()?).persistent(kind.are_kept());
                query.execute(link).await?.rows_affected()
            }
        })
    }

    async fn first<R: Record>(&mut self, statement: Statement) -> Result<Option<R>, DbError> {
        let sql = statement.sql;
        Ok(match self {
            Self::Sqlite(link) => SqliteAnswer::to(link, sql, statement.for_sqlite()?).first().await?,
            Self::Postgres(link, kind) => {
                let query = sqlx::query_as_with(sql, statement.for_postgres()?).persistent(kind.are_kept());
                query.fetch_optional(link).await?
            }
        })
    }

    async fn all<R: Record>(&mut self, statement: Statement) -> Result<Vec<R>, DbError> {
        let sql = statement.sql;
        Ok(match self {
            Self::Sqlite(link) => SqliteAnswer::to(link, sql, statement.for_sqlite()?).all().await?,
            Self::Postgres(link, kind) => {
                let query = sqlx::query_as_with(sql, statement.for_postgres()?).persistent(kind.are_kept());
                query.fetch_all(link).await?
            }
        })
    }

    /// Runs statements one after the other. Returns how many rows each has changed.
    async fn run(&mut self, statements: Vec<Statement>) -> Result<Vec<u64>, DbError> {
        let mut changed = Vec::with_capacity(statements.len());
        match self {
            Self::Sqlite(link) => {
                let JoinedStatements { text, values, count } = JoinedStatements::of(statements)?;
                // Joined from constant texts of this program; every value is bound.
                let mut answer = SqliteAnswer::to(link, AssertSqlSafe(text), values);
                for _ in 0..count {
                    changed.push(answer.changed().await?);
                }
            }
            Self::Postgres(..) => {
                for statement in statements {
                    changed.push(self.execute(statement).await?);
                }
            }
        }
        Ok(changed)
    }
}

/// A statement on a connection, with its values.
#[must_use]
pub struct Query<'c> {
    conn: &'c mut Conn,
    statement: Statement,
}

impl Query<'_> {
    /// Binds the next value: `$1` first, then `$2`, and so on.
    ///
    /// A statement that reads finds nothing by text with U+0000; every other statement with such text fails with
    /// [`DbError::Nul`]. Neither is sent to the database.
    pub fn bind(mut self, value: impl Param) -> Self {
        self.statement.bind(value);
        self
    }

    /// Runs the statement. Returns the number of rows that it changed.
    ///
    /// # Errors
    /// If a value cannot be bound, the statement fails or the connection is lost. The transaction then cannot commit.
    pub async fn execute(self) -> Result<u64, DbError> {
        let Self { conn, statement } = self;
        let changed = match statement.has_nul {
            true => Err(DbError::Nul),
            false => conn.link.execute(statement).await,
        };
        conn.remember(changed)
    }

    /// Runs the statement. Returns its first row; `None` if it returns no rows.
    ///
    /// # Errors
    /// If a value cannot be bound, the statement fails or the connection is lost. The transaction then cannot commit.
    pub async fn optional<R: Record>(self) -> Result<Option<R>, DbError> {
        let Self { conn, statement } = self;
        let row = match statement.has_nul {
            true => statement.without_rows().map(|()| None),
            false => conn.link.first(statement).await,
        };
        conn.remember(row)
    }

    /// Runs the statement. Returns all of its rows.
    ///
    /// # Errors
    /// If a value cannot be bound, the statement fails or the connection is lost. The transaction then cannot commit.
    pub async fn all<R: Record>(self) -> Result<Vec<R>, DbError> {
        let Self { conn, statement } = self;
        let rows = match statement.has_nul {
            true => statement.without_rows().map(|()| Vec::new()),
            false => conn.link.all(statement).await,
        };
        conn.remember(rows)
    }
}
