//! `grantor backup`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::atomic_file::{self, ExistingFile};
use super::progress::Progress;
use super::restore::sentence;
use super::signals::{HangUp, stop_asked};
use super::{CliError, OutputOptions, block_on, no_database};
use crate::config::Config;
use crate::keys::master::MasterKey;
use crate::store::backup::{self, BackupContents};
use crate::store::db::DbError;
use crate::store::paths::with_suffix;
use crate::telemetry;

#[derive(Args)]
#[command(
    after_help = "The server may keep running. The copy contains hashes of passwords, so keep it private. \
Its signing keys are sealed with the master key, which the copy does not contain."
)]
pub(super) struct Options {
    /// Where to write the copy
    file: PathBuf,
    /// Replace a file that is there already
    #[arg(long)]
    overwrite: bool,
    /// Also write the master key, next to the copy as FILE.key; anyone who has both files can sign as this server
    #[arg(long)]
    with_master_key: bool,
    #[command(flatten)]
    output: OutputOptions,
}

/// How often to update the progress bar.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    block_on(async {
        let stop = stop_asked(HangUp::Stops)?;
        tokio::select! {
            done = back_up(options) => done,
            () = stop => Err("interrupted; nothing was written".into()),
        }
    })
}

async fn back_up(options: &Options) -> Result<(), CliError> {
    let config = Config::load(options.output.common.config.as_deref())?;
    telemetry::start(&config.log)?;
    let database = source(&config)?;
    let file = options.file.as_path();
    if atomic_file::is_same(&database, file) {
        return Err(format!("{} is the database itself", file.display()).into());
    }
    if file.exists() && !options.overwrite {
        return Err(format!("{} already exists; --overwrite replaces it", file.display()).into());
    }
    let folder = atomic_file::private_directory(file, "grantor-backup-")?;
    let copy = folder.path().join("copy");
    atomic_file::private_file(&copy)?;
    take(&database, &copy, &options.output).await?;
    let contents = backup::examine(&copy).await;
    let contents = contents.map_err(|unfit| sentence(&database, &unfit))?;
    let bytes = std::fs::metadata(&copy)?.len();
    let key_file = match options.with_master_key {
        true => Some(write_key(&config, file, &contents)?),
        false => None,
    };
    let existing = if options.overwrite { ExistingFile::IsReplaced } else { ExistingFile::Stays };
    atomic_file::move_into_place(&copy, file, existing)?;
    let json = json!({
        "file": file, "rows": contents.rows, "tables": contents.tables, "bytes": bytes,
        "master_key_file": key_file,
    });
    options.output.say(json, summary(file, &contents, bytes, key_file.as_deref()))
}

/// The database file to copy.
///
/// # Errors
/// If the database is PostgreSQL; the sentence names the tool to use instead.
fn source(config: &Config) -> Result<PathBuf, CliError> {
    let Some(path) = config.database_options().sqlite_path() else {
        return Err("the database is on PostgreSQL, where pg_dump makes backups; \
            grantor copy --from … --to sqlite:FILE makes a file that grantor restore can read"
            .into());
    };
    if !path.exists() {
        let error = DbError::NoDatabase(config.database_options().what());
        return Err(no_database(config, &error));
    }
    Ok(path)
}

/// Copies the database and shows the progress. Returns the numbers of the copy.
async fn take(database: &Path, copy: &Path, output: &OutputOptions) -> Result<(), CliError> {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    let progress = Progress::of_bytes(output, "copying", size(database));
    let mut taken = std::pin::pin!(backup::take(database, copy));
    let mut look = tokio::time::interval(POLL_INTERVAL);
    loop {
        tokio::select! {
            taken = &mut taken => return Ok(taken?),
            _ = look.tick() => progress.reach(size(copy)),
        }
    }
}

/// Writes the master key next to the copy. Refuses to overwrite a different master key.
fn write_key(config: &Config, file: &Path, contents: &BackupContents) -> Result<PathBuf, CliError> {
    let text = MasterKey::text(config)?.ok_or_else(|| MasterKey::missing(config))?;
    let key = MasterKey::parse(&text, "the configuration")?;
    if let Some(sealed) = &contents.sealed_root {
        key.opens(sealed)?;
    }
    let path = with_suffix(file, ".key");
    if MasterKey::keep(&path, &text)?.trim() != text.trim() {
        return Err(format!("{} contains a different master key; move it first", path.display()).into());
    }
    Ok(path)
}

fn summary(file: &Path, contents: &BackupContents, bytes: u64, key_file: Option<&Path>) -> String {
    let BackupContents { rows, tables, .. } = contents;
    let written = format!("wrote {rows} rows of {tables} tables to {}, {bytes} bytes", file.display());
    match key_file {
        Some(key) => format!(
            "{written}\nthe master key is in {}: anyone who has both files can sign as this server, so keep them apart",
            key.display()
        ),
        None => format!(
            "{written}\nit does not contain the master key: keep the key elsewhere, because the copy is of little use without it"
        ),
    }
}
