//! A connection of either engine, with the operations that migrating needs.

use sqlx::Connection as _;
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;

use super::super::db::DatabaseRoute;
use crate::clock::Timestamp;

/// The operations that migrating needs on a connection of either engine.
pub(super) trait Migrating: Migrate + Sized {
    /// Lists the tables, except those of the engine and of extensions.
    const TABLES: &str;
    /// Whether a migration locks the whole database, so that no other process can migrate at the same time.
    const MIGRATES_ALONE: bool;
    /// The statement at the beginning of a transaction that must not wait long for locks, when the session cannot have
    /// this setting.
    const IMPATIENT: &str;

    /// Runs a statement that takes a holder's name and two times. Returns the number of changed rows.
    async fn lease(
        &mut self,
        sql: &'static str,
        holder: &str,
        times: [Timestamp; 2],
    ) -> Result<u64, sqlx::Error>;
    async fn plain(&mut self, sql: &'static str) -> Result<(), sqlx::Error>;
    /// Runs a query. Returns its texts.
    async fn texts(&mut self, sql: &'static str) -> Result<Vec<String>, sqlx::Error>;
    async fn migrate(&mut self, migrator: &Migrator) -> Result<(), MigrateError>;
    /// Runs `work` in one transaction, and leaves no prepared statement on the session.
    async fn together<T>(&mut self, work: impl AsyncFnOnce(&mut Self) -> T) -> Result<T, sqlx::Error>;
}

macro_rules! migrating {
    ($connection:ty, $alone:literal, $tables:literal, $impatient:expr) => {
        impl Migrating for $connection {
            const MIGRATES_ALONE: bool = $alone;
            const TABLES: &str = $tables;
            const IMPATIENT: &str = $impatient;

            async fn lease(
                &mut self,
                sql: &'static str,
                holder: &str,
                times: [Timestamp; 2],
            ) -> Result<u64, sqlx::Error> {
                let query = sqlx::query(sql).bind(holder.to_owned()).bind(times[0]).bind(times[1]);
                query.execute(self).await.map(|done| done.rows_affected())
            }

            async fn plain(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
                sqlx::raw_sql(sql).execute(self).await.map(drop)
            }

            async fn texts(&mut self, sql: &'static str) -> Result<Vec<String>, sqlx::Error> {
                sqlx::query_scalar(sql).fetch_all(self).await
            }

            async fn migrate(&mut self, migrator: &Migrator) -> Result<(), MigrateError> {
                migrator.run(self).await
            }

            async fn together<T>(
                &mut self,
                work: impl AsyncFnOnce(&mut Self) -> T,
            ) -> Result<T, sqlx::Error> {
                let mut tx = self.begin().await?;
                tx.plain(Self::IMPATIENT).await?;
                let done = work(&mut tx).await;
                tx.clear_cached_statements().await?;
                tx.commit().await?;
                Ok(done)
            }
        }
    };
}

migrating!(
    SqliteConnection,
    true,
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    ""
);
// Not from information_schema, which hides tables that the role has no privileges on.
migrating!(
    PgConnection,
    false,
    "SELECT relname::TEXT FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p')
         AND relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema())
         AND oid NOT IN (SELECT objid FROM pg_catalog.pg_depend WHERE deptype = 'e')
     ORDER BY relname",
    "SET LOCAL lock_timeout = '10s'"
);

/// A connection, and whether each unit of work must be one transaction on it.
pub(super) struct MigrationConnection<'a, M> {
    pub(super) connection: &'a mut M,
    pub(super) route: DatabaseRoute,
}

impl<M: Migrating> MigrationConnection<'_, M> {
    /// Runs `work`. Behind a pooler it is one transaction, because even a single statement is prepared first and then
    /// run, and the session may change in between.
    pub(super) async fn run<T>(&mut self, work: impl AsyncFnOnce(&mut M) -> T) -> Result<T, sqlx::Error> {
        match self.route {
            DatabaseRoute::Direct => Ok(work(self.connection).await),
            DatabaseRoute::Pooler => self.connection.together(work).await,
        }
    }
}
