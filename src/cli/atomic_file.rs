//! Files that appear under their names either completely or not at all.

use std::fs::File;
use std::path::Path;

use tempfile::{TempDir, TempPath};

use super::CliError;
use crate::failure::without_name;
use crate::files::owner::{self, OwnedBy};
use crate::store::paths::parent;

/// What happens to a file that already has the name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ExistingFile {
    Stays,
    IsReplaced,
}

/// Creates a folder for unfinished work on the file system of `path`. Only its owner can read it. Dropping the value
/// deletes it.
pub(super) fn private_directory(path: &Path, prefix: &str) -> Result<TempDir, CliError> {
    let parent = parent(path);
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.prefix(prefix).tempdir_in(parent).map_err(|error| {
        let denied = error.kind() == std::io::ErrorKind::PermissionDenied;
        let hint =
            denied.then(|| owner::hint(OwnedBy::Grantor, [parent])).flatten().map(|hint| format!("; {hint}"));
        let hint = hint.unwrap_or_default();
        format!("cannot write in {}: {}{hint}", parent.display(), without_name(&error)).into()
    })
}

/// Creates an empty file that only its owner can read.
pub(super) fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Gives a finished file its name. A crash after this call cannot lose the file or its name.
pub(super) fn move_into_place(finished: &Path, path: &Path, existing: ExistingFile) -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::from(format!("cannot write {}: {error}", path.display()));
    File::open(finished).and_then(|file| file.sync_all()).map_err(failed)?;
    let finished = TempPath::try_from_path(finished).map_err(failed)?;
    let moved = match existing {
        ExistingFile::Stays => finished.persist_noclobber(path),
        ExistingFile::IsReplaced => finished.persist(path),
    };
    moved.map_err(|error| failed(error.error))?;
    sync(parent(path)).map_err(failed)
}

/// Gives the file at `path` a second name. It keeps that name when another file takes the first one.
pub(super) fn link_as(path: &Path, kept: &Path) -> Result<(), CliError> {
    let failed = |error: std::io::Error| {
        CliError::from(format!("cannot put {} aside as {}: {error}", path.display(), kept.display()))
    };
    match std::fs::hard_link(path, kept) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Err(failed(error)),
        // Not every file system has hard links. Without them, the first name is free until the other file takes it.
        Err(_) => std::fs::rename(path, kept).map_err(failed)?,
        Ok(()) => {}
    }
    sync(parent(kept)).map_err(failed)
}

/// Gives a file the owner of `model`, so that the account that could read that file can read this one as well.
pub(super) fn copy_owner(path: &Path, model: &Path) {
    #[cfg(unix)]
    if let Ok(model) = std::fs::metadata(model) {
        use std::os::unix::fs::MetadataExt as _;
        // Only root may change the owner. Every other account already owns the file that it created.
        let _ = std::os::unix::fs::chown(path, Some(model.uid()), Some(model.gid()));
    }
}

/// Whether both paths lead to the same file, links included.
pub(super) fn is_same(path: &Path, other: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    real(path).is_some_and(|path| real(other) == Some(path))
}

#[cfg(unix)]
fn sync(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_: &Path) -> std::io::Result<()> {
    Ok(())
}
