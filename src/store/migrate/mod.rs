//! Migrates a database to this program's schema, one process at a time.

mod lease;
mod link;

use std::time::Instant;

use sqlx::migrate::{AppliedMigration, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, SqlStr};

pub use lease::this_process;

use super::db::{Cause, DatabaseFile, DatabaseServer, DbError, DbOptions, Engine};
use crate::clock::Timestamp;
use lease::MigrationTurn;
use link::{Migrating, MigrationConnection};

/// The number, the description and the text of every migration.
const MIGRATIONS: [(i64, &str, &str); 1] =
    [(1, "initial", include_str!("../../../migrations/0001_initial.sql"))];

/// Every migration of this program, in order.
fn migrations() -> Migrator {
    let migrations = MIGRATIONS.map(|(version, description, sql)| {
        let sql = SqlStr::from_static(sql);
        Migration::new(version, description.into(), MigrationType::Simple, sql, false)
    });
    let mut migrator = Migrator::with_migrations(migrations.into());
    // Our lease replaces the lock of sqlx.
    migrator.set_locking(false);
    // A later release may have migrated further; `refuse_newer` decides whether this one may continue.
    migrator.set_ignore_missing(true);
    migrator
}

/// Runs the pending migrations under a lease. Creates a SQLite file that does not exist; leaves databases of other
/// applications unchanged.
///
/// # Errors
/// If the database cannot be used, belongs to another application or requires a newer release, or another process
/// migrates for too long.
pub async fn run(options: &DbOptions, holder: &str, now: Timestamp) -> Result<(), DbError> {
    run_on(options, holder, now, NewDatabase::IsMade).await
}

/// Runs the pending migrations as [`run`] does, on a database that has been made already.
///
/// # Errors
/// [`DbError::NoDatabase`] if it has not been made; then nothing is changed. Otherwise as [`run`].
pub async fn run_on_existing(options: &DbOptions, holder: &str, now: Timestamp) -> Result<(), DbError> {
    run_on(options, holder, now, NewDatabase::IsRefused).await
}

/// What happens to a database without tables, and to a SQLite file that does not exist.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NewDatabase {
    IsMade,
    IsRefused,
}

async fn run_on(options: &DbOptions, holder: &str, now: Timestamp, new: NewDatabase) -> Result<(), DbError> {
    match options.engine()? {
        Engine::Sqlite => {
            let file = DatabaseFile::as_it_is(options)?;
            match new {
                NewDatabase::IsMade => file.make()?,
                NewDatabase::IsRefused if !file.is_there() => {
                    file.has_a_folder()?;
                    return Err(DbError::NoDatabase(options.what()));
                }
                NewDatabase::IsRefused => {}
            }
            let mut link = file.open().await?;
            let pending = pending(&mut link, &migrations(), &file.what()).await;
            link.close().await?;
            let pending = pending.map_err(|error| file.explained(error))?;
            if pending.is_empty() {
                return Ok(());
            }
            new.check(options, &pending)?;
            let made = DatabaseFile::of(options)?;
            let mut link = made.open().await?;
            let attempt = MigrationAttempt { options, holder, now, new, what: file.what() };
            attempt.migrate(&mut link, async || made.open().await).await?;
            // Closed here and not in the background, so that afterwards this process does not have the file open.
            Ok(link.close().await?)
        }
        Engine::Postgres => {
            let server = server(options)?;
            let attempt = MigrationAttempt { options, holder, now, new, what: server.what() };
            attempt.migrate(&mut server.open().await?, async || server.open().await).await
        }
    }
}

/// The versions and names of the migrations that [`run`] would run. Changes nothing, and creates no file.
///
/// # Errors
/// If the database cannot be used.
pub async fn plan(options: &DbOptions) -> Result<Vec<(i64, String)>, DbError> {
    let all = migrations();
    let pending = match options.engine()? {
        Engine::Sqlite => {
            let file = DatabaseFile::as_it_is(options)?;
            match file.is_there() {
                true => {
                    let pending = pending(&mut file.open().await?, &all, &file.what()).await;
                    pending.map_err(|error| file.explained(error))?
                }
                false => {
                    file.has_a_folder()?;
                    all.iter().cloned().collect()
                }
            }
        }
        Engine::Postgres => {
            let server = server(options)?;
            let mut link =
                MigrationConnection { connection: &mut server.open().await?, route: options.route };
            link.run(async |link| pending(link, &all, &server.what()).await).await??
        }
    };
    Ok(pending.into_iter().map(|one| (one.version, one.description.into_owned())).collect())
}

fn server(options: &DbOptions) -> Result<DatabaseServer, DbError> {
    Ok(DatabaseServer::of(options, "grantor migrate")?.unlimited())
}

/// How the schema of a database compares with this program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum SchemaStatus {
    Current,
    Older,
    /// Migrated by a newer release that this one may run beside.
    Newer,
    /// Not a database of this program: its history begins with another migration.
    Foreign,
}

/// How the schema of a database compares with this program's. Changes nothing.
///
/// # Errors
/// If the database cannot be read, or a newer release has migrated it and this one must not run beside it.
pub(in crate::store) async fn schema_status(options: &DbOptions) -> Result<SchemaStatus, DbError> {
    match options.engine()? {
        Engine::Sqlite => {
            let file = DatabaseFile::as_it_is(options)?;
            let mut link = file.open().await?;
            let schema_status = schema_status_of(&mut link, &file.what()).await;
            link.close().await?;
            schema_status.map_err(|error| file.explained(error))
        }
        Engine::Postgres => {
            let server = server(options)?;
            let mut link =
                MigrationConnection { connection: &mut server.open().await?, route: options.route };
            link.run(async |link| schema_status_of(link, &server.what()).await).await?
        }
    }
}

/// How the schema of a SQLite database that is already open compares with this program's.
pub(in crate::store) async fn schema_status_of_file(
    link: &mut SqliteConnection,
    what: &str,
) -> Result<SchemaStatus, DbError> {
    schema_status_of(link, what).await
}

/// Whether the database belongs to another application. `false` also if SQLite cannot read it.
pub(in crate::store) async fn is_foreign(link: &mut SqliteConnection) -> bool {
    matches!(history(link, &migrations()).await, Ok(History::Foreign(_)))
}

async fn schema_status_of(link: &mut impl Migrating, what: &str) -> Result<SchemaStatus, DbError> {
    let migrations = migrations();
    let history = history(link, &migrations).await;
    let all = match history.map_err(|source| DbError::Open { what: what.to_owned(), source })? {
        History::Ours(all) => all,
        History::Unreleased => return Err(DbError::UnreleasedSchema(what.to_owned())),
        History::New | History::Foreign(_) => return Ok(SchemaStatus::Foreign),
    };
    let known = migrations.iter().map(|known| (known.version, &known.checksum));
    let applied = all.iter().map(|applied| (applied.version, &applied.checksum));
    Ok(if refuse_newer(link, &all, &migrations).await? {
        SchemaStatus::Newer
    } else if known.eq(applied) {
        SchemaStatus::Current
    } else {
        SchemaStatus::Older
    })
}

/// A new database in memory, as the migrations leave it.
pub(in crate::store) async fn new_in_memory() -> Result<SqliteConnection, DbError> {
    let mut link = SqliteConnectOptions::new().in_memory(true).connect().await?;
    let migrated = migrations().run(&mut link).await;
    migrated.map_err(|error| DbError::Migrate { what: "in memory".into(), source: error.into() })?;
    Ok(link)
}

impl NewDatabase {
    /// An error if a database without any migration must not be made.
    fn check(self, options: &DbOptions, pending: &[Migration]) -> Result<(), DbError> {
        let is_new = pending.len() == migrations().iter().count();
        match self {
            Self::IsRefused if is_new => Err(DbError::NoDatabase(options.what())),
            _ => Ok(()),
        }
    }
}

/// One attempt of this process to migrate.
struct MigrationAttempt<'a> {
    options: &'a DbOptions,
    holder: &'a str,
    now: Timestamp,
    new: NewDatabase,
    what: String,
}

impl MigrationAttempt<'_> {
    /// `connect` makes one more connection, for a migration that takes long.
    async fn migrate<M: Migrating>(
        &self,
        connection: &mut M,
        connect: impl AsyncFn() -> Result<M, DbError>,
    ) -> Result<(), DbError> {
        let began = (self.now, Instant::now());
        let migrations = migrations();
        let mut link = MigrationConnection { connection, route: self.options.route };
        // The usual case. A command that only reads writes nothing, and a killed one leaves no lease behind.
        let pending = link.run(async |link| pending(link, &migrations, &self.what).await).await??;
        if pending.is_empty() {
            return Ok(());
        }
        self.new.check(self.options, &pending)?;
        let failed = |source| DbError::Migrate { what: self.what.clone(), source };
        let turn = MigrationTurn { holder: self.holder, lease: self.options.migration_lease, began };
        let taken = turn.take(&mut link, self.options.migration_timeout).await;
        taken.map_err(|error| match error {
            DbError::Statement(source) | DbError::Unavailable(source) => failed(source),
            error => error,
        })?;
        let migrated = tokio::select! {
            migrated = link.run(async |link| link.migrate(&migrations).await) => migrated?,
            () = turn.keep(self.options.route, connect) => return Err(DbError::MigrationTurnLost),
        };
        lease::give_back(&mut link, self.holder).await?;
        migrated.map_err(|error| failed(error.into()))
    }
}

/// The history of a database.
enum History {
    /// Empty, so that it may become ours.
    New,
    Ours(Vec<AppliedMigration>),
    /// The migrations of a build from before the first release, which this build does not contain.
    Unreleased,
    /// Another application's; contains the name of one of its tables.
    Foreign(String),
}

async fn history<M: Migrating>(link: &mut M, migrations: &Migrator) -> Result<History, Cause> {
    let name = &*migrations.table_name;
    let tables = link.texts(M::TABLES).await?;
    let applied = match tables.iter().any(|table| table == name) {
        true => link.list_applied_migrations(name).await?,
        false => Vec::new(),
    };
    let has_our_tables = OUR_TABLES.iter().all(|ours| tables.iter().any(|table| table == ours));
    // Both tables may exist before the first migration.
    let another = tables.into_iter().find(|table| table != name && table != "migration_lease");
    let Some(first) = applied.first() else { return Ok(another.map_or(History::New, History::Foreign)) };
    let known = migrations.iter().next();
    if known.is_some_and(|known| (known.version, &known.checksum) == (first.version, &first.checksum)) {
        return Ok(History::Ours(applied));
    }
    Ok(match another {
        Some(_) if has_our_tables => History::Unreleased,
        another => History::Foreign(another.unwrap_or_else(|| name.to_owned())),
    })
}

/// Tables that every build of Grantor has created. Another application hardly has all of them.
const OUR_TABLES: [&str; 3] = ["client_secrets", "server_keys", "signing_keys"];

/// The migrations that are missing in the database. An error if it is not ours, or if a newer release has migrated it
/// and this one must not run beside it.
async fn pending(
    link: &mut impl Migrating,
    migrations: &Migrator,
    what: &str,
) -> Result<Vec<Migration>, DbError> {
    let unusable = |why| Err(DbError::Unusable { what: what.to_owned(), why });
    let history = history(link, migrations).await;
    let applied = match history.map_err(|source| DbError::Open { what: what.to_owned(), source })? {
        History::New => Vec::new(),
        History::Ours(applied) => applied,
        History::Unreleased => return Err(DbError::UnreleasedSchema(what.to_owned())),
        History::Foreign(table) => {
            return unusable(format!(
                "it belongs to another application, with tables such as {table}; give Grantor one of its own"
            ));
        }
    };
    refuse_newer(link, &applied, migrations).await?;
    let of = |version: i64| applied.iter().find(|applied| applied.version == version);
    if let Some(changed) = migrations
        .iter()
        .find(|known| of(known.version).is_some_and(|applied| applied.checksum != known.checksum))
    {
        let version = changed.version;
        return unusable(format!("its migration {version} is not the one of this release"));
    }
    Ok(migrations.iter().filter(|known| of(known.version).is_none()).cloned().collect())
}

/// Whether a newer release has migrated the schema. An error if this release must not run beside it.
async fn refuse_newer(
    link: &mut impl Migrating,
    applied: &[AppliedMigration],
    migrations: &Migrator,
) -> Result<bool, DbError> {
    let is_known = |version: i64| migrations.iter().any(|known| known.version == version);
    let versions = applied.iter().map(|applied| applied.version);
    let Some(newer) = versions.filter(|version| !is_known(*version)).max() else { return Ok(false) };
    let oldest = link.texts(OLDEST_RELEASE).await.unwrap_or_default().into_iter().next();
    if oldest.as_deref().is_some_and(|oldest| is_at_least(RELEASE, oldest)) {
        return Ok(true);
    }
    Err(DbError::NewerSchema { migration: newer, oldest: oldest.unwrap_or_else(|| "later".into()) })
}

/// The release of this program, and the query for the oldest release that may use the schema.
const RELEASE: &str = env!("CARGO_PKG_VERSION");
const OLDEST_RELEASE: &str = "SELECT oldest_release FROM schema_requirement WHERE id = 1";

/// Whether a release is the same as another one or later. A text that is not a release counts as later than all.
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
