//! `grantor restore`.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use super::atomic_file::{self, ExistingFile};
use super::progress::Progress;
use super::question::Question;
use super::signals::{HangUp, stop_asked};
use super::{CliError, OutputOptions, block_on, database_at, trusted};
use crate::clock::Clock;
use crate::config::Config;
use crate::failure::chain;
use crate::files::NamedFile;
use crate::keys::master::MasterKey;
use crate::store::backup::{self, BackupContents, DatabaseUse, LockedDatabase, UnfitDatabase};
use crate::store::migrate;
use crate::store::paths::{parent, with_suffix};
use crate::telemetry;

#[derive(Args)]
#[command(
    after_help = "Stop the server first. The existing database is renamed, not deleted. Until the last moment, \
nothing is changed."
)]
pub(super) struct Options {
    /// A copy that `grantor backup` or `grantor copy` wrote
    file: PathBuf,
    /// Also restore the master key, from FILE.key
    #[arg(long)]
    with_master_key: bool,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    block_on(async {
        let config = Config::load(options.output.common.config.as_deref())?;
        telemetry::start(&config.log)?;
        let path = target(&config, &options.file)?;
        trusted(&NamedFile::new("the backup", &options.file))?;
        let folder = atomic_file::private_directory(&path, "grantor-restore-")?;
        let previous = claim(&path, options).await?;
        // Only now: before, an interruption of the question ends the program at once.
        let mut stop = std::pin::pin!(stop_asked(HangUp::Stops)?);
        let copy = folder.path().join("copy");
        let prepared = tokio::select! {
            contents = prepare(options, &copy) => contents?,
            () = &mut stop => return Err("interrupted; nothing was changed".into()),
        };
        let key = key_to_place(&config, options, &prepared)?;
        let kept = put_in_place(&path, &copy, key.as_ref(), previous)?;
        let json = json!({
            "database": path, "rows": prepared.rows, "tables": prepared.tables,
            "put_aside": kept.database, "master_key_put_aside": kept.key,
        });
        options.output.say(json, summary(&path, &prepared, &kept))
    })
}

/// Says why the file cannot be used.
pub(super) fn sentence(file: &Path, unfit: &UnfitDatabase) -> CliError {
    match unfit {
        // The sentence already names the database.
        UnfitDatabase::Database(error) => CliError::from(chain(error)),
        unfit => CliError::from(format!("{} {}", file.display(), chain(unfit))),
    }
}

/// The path of the configured database, with links resolved.
fn target(config: &Config, file: &Path) -> Result<PathBuf, CliError> {
    let Some(path) = config.database_options().sqlite_path() else {
        return Err(format!(
            "the database is on PostgreSQL; use grantor copy --from sqlite:{} --to … instead",
            file.display()
        )
        .into());
    };
    if atomic_file::is_same(&path, file) {
        return Err(format!("{} is the database itself", file.display()).into());
    }
    if path.is_dir() {
        return Err(format!(
            "cannot use the database {}: it is a directory; name a file in it",
            path.display()
        )
        .into());
    }
    Ok(std::fs::canonicalize(&path).unwrap_or(path))
}

/// Makes a database with the schema of this version from a copy of the file, and checks it. The file is not changed.
async fn prepare(options: &Options, copy: &Path) -> Result<BackupContents, CliError> {
    let file = options.file.as_path();
    bring(file, copy, &options.output).await?;
    // If the server was killed before the file was copied, its last changes may be in the journal next to the file.
    let journal = with_suffix(file, "-wal");
    if journal.exists() {
        bring(&journal, &with_suffix(copy, "-wal"), &options.output).await?;
    }
    backup::examine(copy).await.map_err(|unfit| sentence(file, &unfit))?;
    let url = copy.to_str().ok_or("the path of the database must be text in UTF-8")?;
    let database = database_at(format!("sqlite:{url}"));
    migrate::run(&database, &migrate::this_process(), Clock::System.now()).await?;
    backup::settle(copy).await?;
    backup::examine(copy).await.map_err(|unfit| sentence(file, &unfit))
}

async fn bring(file: &Path, copy: &Path, output: &OutputOptions) -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::from(format!("cannot read {}: {error}", file.display()));
    let mut from = std::fs::File::open(file).map_err(failed)?;
    let progress = Progress::of_bytes(output, "reading", from.metadata().map_err(failed)?.len());
    let mut to = atomic_file::private_file(copy)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let length = from.read(&mut buffer).map_err(failed)?;
        if length == 0 {
            return Ok(());
        }
        to.write_all(buffer.get(..length).unwrap_or_default())?;
        progress.advance(length as u64);
        // Gives an interruption the chance to be noticed.
        tokio::task::yield_now().await;
    }
}

/// A master key to restore, and the file that it belongs in.
struct Key {
    text: Zeroizing<String>,
    place: PathBuf,
}

/// Finds the master key that decrypts the copy: the configured one, or the one next to the copy.
fn key_to_place(
    config: &Config,
    options: &Options,
    contents: &BackupContents,
) -> Result<Option<Key>, CliError> {
    let Some(sealed) = &contents.sealed_root else { return Ok(None) };
    let configured = MasterKey::load(config)?;
    if configured.as_ref().is_some_and(|key| key.opens(sealed).is_ok()) {
        return Ok(None);
    }
    if !options.with_master_key {
        return Err(match configured {
            None => MasterKey::missing(config).into(),
            Some(_) => "the master key is not the one that this copy was made with; configure that one, \
                or use --with-master-key if it is next to the copy"
                .into(),
        });
    }
    let file = with_suffix(&options.file, ".key");
    trusted(&NamedFile::new("the master key", &file))?;
    let text = MasterKey::text_in(&file)?;
    let place = file.display().to_string();
    if MasterKey::parse(&text, &place)?.opens(sealed).is_err() {
        return Err(format!("the master key in {place} is not the one that this copy was made with").into());
    }
    if !config.keys.master_key.expose().is_empty() {
        return Err(format!("keys.master_key is another master key; set it to the one in {place}").into());
    }
    Ok(Some(Key { text, place: config.master_key_file() }))
}

/// The database that the copy replaces.
enum ReplacedDatabase {
    Nothing,
    /// A database that is locked for everyone else now, or one that SQLite cannot read.
    Database(Option<LockedDatabase>),
}

/// Makes sure that the existing database is not in use, and asks whether it may be replaced.
async fn claim(path: &Path, options: &Options) -> Result<ReplacedDatabase, CliError> {
    if !path.exists() {
        return Ok(ReplacedDatabase::Nothing);
    }
    let held = match backup::hold(path).await {
        DatabaseUse::Nobody(held) => Some(held),
        DatabaseUse::Unknown => None,
        DatabaseUse::Another => {
            return Err(
                format!("{} belongs to another application; it was not changed", path.display()).into()
            );
        }
        DatabaseUse::Somebody => {
            return Err(format!("{} is in use; stop the server first", path.display()).into());
        }
    };
    let question = format!("Put {} aside and {} in its place?", path.display(), options.file.display());
    options.question.ask(&question)?;
    Ok(ReplacedDatabase::Database(held))
}

/// The names under which the old database and the old key are kept.
#[derive(Default)]
struct KeptFiles {
    database: Option<PathBuf>,
    key: Option<PathBuf>,
}

/// Replaces the database and the key. At every moment the old database is complete, under its old name or its new one.
fn put_in_place(
    path: &Path,
    copy: &Path,
    key: Option<&Key>,
    occupant: ReplacedDatabase,
) -> Result<KeptFiles, CliError> {
    let digits: String = Clock::System.now().iso().chars().filter(char::is_ascii_digit).collect();
    let suffix = format!(".before-{digits}");
    let mut kept = KeptFiles::default();
    if let Some(Key { text, place }) = key {
        if place.exists() {
            let previous = with_suffix(place, &suffix);
            atomic_file::link_as(place, &previous)?;
            kept.key = Some(previous);
        }
        let folder = atomic_file::private_directory(place, "grantor-restore-")?;
        let finished = folder.path().join("key");
        atomic_file::private_file(&finished)?.write_all(text.as_bytes())?;
        atomic_file::copy_owner(&finished, parent(place));
        atomic_file::move_into_place(&finished, place, ExistingFile::IsReplaced)?;
    }
    let ReplacedDatabase::Database(held) = occupant else {
        atomic_file::copy_owner(copy, parent(path));
        atomic_file::move_into_place(copy, path, ExistingFile::Stays)?;
        return Ok(kept);
    };
    atomic_file::copy_owner(copy, path);
    let previous = with_suffix(path, &suffix);
    atomic_file::link_as(path, &previous)?;
    // Only a database that SQLite could not read still has journal files. They belong to it and would damage the new
    // one.
    for journal in ["-wal", "-journal", "-shm"] {
        let of = with_suffix(path, journal);
        if of.exists() {
            atomic_file::link_as(&of, &with_suffix(&previous, journal))?;
            let _ = std::fs::remove_file(&of);
        }
    }
    atomic_file::move_into_place(copy, path, ExistingFile::IsReplaced)?;
    drop(held);
    kept.database = Some(previous);
    Ok(kept)
}

fn summary(path: &Path, contents: &BackupContents, kept: &KeptFiles) -> String {
    let BackupContents { rows, tables, .. } = contents;
    let mut lines = vec![format!("restored {rows} rows of {tables} tables to {}", path.display())];
    if let Some(previous) = &kept.database {
        lines.push(format!("the previous database is in {}", previous.display()));
    }
    if let Some(previous) = &kept.key {
        lines.push(format!("the previous master key is in {}", previous.display()));
    }
    lines.join("\n")
}
