//! Copies a database into another one, of the same or the other engine: all of it, or nothing.

mod end;
mod value;

pub use value::Checksum;

use super::backup::{self, DatabaseUse};
use super::db::{DbError, DbOptions};
use super::migrate::{self, SchemaStatus};
use super::tables::{ALL, Table};
use crate::clock::Timestamp;
use end::CopyEnd;

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("the database to copy from")]
    Source(#[source] DbError),
    #[error("the database to copy from is not one of Grantor")]
    Foreign,
    #[error("the database to copy from has an older schema; run grantor migrate on it first")]
    Older,
    #[error("the database to copy from has a newer schema; copy it with the release that migrated it")]
    Newer,
    #[error("the database to copy to")]
    Target(#[source] DbError),
    #[error("the database to copy to has rows in {0} already")]
    Occupied(&'static str),
    #[error("the database to copy to is in use; stop the server first")]
    InUse,
    #[error("the rows of {table} cannot be copied")]
    Table { table: &'static str, source: DbError },
    #[error("the rows of {0} differ after the copy; nothing was copied")]
    Differs(&'static str),
}

/// A table that was copied. Its rows and checksum are the same on both sides.
#[derive(Clone, Copy, Debug)]
pub struct CopiedTable {
    pub table: &'static str,
    pub checksum: Checksum,
}

/// The progress of a copy.
#[derive(Clone, Copy, Debug)]
pub enum CopyProgress {
    /// The total number of rows to copy.
    Of(u64),
    /// This many more rows were copied.
    Rows(u64),
}

/// What happens to existing rows of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExistingRows {
    /// They stay, and nothing is copied.
    Stay,
    Go,
}

/// Checks the source, and migrates the target. Returns the first table of the target that is not as in a new database.
/// `None` if all of them are.
///
/// # Errors
/// If one of the databases cannot be used, the source is not of this program or has another schema version, or the
/// target cannot be migrated.
pub async fn prepare(
    from: &DbOptions,
    to: &DbOptions,
    holder: &str,
    now: Timestamp,
) -> Result<Option<&'static str>, CopyError> {
    match migrate::schema_status(from).await.map_err(CopyError::Source)? {
        SchemaStatus::Current => {}
        SchemaStatus::Newer => return Err(CopyError::Newer),
        SchemaStatus::Older => return Err(CopyError::Older),
        SchemaStatus::Foreign => return Err(CopyError::Foreign),
    }
    migrate::run(to, holder, now).await.map_err(CopyError::Target)?;
    let mut target = CopyEnd::target(to).await.map_err(CopyError::Target)?;
    let occupied = occupied(&mut target).await.map_err(CopyError::Target)?;
    target.close().await.map_err(CopyError::Target)?;
    Ok(occupied)
}

/// Checks that no server uses the target, whose rows will be deleted.
///
/// # Errors
/// [`CopyError::InUse`] if a server uses it.
pub async fn claim(to: &DbOptions) -> Result<(), CopyError> {
    let is_in_use = match to.sqlite_path() {
        Some(path) => matches!(backup::hold(&path).await, DatabaseUse::Somebody),
        None => {
            let mut target = CopyEnd::target(to).await.map_err(CopyError::Target)?;
            target.has_a_server().await.map_err(CopyError::Target)?
        }
    };
    if is_in_use { Err(CopyError::InUse) } else { Ok(()) }
}

/// Copies one state of `from` to `to` in one transaction. The schema of `to` must be this program's.
///
/// Before the commit everything written is read again and compared.
///
/// # Errors
/// If anything fails or differs; then nothing was copied.
pub async fn run(
    from: &DbOptions,
    to: &DbOptions,
    existing: ExistingRows,
    mut report: impl FnMut(CopyProgress),
) -> Result<Vec<CopiedTable>, CopyError> {
    let mut source = CopyEnd::source(from).await.map_err(CopyError::Source)?;
    let mut target = CopyEnd::target(to).await.map_err(CopyError::Target)?;
    source.begin_reading().await.map_err(CopyError::Source)?;
    target.begin_writing().await.map_err(CopyError::Target)?;
    if existing == ExistingRows::Stay
        && let Some(table) = occupied(&mut target).await.map_err(CopyError::Target)?
    {
        return Err(CopyError::Occupied(table));
    }
    let mut rows = 0;
    for table in ALL {
        rows += source.count(table).await.map_err(CopyError::Source)?;
    }
    report(CopyProgress::Of(rows));
    for table in ALL.iter().rev() {
        target.clear(table).await.map_err(CopyError::Target)?;
    }
    let mut copied = Vec::new();
    for table in ALL {
        let checksum = copy(&mut source, &mut target, table, &mut report).await;
        let checksum = checksum.map_err(|source| CopyError::Table { table: table.name, source })?;
        let arrived = target.checksum(table).await.map_err(CopyError::Target)?;
        if arrived != checksum {
            return Err(CopyError::Differs(table.name));
        }
        copied.push(CopiedTable { table: table.name, checksum });
    }
    target.commit().await.map_err(CopyError::Target)?;
    Ok(copied)
}

async fn copy(
    source: &mut CopyEnd,
    target: &mut CopyEnd,
    table: &Table,
    report: &mut impl FnMut(CopyProgress),
) -> Result<Checksum, DbError> {
    let mut checksum = Checksum::default();
    let pass_on = async |rows: Vec<_>| {
        let count = rows.len() as u64;
        rows.iter().for_each(|row: &value::Row| checksum.add(row));
        target.write(table, rows).await?;
        report(CopyProgress::Rows(count));
        Ok(())
    };
    source.read(table, pass_on).await?;
    Ok(checksum)
}

/// The first table whose content differs from a new database, which is not always empty: migrations may insert rows.
async fn occupied(end: &mut CopyEnd) -> Result<Option<&'static str>, DbError> {
    let mut new = CopyEnd::Sqlite(migrate::new_in_memory().await?);
    for table in ALL {
        let is_as_new = end.count(table).await? == new.count(table).await?
            && end.checksum(table).await? == new.checksum(table).await?;
        if !is_as_new {
            return Ok(Some(table.name));
        }
    }
    Ok(None)
}
