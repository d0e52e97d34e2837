//! SQLite's answer to a statement.

use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteQueryResult, SqliteRow};
use sqlx::{Either, Error, Executor as _, FromRow, SqlSafeStr};

/// The rows of a statement, and then how many rows it has changed; of joined statements, one after the other.
///
/// The thread of the connection closes the answer a moment after it has said that the statement is done. No caller waits for
/// that, because its thread would fall asleep and be woken once more for each statement.
pub(super) struct SqliteAnswer<'e>(BoxStream<'e, Result<Either<SqliteQueryResult, SqliteRow>, Error>>);

impl<'e> SqliteAnswer<'e> {
    /// Sends a statement with its values. It runs as soon as its answer is read.
    pub(super) fn to(
        link: &'e mut SqliteConnection,
        sql: impl SqlSafeStr + 'e,
        values: SqliteArguments,
    ) -> Self {
        Self(link.fetch_many(sqlx::query_with(sql, values)))
    }

    /// The next row, or the number of rows that the statement has changed.
    async fn next(&mut self) -> Result<Either<u64, SqliteRow>, Error> {
        let part = self.0.try_next().await?.ok_or(Error::WorkerCrashed)?;
        Ok(part.map_left(|done| done.rows_affected()))
    }

    /// The number of rows that the statement has changed.
    ///
    /// # Errors
    /// If the statement fails.
    pub(super) async fn changed(&mut self) -> Result<u64, Error> {
        loop {
            if let Either::Left(changed) = self.next().await? {
                return Ok(changed);
            }
        }
    }

    /// The first row; `None` if the statement returns no rows.
    ///
    /// # Errors
    /// If the statement fails or the row has another form.
    pub(super) async fn first<R: for<'r> FromRow<'r, SqliteRow>>(mut self) -> Result<Option<R>, Error> {
        self.next().await?.right().map(|row| R::from_row(&row)).transpose()
    }

    /// All rows.
    ///
    /// # Errors
    /// If the statement fails or a row has another form.
    pub(super) async fn all<R: for<'r> FromRow<'r, SqliteRow>>(mut self) -> Result<Vec<R>, Error> {
        let mut rows = Vec::new();
        while let Either::Right(row) = self.next().await? {
            rows.push(R::from_row(&row)?);
        }
        Ok(rows)
    }
}
