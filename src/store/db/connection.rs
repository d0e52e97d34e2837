//! A connection of either engine, and statements on it.

use std::ops::{Deref, DerefMut};

use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Encode, FromRow, Postgres, SqlSafeStr, Sqlite, Type};

use super::error::DbError;
use crate::clock::{Seconds, Timestamp};

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

/// A value that can be bound on both engines.
pub trait Param:
    for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres>
{
    /// Whether the value is text with U+0000, which PostgreSQL cannot store. No statement sends such text, so no row has
    /// it, on either engine.
    fn holds_nul(&self) -> bool;
}

/// Values that are not text.
macro_rules! without_text {
    ($($value:ty),*) => {
        $(impl Param for $value {
            fn holds_nul(&self) -> bool {
                false
            }
        })*
    };
}

without_text!(bool, i32, i64, &[u8], Vec<u8>, Timestamp, Seconds);

impl Param for &str {
    fn holds_nul(&self) -> bool {
        memchr::memchr(0, self.as_bytes()).is_some()
    }
}

impl Param for String {
    fn holds_nul(&self) -> bool {
        self.as_str().holds_nul()
    }
}

impl<T: Param> Param for Option<T>
where
    Self: for<'q> Encode<'q, Sqlite> + Type<Sqlite> + for<'q> Encode<'q, Postgres> + Type<Postgres>,
{
    fn holds_nul(&self) -> bool {
        self.as_ref().is_some_and(Param::holds_nul)
    }
}

/// A row that can be read from both engines.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

enum BoundValues {
    Sqlite(SqliteArguments),
    Postgres(PgArguments),
}

impl BoundValues {
    fn for_link(link: &EngineConnection) -> Self {
        match link {
            EngineConnection::Sqlite(_) => Self::Sqlite(SqliteArguments::default()),
            EngineConnection::Postgres(..) => Self::Postgres(PgArguments::default()),
        }
    }

    fn add(&mut self, value: impl Param) -> Result<(), DbError> {
        let added = match self {
            Self::Sqlite(values) => values.add(value),
            Self::Postgres(values) => values.add(value),
        };
        added.map_err(|error| DbError::Statement(sqlx::Error::Encode(error).into()))
    }
}

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

    /// Collects several statements that return no rows; each numbers its parameters from `$1`.
    pub fn batch(&mut self) -> Batch<'_> {
        Batch::new(self)
    }

    /// Runs a statement of the executor itself, such as BEGIN.
    pub(super) async fn control(&mut self, sql: impl SqlSafeStr) -> Result<(), sqlx::Error> {
        match &mut self.0.link {
            EngineConnection::Sqlite(link) => sqlx::query(sql).execute(link).await.map(drop),
            EngineConnection::Postgres(link, _) => sqlx::raw_sql(sql).execute(link).await.map(drop),
        }
    }
}

impl Conn {
    /// A statement, with the same text for both engines and parameters `$1`, `$2`, ….
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query { sql, values: Ok(BoundValues::for_link(&self.link)), nul: false, conn: self }
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

/// A statement with its values.
#[must_use]
pub struct Query<'c> {
    conn: &'c mut Conn,
    sql: &'static str,
    values: Result<BoundValues, DbError>,
    /// Whether a text of the statement holds U+0000.
    nul: bool,
}

impl Query<'_> {
    /// Binds the next value: `$1` first, then `$2`, and so on.
    ///
    /// A statement that reads finds nothing by text with U+0000; every other statement with such text fails with
    /// [`DbError::Nul`]. Neither is sent to the database.
    pub fn bind(mut self, value: impl Param) -> Self {
        self.nul |= value.holds_nul();
        self.values = self.values.and_then(|mut values| values.add(value).map(|()| values));
        self
    }

    /// Runs the statement. Returns the number of rows that it changed.
    ///
    /// # Errors
    /// If a value cannot be bound, the statement fails or the connection is lost. The transaction then cannot commit.
    pub async fn execute(self) -> Result<u64, DbError> {
        if self.nul {
            return self.conn.remember(Err(DbError::Nul));
        }
        let result = match (&mut self.conn.link, self.values) {
            (EngineConnection::Sqlite(link), Ok(BoundValues::Sqlite(values))) => {
                sqlx::query_with(self.sql, values)
                    .execute(link)
                    .await
                    .map(|done| done.rows_affected())
                    .map_err(DbError::from)
            }
            (EngineConnection::Postgres(link, kind), Ok(BoundValues::Postgres(values))) => {
                sqlx::query_with(self.sql, values)
                    .persistent(kind.are_kept())
                    .execute(link)
                    .await
                    .map(|done| done.rows_affected())
                    .map_err(DbError::from)
            }
            (_, Err(error)) => Err(error),
            _ => Err(DbError::Stopped),
        };
        self.conn.remember(result)
    }

    /// Runs the statement. Returns its first row; `None` if it returns no rows.
    ///
    /// # Errors
    /// If a value cannot be bound, the statement fails or the connection is lost. The transaction then cannot commit.
    pub async fn optional<R: Record>(self) -> Result<Option<R>, DbError> {
        if self.nul {
            return self.without_rows().map(|()| None);
        }
        let result = match (&mut self.conn.link, self.values) {
            (EngineConnection::Sqlite(link), Ok(BoundValues::Sqlite(values))) => {
                sqlx::query_as_with::<_, R, _>(self.sql, values)
                    .fetch_optional(link)
                    .await
                    .map_err(DbError::from)
            }
            (EngineConnection::Postgres(link, kind), Ok(BoundValues::Postgres(values))) => {
                sqlx::query_as_with::<_, R, _>(self.sql, values)
                    .persistent(kind.are_kept())
                    .fetch_optional(link)
                    .await
                    .map_err(DbError::from)
            }
            (_, Err(error)) => Err(error),
            _ => Err(DbError::Stopped),
        };
        self.conn.remember(result)
    }

    /// Runs the statement. Returns all of its rows.
    ///
    /// # Errors
    /// If a value cannot be bound, the statement fails or the connection is lost. The transaction then cannot commit.
    pub async fn all<R: Record>(self) -> Result<Vec<R>, DbError> {
        if self.nul {
            return self.without_rows().map(|()| Vec::new());
        }
        let result = match (&mut self.conn.link, self.values) {
            (EngineConnection::Sqlite(link), Ok(BoundValues::Sqlite(values))) => {
                sqlx::query_as_with::<_, R, _>(self.sql, values).fetch_all(link).await.map_err(DbError::from)
            }
            (EngineConnection::Postgres(link, kind), Ok(BoundValues::Postgres(values))) => {
                sqlx::query_as_with::<_, R, _>(self.sql, values)
                    .persistent(kind.are_kept())
                    .fetch_all(link)
                    .await
                    .map_err(DbError::from)
            }
            (_, Err(error)) => Err(error),
            _ => Err(DbError::Stopped),
        };
        self.conn.remember(result)
    }
}

impl Query<'_> {
    /// What a statement with U+0000 comes to: `Ok` if it only reads, because no row has such text.
    fn without_rows(self) -> Result<(), DbError> {
        let only_reads = self.sql.trim_start().starts_with("SELECT");
        self.conn.remember(if only_reads { Ok(()) } else { Err(DbError::Nul) })
    }
}

/// Statements that are sent together: on SQLite as one text, which saves two thread hops for each; on PostgreSQL one by
/// one, because it refuses parameters in a joined text.
#[must_use]
pub struct Batch<'c> {
    conn: &'c mut Tx,
    plan: Plan,
    error: Option<DbError>,
}

enum Plan {
    Joined(String, SqliteArguments),
    Each(Vec<(&'static str, PgArguments)>),
}

impl<'c> Batch<'c> {
    fn new(conn: &'c mut Tx) -> Self {
        let plan = match &conn.0.link {
            EngineConnection::Sqlite(_) => {
                Plan::Joined(String::with_capacity(1024), SqliteArguments::default())
            }
            EngineConnection::Postgres(..) => Plan::Each(Vec::new()),
        };
        Self { conn, plan, error: None }
    }

    /// Adds a statement to the batch. Its parameters are numbered from `$1`.
    pub fn query(mut self, sql: &'static str) -> Self {
        match &mut self.plan {
            Plan::Joined(text, values) => join(text, sql, values.len()),
            Plan::Each(statements) => statements.push((sql, PgArguments::default())),
        }
        self
    }

    /// Binds a value to the last statement. With U+0000 in a text the batch fails with [`DbError::Nul`].
    pub fn bind(mut self, value: impl Param) -> Self {
        if value.holds_nul() {
            self.error.get_or_insert(DbError::Nul);
        }
        let added = match &mut self.plan {
            Plan::Joined(_, values) => values.add(value),
            Plan::Each(statements) => statements.last_mut().map_or(Ok(()), |(_, values)| values.add(value)),
        };
        if let Err(error) = added {
            self.error.get_or_insert(DbError::Statement(sqlx::Error::Encode(error).into()));
        }
        self
    }

    /// Runs the statements; without any, nothing is sent.
    ///
    /// # Errors
    /// If a value cannot be bound, the statement fails or the connection is lost. The transaction then cannot commit.
    pub async fn execute(self) -> Result<(), DbError> {
        let Self { conn, plan, error } = self;
        if let Some(error) = error {
            return conn.remember(Err(error));
        }
        let result = match (&mut conn.0.link, plan) {
            (_, Plan::Joined(sql, _)) if sql.is_empty() => Ok(()),
            // Joined from constant texts of this program; every value is bound.
            (EngineConnection::Sqlite(link), Plan::Joined(sql, values)) => {
                sqlx::query_with(AssertSqlSafe(sql), values).execute(link).await.map(drop)
            }
            (EngineConnection::Postgres(link, kind), Plan::Each(statements)) => {
                run_each(link, *kind, statements).await
            }
            _ => Err(sqlx::Error::PoolClosed),
        };
        conn.remember(result.map_err(DbError::from))
    }
}

async fn run_each(
    link: &mut PgConnection,
    kind: Statements,
    statements: Vec<(&'static str, PgArguments)>,
) -> Result<(), sqlx::Error> {
    for (sql, values) in statements {
        sqlx::query_with(sql, values).persistent(kind.are_kept()).execute(&mut *link).await?;
    }
    Ok(())
}

/// Appends a statement with its `$n` increased by `offset`.
fn join(text: &mut String, sql: &str, offset: usize) {
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('$') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = after.split_at(digits);
        let number = number.parse::<usize>().unwrap_or_default();
        text.push_str(before);
        text.push('$');
        text.push_str(&(number + offset).to_string());
        rest = after;
    }
    text.push_str(rest);
    text.push_str(";\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_joined_statements_are_renumbered() {
        let mut text = String::new();
        join(&mut text, "INSERT INTO a VALUES ($1, $2)", 0);
        join(&mut text, "UPDATE b SET x = $2 WHERE y = $1", 2);
        assert_eq!(text, "INSERT INTO a VALUES ($1, $2);\nUPDATE b SET x = $4 WHERE y = $3;\n");
    }
}
