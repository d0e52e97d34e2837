//! Says who owns a file that this process may not use, and how that is corrected: usually a command was run by root, and
//! the server runs as another account, or the other way round.

use std::path::Path;

/// A sentence about the first of these paths that another account owns: the account, the one of this process, and the
/// command that corrects it. A path that this process cannot see counts as the folder that hides it, and one that does not
/// exist as its folder. `None` if all of them belong to this account.
///
/// It is for errors of permissions, after which the owner is the likely cause.
pub fn hint<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Option<String> {
    paths.into_iter().find_map(hint_of)
}

#[cfg(unix)]
fn hint_of(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    // The folders of a relative path are those of the working directory.
    let path = std::path::absolute(path).ok()?;
    let (seen, found) = path.ancestors().find_map(|path| Some((path, std::fs::metadata(path).ok()?)))?;
    let own = rustix::process::geteuid().as_raw();
    (found.uid() != own).then(|| {
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        sentence(seen, &Account::of(found.uid(), &accounts), &Account::of(own, &accounts))
    })
}

#[cfg(not(unix))]
fn hint_of(_: &Path) -> Option<String> {
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

#[cfg(unix)]
fn sentence(path: &Path, owner: &Account, own: &Account) -> String {
    let path = path.display();
    let sudo = |account: &Account| account.argument(|uid| format!("'#{uid}'"));
    let begin = format!(
        "{path} belongs to {}, and this process runs as {}",
        owner.in_a_sentence(),
        own.in_a_sentence()
    );
    if owner.uid != 0 {
        return format!("{begin}: run the command as the owner, with sudo -u {} grantor …", sudo(owner));
    }
    let own_name = own.argument(|uid| uid.to_string());
    format!(
        "{begin}: if a command of root has made it, sudo chown {own_name} {path} corrects that, and sudo -u {} grantor … \
         runs the next command",
        sudo(own)
    )
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &str =
        "root:x:0:0:root:/root:/bin/bash\ngrantor:x:998:998::/var/lib/grantor:/usr/sbin/nologin\n";

    fn said(owner: u32, own: u32) -> String {
        sentence(Path::new("/d/grantor.db"), &Account::of(owner, ACCOUNTS), &Account::of(own, ACCOUNTS))
    }

    #[test]
    fn the_sentence_names_both_accounts_and_the_command() {
        assert_eq!(
            said(0, 998),
            "/d/grantor.db belongs to root, and this process runs as grantor: if a command of root has made it, sudo chown \
             grantor /d/grantor.db corrects that, and sudo -u grantor grantor … runs the next command"
        );
        assert_eq!(
            said(998, 1000),
            "/d/grantor.db belongs to grantor, and this process runs as the account 1000: run the command as the owner, with \
             sudo -u grantor grantor …"
        );
        assert!(said(1001, 0).ends_with("sudo -u '#1001' grantor …"));
        assert!(said(0, 1001).contains("sudo chown 1001 /d/grantor.db"));
    }

    #[test]
    fn a_file_of_this_account_needs_no_sentence() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(hint([folder.path(), &folder.path().join("new")]), None);
    }
}
