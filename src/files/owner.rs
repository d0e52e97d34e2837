//! Says who owns a file that this process may not use, and how that is corrected: usually a command was run by root, and
//! the server runs as another account, or the other way round.

use std::path::Path;

/// Whose the paths of a sentence are.
#[derive(Clone, Copy, Debug)]
pub enum OwnedBy {
    /// Grantor made them: the database and the files beside it, the master key, the configuration.
    Grantor,
    /// Another program or the operator made them, so their owner has a reason: certificates, for example.
    Others,
}

/// A sentence about the first of these paths that another account owns: the account, the one of this process, and what to
/// do. A path that this process cannot see counts as the folder that hides it, and one that does not exist as its folder.
/// `None` if all of them belong to this account.
///
/// It is for errors of permissions, after which the owner is the likely cause.
pub fn hint<'a>(owned_by: OwnedBy, paths: impl IntoIterator<Item = &'a Path>) -> Option<String> {
    paths.into_iter().find_map(|path| hint_of(owned_by, path, path))
}

/// As [`hint`], for files of Grantor that one command may have made together. `all` is a pattern for them, such as
/// `grantor.db*`, which the sentence names in its command.
pub fn hint_of_all<'a>(all: &Path, paths: impl IntoIterator<Item = &'a Path>) -> Option<String> {
    paths.into_iter().find_map(|path| hint_of(OwnedBy::Grantor, path, all))
}

/// `named` is what the command names in the place of the path.
#[cfg(unix)]
fn hint_of(owned_by: OwnedBy, path: &Path, named: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    // The folders of a relative path are those of the working directory.
    let (path, named) = (std::path::absolute(path).ok()?, std::path::absolute(named).ok()?);
    let (seen, found) = path.ancestors().find_map(|path| Some((path, std::fs::metadata(path).ok()?)))?;
    let own = rustix::process::geteuid().as_raw();
    let seen = match found.is_file().then_some(owned_by) {
        Some(OwnedBy::Grantor) => Seen::OwnFile { path: seen, all: &named },
        Some(OwnedBy::Others) => Seen::File(seen),
        None => Seen::Folder(seen),
    };
    (found.uid() != own).then(|| {
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        sentence(seen, &Account::of(found.uid(), &accounts), &Account::of(own, &accounts))
    })
}

/// What belongs to another account.
#[cfg(unix)]
#[derive(Clone, Copy)]
enum Seen<'a> {
    /// A file that Grantor made. `all` names it, and what belongs to it, in a command.
    OwnFile {
        path: &'a Path,
        all: &'a Path,
    },
    /// A file that someone else made.
    File(&'a Path),
    Folder(&'a Path),
}

#[cfg(not(unix))]
fn hint_of(_: OwnedBy, _: &Path, _: &Path) -> Option<String> {
    None
}

/// An account of this machine.
#[cfg(unix)]
struct Account {
    uid: u32,
    name: Option<String>,
}

#[cfg(unix)]
impl Account {
    /// The account with a number; `accounts` is the content of `/etc/passwd`.
    fn of(uid: u32, accounts: &str) -> Self {
        let name = |line: &str| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
        };
        Self { uid, name: accounts.lines().find_map(name) }
    }

    fn in_a_sentence(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("the account {}", self.uid))
    }

    /// What `sudo -u` and `chown` take.
    fn argument(&self, number: impl FnOnce(u32) -> String) -> String {
        self.name.clone().unwrap_or_else(|| number(self.uid))
    }
}

/// A folder for Grantor's files: that of the unit of systemd.
#[cfg(unix)]
const FOLDER: &str = "/var/lib/grantor";

#[cfg(unix)]
fn sentence(seen: Seen<'_>, owner: &Account, own: &Account) -> String {
    let (Seen::OwnFile { path, .. } | Seen::File(path) | Seen::Folder(path)) = seen;
    let sudo = |account: &Account| account.argument(|uid| format!("'#{uid}'"));
    let begin = format!(
        "{} belongs to {}, and this process runs as {}",
        path.display(),
        owner.in_a_sentence(),
        own.in_a_sentence()
    );
    if owner.uid != 0 {
        return format!("{begin}: run the command as the owner, with sudo -u {} grantor …", sudo(owner));
    }
    match seen {
        Seen::OwnFile { all, .. } => format!(
            "{begin}: if a command of root has made it, sudo chown {} {} corrects that, and sudo -u {} grantor … runs the \
             next command",
            own.argument(|uid| uid.to_string()),
            all.display(),
            sudo(own)
        ),
        Seen::File(_) => format!("{begin}: give this account, or a group of it, the right to read the file"),
        // A folder such as / or /etc must keep its owner.
        Seen::Folder(path) if path == Path::new(FOLDER) => {
            format!("{begin}: run in, or name, a folder that this account may write")
        }
        Seen::Folder(_) => {
            format!("{begin}: run in, or name, a folder that this account may write, such as {FOLDER}")
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &str =
        "root:x:0:0:root:/root:/bin/bash\ngrantor:x:998:998::/var/lib/grantor:/usr/sbin/nologin\n";

    fn said(seen: Seen<'_>, owner: u32, own: u32) -> String {
        sentence(seen, &Account::of(owner, ACCOUNTS), &Account::of(own, ACCOUNTS))
    }

    #[test]
    fn the_sentence_names_both_accounts_and_the_command() {
        let file = Seen::OwnFile { path: Path::new("/d/grantor.db-wal"), all: Path::new("/d/grantor.db*") };
        assert_eq!(
            said(file, 0, 998),
            "/d/grantor.db-wal belongs to root, and this process runs as grantor: if a command of root has made it, sudo \
             chown grantor /d/grantor.db* corrects that, and sudo -u grantor grantor … runs the next command"
        );
        assert_eq!(
            said(file, 998, 1000),
            "/d/grantor.db-wal belongs to grantor, and this process runs as the account 1000: run the command as the owner, \
             with sudo -u grantor grantor …"
        );
        assert!(said(file, 1001, 0).ends_with("sudo -u '#1001' grantor …"));
        assert!(said(file, 0, 1001).contains("sudo chown 1001 /d/grantor.db*"));
    }

    #[test]
    fn folders_and_the_files_of_others_keep_their_owner() {
        for folder in ["/", "/etc"] {
            assert_eq!(
                said(Seen::Folder(Path::new(folder)), 0, 998),
                format!(
                    "{folder} belongs to root, and this process runs as grantor: run in, or name, a folder that this account \
                     may write, such as /var/lib/grantor"
                )
            );
        }
        let same = said(Seen::Folder(Path::new(FOLDER)), 0, 998);
        assert!(same.ends_with("a folder that this account may write"), "{same}");
        let certificate = said(Seen::File(Path::new("/etc/ssl/key.pem")), 0, 998);
        assert!(certificate.ends_with("the right to read the file") && !certificate.contains("chown"));
        assert!(said(Seen::Folder(Path::new("/d")), 998, 0).ends_with("sudo -u grantor grantor …"));
    }

    #[test]
    fn a_file_of_this_account_needs_no_sentence() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(hint(OwnedBy::Others, [folder.path(), &folder.path().join("new")]), None);
    }
}
