//! The source or the target of a copy: a connection of either engine that reads and writes whole tables.

use futures_util::StreamExt as _;
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Connection as _, Row as _};

use super::super::db::{DatabaseFile, DatabaseServer, DbError, DbOptions, Engine};
use super::super::tables::{ALL, Column, Table};
use super::value::{Checksum, Row, Value};

/// Rows in one statement: few enough for SQLite's limit of 32,766 parameters.
const BATCH: usize = 200;

pub(super) enum CopyEnd {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

macro_rules! with {
    ($end:expr, $link:ident => $work:expr) => {
        match $end {
            CopyEnd::Sqlite($link) => $work,
            CopyEnd::Postgres($link) => $work,
        }
    };
}

/// Binds a value with the type of its column, because PostgreSQL needs the type of NULL as well.
macro_rules! bind {
    ($bound:ident, $column:expr, $value:expr) => {
        match ($column, $value) {
            (_, Value::Text(text)) => $bound.add(text),
            (_, Value::Integer(number)) => $bound.add(number),
            (_, Value::Boolean(is_true)) => $bound.add(is_true),
            (_, Value::Bytes(bytes)) => $bound.add(bytes),
            (Column::Text(_), Value::Null) => $bound.add(None::<String>),
            (Column::Integer(_), Value::Null) => $bound.add(None::<i64>),
            (Column::Boolean(_), Value::Null) => $bound.add(None::<bool>),
            (Column::Bytes(_), Value::Null) => $bound.add(None::<Vec<u8>>),
        }
        .map_err(|error| DbError::Statement(sqlx::Error::Encode(error).into()))
    };
}

impl CopyEnd {
    /// Connects to an existing database for reading. The journal mode of a SQLite file does not change.
    pub(super) async fn source(options: &DbOptions) -> Result<Self, DbError> {
        match options.engine()? {
            Engine::Sqlite => Ok(Self::Sqlite(DatabaseFile::as_it_is(options)?.open().await?)),
            Engine::Postgres => Self::target(options).await,
        }
    }

    /// Connects to an existing database for writing.
    pub(super) async fn target(options: &DbOptions) -> Result<Self, DbError> {
        Ok(match options.engine()? {
            Engine::Sqlite => Self::Sqlite(DatabaseFile::of(options)?.open().await?),
            Engine::Postgres => {
                Self::Postgres(DatabaseServer::of(options, "grantor copy")?.unlimited().open().await?)
            }
        })
    }

    /// Begins a transaction in which all reads see one state.
    pub(super) async fn begin_reading(&mut self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(_) => self.run("BEGIN").await,
            Self::Postgres(_) => {
                self.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                self.take_time().await
            }
        }
    }

    /// Begins a transaction in which no one else can write. Its changes become visible together at the commit, or not
    /// at all.
    pub(super) async fn begin_writing(&mut self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(_) => self.run("BEGIN IMMEDIATE").await,
            Self::Postgres(_) => {
                self.run("BEGIN").await?;
                self.take_time().await?;
                let names: Vec<&str> = ALL.iter().map(|table| table.name).collect();
                self.run(format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", names.join(", "))).await
            }
        }
    }

    /// Removes time limits of the role: a copy takes longer than a request.
    async fn take_time(&mut self) -> Result<(), DbError> {
        self.run("SET LOCAL statement_timeout = 0").await?;
        self.run("SET LOCAL idle_in_transaction_session_timeout = 0").await
    }

    /// Commits, and closes the connection.
    pub(super) async fn commit(mut self) -> Result<(), DbError> {
        self.run("COMMIT").await?;
        self.close().await
    }

    pub(super) async fn close(self) -> Result<(), DbError> {
        with!(self, link => link.close().await?);
        Ok(())
    }

    /// Whether a server is connected to the database. Always `false` on SQLite, which cannot tell.
    pub(super) async fn has_a_server(&mut self) -> Result<bool, DbError> {
        let Self::Postgres(link) = self else { return Ok(false) };
        let servers = "SELECT COUNT(*) FROM pg_stat_activity
                       WHERE datname = current_database()
                           AND (application_name = 'grantor' OR application_name LIKE 'grantor: %')";
        let servers: i64 = sqlx::query_scalar(servers).fetch_one(link).await?;
        Ok(servers > 0)
    }

    /// The number of rows of a table.
    pub(super) async fn count(&mut self, table: &Table) -> Result<u64, DbError> {
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {}", table.name));
        let count: i64 = with!(self, link => sqlx::query_scalar(sql).fetch_one(link).await?);
        Ok(count.unsigned_abs())
    }

    /// Deletes all rows of a table.
    pub(super) async fn clear(&mut self, table: &Table) -> Result<(), DbError> {
        self.run(format!("DELETE FROM {}", table.name)).await
    }

    /// The checksum of all rows of a table.
    pub(super) async fn checksum(&mut self, table: &Table) -> Result<Checksum, DbError> {
        let mut checksum = Checksum::default();
        let add = async |rows: Vec<Row>| {
            rows.iter().for_each(|row| checksum.add(row));
            Ok(())
        };
        self.read(table, add).await?;
        Ok(checksum)
    }

    /// Passes all rows of a table to `take`, in batches.
    pub(super) async fn read(
        &mut self,
        table: &Table,
        mut take: impl AsyncFnMut(Vec<Row>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let sql = AssertSqlSafe(format!("SELECT {} FROM {}", names(table), table.name));
        with!(self, link => {
            let rows = sqlx::query(sql).fetch(link).map(|row| row.and_then(|row| row.values(table)));
            let mut batches = rows.chunks(BATCH);
            while let Some(batch) = batches.next().await {
                take(batch.into_iter().collect::<Result<_, _>>()?).await?;
            }
        });
        Ok(())
    }

    /// Writes rows to a table.
    pub(super) async fn write(&mut self, table: &Table, rows: Vec<Row>) -> Result<(), DbError> {
        let sql = AssertSqlSafe(insertion(table, rows.len()));
        let values = rows.into_iter().flat_map(|row| table.columns.iter().zip(row));
        match self {
            Self::Sqlite(link) => {
                let mut bound = SqliteArguments::default();
                values.into_iter().try_for_each(|(column, value)| bind!(bound, *column, value))?;
                sqlx::query_with(sql, bound).execute(link).await?;
            }
            Self::Postgres(link) => {
                let mut bound = PgArguments::default();
                values.into_iter().try_for_each(|(column, value)| bind!(bound, *column, value))?;
                sqlx::query_with(sql, bound).execute(link).await?;
            }
        }
        Ok(())
    }

    /// Runs a statement that contains only names from this program.
    async fn run(&mut self, sql: impl Into<String>) -> Result<(), DbError> {
        let sql = AssertSqlSafe(sql.into());
        with!(self, link => sqlx::raw_sql(sql).execute(link).await.map(drop)?);
        Ok(())
    }
}

/// Reads the values of a row of either engine.
trait Values {
    fn values(&self, table: &Table) -> Result<Row, sqlx::Error>;
}

macro_rules! values {
    ($row:ty) => {
        impl Values for $row {
            fn values(&self, table: &Table) -> Result<Row, sqlx::Error> {
                let value = |(at, column): (usize, &Column)| {
                    Ok(match column {
                        Column::Text(_) => self.try_get::<Option<_>, _>(at)?.map(Value::Text),
                        Column::Integer(_) => self.try_get::<Option<_>, _>(at)?.map(Value::Integer),
                        Column::Boolean(_) => self.try_get::<Option<_>, _>(at)?.map(Value::Boolean),
                        Column::Bytes(_) => self.try_get::<Option<_>, _>(at)?.map(Value::Bytes),
                    }
                    .unwrap_or(Value::Null))
                };
                table.columns.iter().enumerate().map(value).collect()
            }
        }
    };
}

values!(SqliteRow);
values!(PgRow);

/// The names of the columns, so that their order in the database does not matter.
fn names(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name()).collect();
    names.join(", ")
}

fn insertion(table: &Table, rows: usize) -> String {
    let width = table.columns.len();
    let row = |row: usize| {
        let places: Vec<String> = (1..=width).map(|at| format!("${}", row * width + at)).collect();
        format!("({})", places.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("INSERT INTO {} ({}) VALUES {}", table.name, names(table), rows.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_statement_has_more_parameters_than_sqlite_takes() {
        for table in ALL {
            assert!(table.columns.len() * BATCH <= 32_766, "{}", table.name);
        }
    }

    #[test]
    fn parameters_are_numbered_across_rows() {
        let table = Table { name: "t", columns: &[Column::Text("a"), Column::Integer("b")] };
        assert_eq!(insertion(&table, 2), "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)");
    }
}
