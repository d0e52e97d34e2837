//! SQLite database files: copying one in use, checking a copy, and keeping others from using a file.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::db::{DatabaseFile, DbError, FileKind, beginning};
use super::migrate::{self, SchemaStatus};

/// How long to wait for another process that is just finishing.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The content of a valid copy.
#[derive(Clone, Debug)]
pub struct BackupContents {
    pub tables: usize,
    pub rows: i64,
    /// The server's root key, encrypted with the master key; `None` for a database that no server has used.
    pub sealed_root: Option<Vec<u8>>,
}

/// Why a file is not a usable database.
#[derive(Debug, thiserror::Error)]
pub enum UnfitDatabase {
    #[error("is not a SQLite database")]
    NotSqlite,
    #[error("is a SQLite database, but not one of Grantor")]
    Foreign,
    #[error("was made by an unreleased build of Grantor, and this build cannot read it")]
    Unreleased,
    #[error("is damaged: {0}")]
    Damaged(String),
    #[error("cannot be read")]
    Unreadable(#[source] std::io::Error),
    #[error("cannot be used")]
    Database(#[from] DbError),
}

impl From<sqlx::Error> for UnfitDatabase {
    fn from(error: sqlx::Error) -> Self {
        // NOTADB and CORRUPT, in any form.
        match code(&error).map(|code| code & 0xff) {
            Some(11 | 26) => {
                Self::Damaged(error.as_database_error().map(|it| it.message().to_owned()).unwrap_or_default())
            }
            _ => Self::Database(error.into()),
        }
    }
}

/// Writes one consistent state of the database `from` into the empty file `to`, while others use the database.
///
/// # Errors
/// If the database cannot be read or the file cannot be written.
pub async fn take(from: &Path, to: &Path) -> Result<(), DbError> {
    let to = to.to_str().ok_or(DbError::Url("must be text in UTF-8".into()))?.to_owned();
    let mut link = file(from).open().await?;
    let taken = sqlx::query("VACUUM INTO $1").bind(to).execute(&mut link).await;
    taken.map_err(|error| match code(&error) {
        Some(code) if matches!(code & 0xff, 11 | 26) => file(from).not_opened(error),
        _ => error.into(),
    })?;
    Ok(link.close().await?)
}

/// Reads a whole copy and checks it. Returns its content.
///
/// # Errors
/// If it is damaged, not SQLite, or not a database of this program.
pub async fn examine(path: &Path) -> Result<BackupContents, UnfitDatabase> {
    if beginning(path).map_err(UnfitDatabase::Unreadable)? != FileKind::Sqlite {
        return Err(UnfitDatabase::NotSqlite);
    }
    let mut link = options(path).connect().await?;
    let findings: Vec<(String,)> = sqlx::query_as("PRAGMA integrity_check(3)").fetch_all(&mut link).await?;
    let findings: Vec<String> = findings.into_iter().map(|(finding,)| finding).collect();
    if findings != ["ok"] {
        return Err(UnfitDatabase::Damaged(findings.join("; ").replace('\n', " ")));
    }
    match migrate::schema_status_of_file(&mut link, &path.display().to_string()).await {
        Ok(SchemaStatus::Foreign) => return Err(UnfitDatabase::Foreign),
        Err(DbError::UnreleasedSchema(_)) => return Err(UnfitDatabase::Unreleased),
        Err(error) => return Err(error.into()),
        Ok(_) => {}
    }
    let names: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
             AND name NOT IN ('_sqlx_migrations', 'migration_lease')",
    )
    .fetch_all(&mut link)
    .await?;
    let mut rows = 0;
    for (name,) in &names {
        // The table names come from a database of this program.
        let count = AssertSqlSafe(format!("SELECT COUNT(*) FROM \"{name}\""));
        let (count,): (i64,) = sqlx::query_as(count).fetch_one(&mut link).await?;
        rows += count;
    }
    let root: Option<(Vec<u8>,)> =
        sqlx::query_as("SELECT sealed FROM server_keys WHERE id = 'root'").fetch_optional(&mut link).await?;
    link.close().await?;
    Ok(BackupContents { tables: names.len(), rows, sealed_root: root.map(|(sealed,)| sealed) })
}

/// A database file without a journal that no one else can open while this value lives.
pub struct LockedDatabase {
    _link: SqliteConnection,
}

/// Whether a database is in use.
pub enum DatabaseUse {
    Nobody(LockedDatabase),
    Somebody,
    /// The database belongs to another application.
    Another,
    /// SQLite cannot read the file, so it cannot tell.
    Unknown,
}

/// Locks a database against all other users, unless one has it open already.
pub async fn hold(path: &Path) -> DatabaseUse {
    // Files beside an unreadable one would be lost: SQLite deletes the journal of a file that it cannot read.
    if !beginning(path).is_ok_and(|it| it == FileKind::Sqlite) {
        return DatabaseUse::Unknown;
    }
    match held(path).await {
        Ok(Some(held)) => DatabaseUse::Nobody(held),
        Ok(None) => DatabaseUse::Another,
        // BUSY and LOCKED, in any form.
        Err(error) if matches!(code(&error).map(|code| code & 0xff), Some(5 | 6)) => DatabaseUse::Somebody,
        Err(_) => DatabaseUse::Unknown,
    }
}

async fn held(path: &Path) -> Result<Option<LockedDatabase>, sqlx::Error> {
    let mut link = options(path).connect().await?;
    if migrate::is_foreign(&mut link).await {
        return Ok(None);
    }
    // Leaving the write-ahead log only succeeds if no other connection has the database open.
    sqlx::raw_sql("PRAGMA journal_mode = DELETE").execute(&mut link).await?;
    sqlx::raw_sql("BEGIN EXCLUSIVE").execute(&mut link).await?;
    Ok(Some(LockedDatabase { _link: link }))
}

/// Turns a database into a single file, without a journal beside it.
///
/// # Errors
/// If another process has it open.
pub async fn settle(path: &Path) -> Result<(), DbError> {
    let mut link = file(path).open().await?;
    sqlx::raw_sql("PRAGMA journal_mode = DELETE").execute(&mut link).await?;
    Ok(link.close().await?)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).busy_timeout(TIMEOUT).disable_statement_logging()
}

fn file(path: &Path) -> DatabaseFile {
    DatabaseFile::at(path.to_owned(), TIMEOUT)
}

fn code(error: &sqlx::Error) -> Option<u32> {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code)?.parse().ok()
}
