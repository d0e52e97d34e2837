//! Brings a database to this program's schema, one process at a time.

use sqlx::ConnectOptions as _;
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::SqliteConnection;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

use super::db::{DatabaseFile, DbError, DbOptions, Engine};
use crate::clock::Seconds;

/// Every migration of this program, in order.
fn migrations() -> Migrator {
    let mut migrator = sqlx::migrate!("./migrations");
    // The lease stands for the lock.
    migrator.set_locking(false);
    migrator
}

/// How long a process that dies in the middle keeps others from migrating.
const LEASE_SECONDS: Seconds = 60;
/// How long to wait for another process that migrates.
const ATTEMPTS: u32 = 120;
const PAUSE: Duration = Duration::from_millis(500);

/// Runs what is missing, under a lease row on a direct connection: an advisory lock fails through a
/// connection pooler in transaction mode. Creates a SQLite file that does not exist.
pub async fn run(options: &DbOptions, holder: &str, now: Seconds) -> Result<(), DbError> {
    match options.engine()? {
        Engine::Sqlite => {
            let path = options.sqlite_path().ok_or(DbError::Url("it must name a file"))?;
            create_private(&path);
            let mut link = DatabaseFile::of(options)?.open().await?;
            under_lease(&mut link, holder, now).await
        }
        Engine::Postgres => {
            let connect = PgConnectOptions::from_str(&options.url)
                .map_err(|_| {
                    DbError::Url("it is not of the form postgres://user:password@host:port/database")
                })?
                .application_name("grantor migrate")
                .disable_statement_logging();
            let what = format!(
                "{} at {}:{}",
                connect.get_database().unwrap_or_default(),
                connect.get_host(),
                connect.get_port()
            );
            let mut link = connect.connect().await.map_err(|source| DbError::Open { what, source })?;
            under_lease(&mut link, holder, now).await
        }
    }
}

/// Makes the file readable by its owner alone: it holds hashes of passwords. SQLite gives its journal the same mode.
fn create_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Whatever is wrong with the path, opening the database says it better.
    let _ = options.open(path);
}

/// What migrating needs of a connection of either engine.
trait Migrating: Migrate + Sized {
    /// Runs a statement that takes a holder's name and two times; the number of rows that it changed.
    async fn lease(
        &mut self,
        sql: &'static str,
        holder: &str,
        times: [Seconds; 2],
    ) -> Result<u64, sqlx::Error>;
    async fn plain(&mut self, sql: &'static str) -> Result<(), sqlx::Error>;
    async fn migrate(&mut self, migrator: &Migrator) -> Result<(), MigrateError>;
}

macro_rules! migrating {
    ($connection:ty) => {
        impl Migrating for $connection {
            async fn lease(
                &mut self,
                sql: &'static str,
                holder: &str,
                times: [Seconds; 2],
            ) -> Result<u64, sqlx::Error> {
                let query = sqlx::query(sql).bind(holder.to_owned()).bind(times[0]).bind(times[1]);
                query.execute(self).await.map(|done| done.rows_affected())
            }

            async fn plain(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
                sqlx::raw_sql(sql).execute(self).await.map(drop)
            }

            async fn migrate(&mut self, migrator: &Migrator) -> Result<(), MigrateError> {
                migrator.run(self).await
            }
        }
    };
}

migrating!(SqliteConnection);
migrating!(PgConnection);

async fn under_lease(link: &mut impl Migrating, holder: &str, now: Seconds) -> Result<(), DbError> {
    let migrations = migrations();
    // Nearly always: a command that only looks writes nothing, and one that is killed leaves no lease behind.
    if is_current(link, &migrations).await {
        return Ok(());
    }
    take_lease(link, holder, now).await?;
    let migrated = link.migrate(&migrations).await;
    link.lease(
        "UPDATE migration_lease SET ends_at = $2 WHERE id = 1 AND holder = $1 AND ends_at <> $3",
        holder,
        [0, 0],
    )
    .await?;
    migrated.map_err(|error| match error {
        MigrateError::VersionMissing(version) => DbError::NewerSchema(version),
        error => DbError::Migrate(error),
    })
}

/// Whether exactly these migrations were applied; not, when that cannot be told.
async fn is_current(link: &mut impl Migrating, migrations: &Migrator) -> bool {
    let Ok(None) = link.dirty_version(&migrations.table_name).await else { return false };
    let Ok(applied) = link.list_applied_migrations(&migrations.table_name).await else { return false };
    let applied = applied.iter().map(|applied| (applied.version, &applied.checksum));
    applied.eq(migrations.iter().map(|known| (known.version, &known.checksum)))
}

async fn take_lease(link: &mut impl Migrating, holder: &str, now: Seconds) -> Result<(), DbError> {
    let create = "CREATE TABLE IF NOT EXISTS migration_lease (
        id BIGINT PRIMARY KEY, holder TEXT NOT NULL, ends_at BIGINT NOT NULL)";
    // Two processes that create it at once: PostgreSQL fails one of them, which then finds it there.
    if link.plain(create).await.is_err() {
        link.plain(create).await?;
    }
    let take = "INSERT INTO migration_lease (id, holder, ends_at) VALUES (1, $1, $2)
        ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at
        WHERE migration_lease.ends_at < $3";
    for attempt in 0..ATTEMPTS {
        let waited = Seconds::from(attempt) * Seconds::try_from(PAUSE.as_millis()).unwrap_or_default() / 1000;
        let now = now + waited;
        if link.lease(take, holder, [now + LEASE_SECONDS, now]).await? == 1 {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(DbError::MigrationLease)
}
