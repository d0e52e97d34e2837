//! Who may read and change a file, besides its owner and its group.

use std::path::Path;

use super::NamedFile;

/// What every account of the machine may do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    Readable,
    Writable,
}

impl Exposure {
    /// What every account may do with the file; `None` if nothing, or if the file is missing.
    ///
    /// The mode of a file does not matter if others cannot enter one of the folders above it. The group may do what it
    /// likes, because an operator chooses its members. Kubernetes mounts secrets readable for every account of the
    /// container by default; that is not counted, because the container has only one program.
    pub fn of(path: &Path) -> Option<Self> {
        exposure(path)
    }

    /// A sentence for the operator: what is wrong, and the command that corrects it.
    pub fn sentence(self, file: &NamedFile<'_>) -> String {
        let what = match self {
            Self::Readable => "read",
            Self::Writable => "changed",
        };
        let path = file.path.display();
        format!(
            "{} {path} can be {what} by every account of this machine; chmod o= {path} prevents that",
            file.what
        )
    }
}

#[cfg(unix)]
fn exposure(path: &Path) -> Option<Exposure> {
    use std::os::unix::fs::PermissionsExt as _;

    /// Others may read, write, and enter a folder (`chmod`(1)).
    const READ: u32 = 0o004;
    const WRITE: u32 = 0o002;
    const ENTER: u32 = 0o001;
    // The real path, because others need no link to reach the file.
    let path = std::fs::canonicalize(path).ok()?;
    let file = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
    let mode = file.permissions().mode();
    let is_open = |folder: &Path| {
        std::fs::metadata(folder).is_ok_and(|folder| folder.permissions().mode() & ENTER != 0)
    };
    if mode & (READ | WRITE) == 0 || !path.ancestors().skip(1).all(is_open) {
        return None;
    }
    match mode & WRITE != 0 {
        true => Some(Exposure::Writable),
        false if is_of_kubernetes(&path) => None,
        false => Some(Exposure::Readable),
    }
}

/// Whether a real path has the form that the kubelet gives to files of a secret: `…/..2026_11_28_19_00_00.12345/name`,
/// beside a link `..data`.
#[cfg(unix)]
fn is_of_kubernetes(path: &Path) -> bool {
    path.ancestors().skip(1).any(|folder| {
        let is_dated = folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".."));
        let data = folder.parent().map(|parent| parent.join("..data"));
        is_dated && data.and_then(|data| std::fs::canonicalize(data).ok()).is_some_and(|data| data == folder)
    })
}

#[cfg(not(unix))]
fn exposure(_: &Path) -> Option<Exposure> {
    None
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn set(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_is_exposed_if_others_may_reach_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        assert_eq!(Exposure::of(&file), None);
        std::fs::write(&file, "").unwrap();
        for (mode, of_folder, exposure) in [
            (0o600, 0o755, None),
            (0o660, 0o755, None),
            (0o640, 0o755, None),
            (0o644, 0o755, Some(Exposure::Readable)),
            (0o444, 0o711, Some(Exposure::Readable)),
            (0o646, 0o755, Some(Exposure::Writable)),
            (0o602, 0o755, Some(Exposure::Writable)),
            (0o666, 0o700, None),
            (0o666, 0o750, None),
            (0o666, 0o744, None),
        ] {
            set(&file, mode);
            set(folder.path(), of_folder);
            assert_eq!(Exposure::of(&file), exposure, "{mode:o} in {of_folder:o}");
        }
        set(folder.path(), 0o755);
        assert_eq!(Exposure::of(folder.path()), None, "a folder is no file");
    }

    #[test]
    fn secrets_are_accepted_as_kubernetes_mounts_them() {
        let folder = tempfile::tempdir().unwrap();
        set(folder.path(), 0o1777);
        let dated = folder.path().join("..2026_11_28_19_00_00.123456789");
        std::fs::create_dir(&dated).unwrap();
        let (secret, link) = (dated.join("key"), folder.path().join("key"));
        std::fs::write(&secret, "").unwrap();
        set(&dated, 0o755);
        set(&secret, 0o644);
        symlink("..data/key", &link).unwrap();
        symlink(dated.file_name().unwrap(), folder.path().join("..data")).unwrap();
        assert_eq!(Exposure::of(&link), None);
        set(&secret, 0o666);
        assert_eq!(Exposure::of(&link), Some(Exposure::Writable));
        set(&secret, 0o644);
        std::fs::remove_file(folder.path().join("..data")).unwrap();
        assert_eq!(Exposure::of(&secret), Some(Exposure::Readable), "only beside ..data");
    }
}
