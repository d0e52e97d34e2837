//! Brings a database to this program's schema, one process at a time.

use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migration, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use std::path::Path;
use std::time::Duration;

use super::db::{DatabaseFile, DatabaseServer, DbError, DbOptions, Engine, Route};
use crate::clock::Seconds;

/// Every migration of this program, in order.
fn migrations() -> Migrator {
    let mut migrator = sqlx::migrate!("./migrations");
    // The lease stands for the lock.
    migrator.set_locking(false);
    // A later release may have migrated further; whether this one may go on is decided before.
    migrator.set_ignore_missing(true);
    migrator
}

/// How long a process that dies in the middle keeps others from migrating.
const LEASE_SECONDS: Seconds = 60;
/// How long to wait for another process that migrates.
const ATTEMPTS: u32 = 120;
const PAUSE: Duration = Duration::from_millis(500);

/// Runs what is missing, under a lease row: an advisory lock belongs to a session, which a pooler lends to others.
/// Creates a SQLite file that does not exist.
pub async fn run(options: &DbOptions, holder: &str, now: Seconds) -> Result<(), DbError> {
    match options.engine()? {
        Engine::Sqlite => {
            let path = options.sqlite_path().ok_or(DbError::Url("must name a file".into()))?;
            create_private(&path);
            let mut link = DatabaseFile::of(options)?.open().await?;
            under_lease(&mut link, Route::Direct, holder, now).await?;
            // Closed when this returns, and not some time later: then nobody has the file open.
            Ok(link.close().await?)
        }
        Engine::Postgres => under_lease(&mut postgres(options).await?, options.route, holder, now).await,
    }
}

/// What [`run`] would do: the migrations by number and name. Nothing is changed, and no file made.
pub async fn plan(options: &DbOptions) -> Result<Vec<(i64, String)>, DbError> {
    let all = migrations();
    let pending = match options.engine()? {
        Engine::Sqlite if !options.sqlite_path().is_some_and(|path| path.exists()) => None,
        Engine::Sqlite => pending(&mut DatabaseFile::of(options)?.open().await?, &all).await?,
        Engine::Postgres => {
            let mut link = Link { connection: &mut postgres(options).await?, route: options.route };
            link.run(async |link| pending(link, &all).await).await??
        }
    };
    let pending = pending.unwrap_or_else(|| all.iter().cloned().collect());
    Ok(pending.into_iter().map(|one| (one.version, one.description.into_owned())).collect())
}

async fn postgres(options: &DbOptions) -> Result<PgConnection, DbError> {
    DatabaseServer::of(options, "grantor migrate")?.unlimited().open().await
}

/// How a database's schema stands to this program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Standing {
    Current,
    Older,
    /// Of a newer release beside which this one may run.
    Newer,
    /// It did not begin with this program's first migration.
    Foreign,
}

/// Looks without changing anything; an error when a newer release beside which this one must not run has been at it.
pub(in crate::store) async fn standing(options: &DbOptions) -> Result<Standing, DbError> {
    match options.engine()? {
        Engine::Sqlite => {
            let mut link = DatabaseFile::as_it_is(options)?.open().await?;
            let standing = standing_of(&mut link).await;
            link.close().await?;
            standing
        }
        Engine::Postgres => {
            let mut link = Link { connection: &mut postgres(options).await?, route: options.route };
            link.run(async |link| standing_of(link).await).await?
        }
    }
}

/// The same of a SQLite database that is open already.
pub(in crate::store) async fn standing_of_file(link: &mut SqliteConnection) -> Result<Standing, DbError> {
    standing_of(link).await
}

async fn standing_of(link: &mut impl Migrating) -> Result<Standing, DbError> {
    let migrations = migrations();
    let all = link.list_applied_migrations(&migrations.table_name).await.unwrap_or_default();
    let known = || migrations.iter().map(|known| (known.version, &known.checksum));
    let applied = || all.iter().map(|applied| (applied.version, &applied.checksum));
    if applied().next().is_none() || applied().next() != known().next() {
        return Ok(Standing::Foreign);
    }
    Ok(if refuse_newer(link, &all, &migrations).await? {
        Standing::Newer
    } else if known().eq(applied()) {
        Standing::Current
    } else {
        Standing::Older
    })
}

/// What every database is before anybody uses it.
pub(in crate::store) async fn new_in_memory() -> Result<SqliteConnection, DbError> {
    let mut link = SqliteConnectOptions::new().in_memory(true).connect().await?;
    migrations().run(&mut link).await.map_err(DbError::Migrate)?;
    Ok(link)
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
    /// The one text that a query gives.
    async fn text(&mut self, sql: &'static str) -> Result<Option<String>, sqlx::Error>;
    async fn migrate(&mut self, migrator: &Migrator) -> Result<(), MigrateError>;
    /// Runs `work` in one transaction, and leaves nothing of it on the session.
    async fn together<T>(&mut self, work: impl AsyncFnOnce(&mut Self) -> T) -> Result<T, sqlx::Error>;
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

            async fn text(&mut self, sql: &'static str) -> Result<Option<String>, sqlx::Error> {
                sqlx::query_scalar(sql).fetch_optional(self).await
            }

            async fn migrate(&mut self, migrator: &Migrator) -> Result<(), MigrateError> {
                migrator.run(self).await
            }

            async fn together<T>(
                &mut self,
                work: impl AsyncFnOnce(&mut Self) -> T,
            ) -> Result<T, sqlx::Error> {
                let mut tx = self.begin().await?;
                let done = work(&mut tx).await;
                tx.clear_cached_statements().await?;
                tx.commit().await?;
                Ok(done)
            }
        }
    };
}

migrating!(SqliteConnection);
migrating!(PgConnection);

/// A connection, and whether what belongs together must be one transaction on it.
struct Link<'a, M> {
    connection: &'a mut M,
    route: Route,
}

impl<M: Migrating> Link<'_, M> {
    /// Runs `work`; behind a pooler as one transaction, since even one statement is prepared first and run then, and the
    /// session may be another one in between.
    async fn run<T>(&mut self, work: impl AsyncFnOnce(&mut M) -> T) -> Result<T, sqlx::Error> {
        match self.route {
            Route::Direct => Ok(work(self.connection).await),
            Route::Pooler => self.connection.together(work).await,
        }
    }
}

async fn under_lease(
    connection: &mut impl Migrating,
    route: Route,
    holder: &str,
    now: Seconds,
) -> Result<(), DbError> {
    let migrations = migrations();
    let mut link = Link { connection, route };
    // Nearly always: a command that only looks writes nothing, and one that is killed leaves no lease behind.
    if link.run(async |link| pending(link, &migrations).await).await??.is_some_and(|it| it.is_empty()) {
        return Ok(());
    }
    take_lease(&mut link, holder, now).await?;
    let migrated = link.run(async |link| link.migrate(&migrations).await).await?;
    let give_back = "UPDATE migration_lease SET ends_at = $2 WHERE id = 1 AND holder = $1 AND ends_at <> $3";
    link.run(async |link| link.lease(give_back, holder, [0, 0]).await).await??;
    migrated.map_err(DbError::Migrate)
}

/// The migrations that this program has and the database has not; `None` when that cannot be told.
///
/// An error when the database has others, of a release beside which this one must not run.
async fn pending<M: Migrating>(
    link: &mut M,
    migrations: &Migrator,
) -> Result<Option<Vec<Migration>>, DbError> {
    let Ok(None) = link.dirty_version(&migrations.table_name).await else { return Ok(None) };
    let Ok(applied) = link.list_applied_migrations(&migrations.table_name).await else { return Ok(None) };
    refuse_newer(link, &applied, migrations).await?;
    let known = |version: i64| migrations.iter().find(|known| known.version == version);
    let is_changed = |applied: &AppliedMigration| {
        known(applied.version).is_some_and(|known| known.checksum != applied.checksum)
    };
    if applied.iter().any(is_changed) {
        return Ok(None);
    }
    let is_applied = |known: &&Migration| applied.iter().any(|applied| applied.version == known.version);
    Ok(Some(migrations.iter().filter(|known| !is_applied(known)).cloned().collect()))
}

/// Whether a newer release has been at the schema; an error if this one must not run beside it.
async fn refuse_newer(
    link: &mut impl Migrating,
    applied: &[AppliedMigration],
    migrations: &Migrator,
) -> Result<bool, DbError> {
    let is_known = |version: i64| migrations.iter().any(|known| known.version == version);
    let versions = applied.iter().map(|applied| applied.version);
    let Some(newer) = versions.filter(|version| !is_known(*version)).max() else { return Ok(false) };
    let oldest = link.text(OLDEST_RELEASE).await.unwrap_or_default();
    if oldest.as_deref().is_some_and(|oldest| is_at_least(RELEASE, oldest)) {
        return Ok(true);
    }
    Err(DbError::NewerSchema { migration: newer, oldest: oldest.unwrap_or_else(|| "later".into()) })
}

/// This program's release, and what a schema says of the oldest one that may use it.
const RELEASE: &str = env!("CARGO_PKG_VERSION");
const OLDEST_RELEASE: &str = "SELECT oldest_release FROM schema_requirement WHERE id = 1";

/// Whether a release is another one or a later one; what is no release is later than all.
fn is_at_least(release: &str, other: &str) -> bool {
    let numbers = |text: &str| -> Option<[u64; 3]> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        Some([parts.next()??, parts.next()??, parts.next()??])
    };
    match (numbers(release), numbers(other)) {
        (Some(release), Some(other)) => release >= other,
        _ => false,
    }
}

async fn take_lease(link: &mut Link<'_, impl Migrating>, holder: &str, now: Seconds) -> Result<(), DbError> {
    let create = "CREATE TABLE IF NOT EXISTS migration_lease (
        id BIGINT PRIMARY KEY, holder TEXT NOT NULL, ends_at BIGINT NOT NULL)";
    // Two processes that create it at once: PostgreSQL fails one of them, which then finds it there.
    if link.connection.plain(create).await.is_err() {
        link.connection.plain(create).await?;
    }
    let take = "INSERT INTO migration_lease (id, holder, ends_at) VALUES (1, $1, $2)
        ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at
        WHERE migration_lease.ends_at < $3";
    for attempt in 0..ATTEMPTS {
        let waited = Seconds::from(attempt) * Seconds::try_from(PAUSE.as_millis()).unwrap_or_default() / 1000;
        let now = now + waited;
        let times = [now + LEASE_SECONDS, now];
        if link.run(async |link| link.lease(take, holder, times).await).await?? == 1 {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(DbError::MigrationLease)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_number_by_number() {
        assert!(is_at_least("0.10.0", "0.9.9") && is_at_least("1.0.0", "1.0.0"));
        assert!(!is_at_least("0.9.9", "0.10.0"));
        assert!(
            !is_at_least("1.0.0", "soon") && !is_at_least("1.0.0", "1.0"),
            "what is none is later than all"
        );
    }
}
