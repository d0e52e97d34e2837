//! SQLite files and folders that the process may not use.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;

use grantor::store::db::Engine;

use super::{ALL, BACKUP, DatabaseFolder, LIST, MAKERS, MIGRATE, PURGE, RESTORE, SERVE, TO, one};
use crate::support::database::engine;
use crate::support::left_out;

/// A way to start a command.
type Start = fn(Command) -> Command;

/// Tests may run as root, which permissions do not bind: this starts a command without the capability to ignore them.
const BOUND: [&str; 2] = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];

#[expect(clippy::needless_pass_by_value, reason = "one of the ways to start")]
fn bound(command: Command) -> Command {
    let mut bound = Command::new(BOUND[0]);
    bound.arg(BOUND[1]).arg(command.get_program()).args(command.get_args());
    bound.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => bound.env(name, value),
            None => bound.env_remove(name),
        };
    }
    bound
}

/// How to start a command so that permissions apply to it; `None` where that is not possible.
fn start(folder: &Path) -> Option<Start> {
    if std::fs::metadata(folder).unwrap().uid() != 0 {
        return Some(|command| command);
    }
    let works = Command::new(BOUND[0]).args([BOUND[1], "true"]).status();
    works.is_ok_and(|status| status.success()).then_some(bound)
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A folder of databases with a folder `locked`, which holds the database `x.db`.
fn databases() -> Option<(DatabaseFolder, Start)> {
    if engine() != Engine::Sqlite {
        return None;
    }
    let databases = DatabaseFolder::new();
    let Some(start) = start(databases.folder.path()) else {
        left_out("files without rights, because setpriv cannot take any from the superuser");
        return None;
    };
    std::fs::create_dir(databases.path("locked")).unwrap();
    std::fs::copy(databases.path("good"), databases.path("locked/x.db")).unwrap();
    Some((databases, start))
}

#[test]
fn a_file_that_may_not_be_read_is_named() {
    let Some((databases, start)) = databases() else { return };
    let file = databases.path("locked/x.db");
    let sentence = format!("cannot open the database {}: Permission denied (os error 13)", file.display());
    let before = std::fs::read(&file).unwrap();
    set_mode(&file, 0o000);
    // Commands run one by one, because this test cannot read the file either while it is locked.
    for command in [&ALL[..], &[BACKUP]].concat() {
        assert_eq!(databases.sentence(command, &databases.url("locked/x.db"), &start), sentence);
    }
    set_mode(&file, 0o600);
    assert!(std::fs::read(&file).unwrap() == before);
}

#[test]
fn a_file_or_folder_that_may_not_be_written_is_named() {
    let Some((databases, start)) = databases() else { return };
    let (folder, file, url) =
        (databases.path("locked"), databases.path("locked/x.db"), databases.url("locked/x.db"));
    let sentence = format!(
        "cannot open the database {}: attempt to write a readonly database; the file and its folder must be writable",
        file.display()
    );
    set_mode(&file, 0o444);
    assert_eq!(databases.sentences_by(&[SERVE, MIGRATE, LIST, PURGE], &url, start), one(sentence.as_str()));
    set_mode(&file, 0o644);
    set_mode(&folder, 0o555);
    assert_eq!(databases.sentences_by(&[SERVE, MIGRATE, LIST, PURGE, TO], &url, start), one(sentence));
    let denied = "Permission denied (os error 13)";
    let cannot_write = format!("cannot write in {}: {denied}", folder.display());
    assert_eq!(databases.sentences_by(&[RESTORE], &url, start), one(cannot_write.as_str()));
    assert_eq!(
        databases.sentences_by(&[&["backup", "locked/copy"]], &databases.url("good"), start),
        one(cannot_write.replace(&folder.display().to_string(), "locked"))
    );
    let new = databases.path("locked/new.db");
    let sentence = format!("cannot open the database {}: {denied}", new.display());
    assert_eq!(databases.sentences_by(&MAKERS, &databases.url("locked/new.db"), start), one(sentence));
    set_mode(&folder, 0o755);
}

#[test]
fn a_file_of_another_account_is_named_with_its_owner_and_the_command() {
    let Some((databases, start)) = databases() else { return };
    let (folder, file, url) =
        (databases.path("locked"), databases.path("locked/x.db"), databases.url("locked/x.db"));
    // Every system has an account with this number, which owns nothing.
    const OTHER: u32 = 65_534;
    if std::os::unix::fs::chown(&file, Some(OTHER), None).is_err() {
        return left_out("files of another account, because only the superuser can make them");
    }
    let named = |path: &Path| {
        format!(
            "{} belongs to nobody, and this process runs as root: run the command as the owner",
            path.display()
        )
    };
    set_mode(&file, 0o600);
    for command in [SERVE, MIGRATE, LIST, PURGE, BACKUP] {
        let said = databases.sentence(command, &url, &start);
        assert!(said.contains("Permission denied") && said.contains(&named(&file)), "{command:?}: {said}");
        assert!(said.contains("sudo -u nobody grantor …"), "{command:?}: {said}");
    }
    set_mode(&file, 0o644);
    let said = databases.sentence(LIST, &url, &start);
    assert!(said.contains("readonly") && said.contains(&named(&file)), "{said}");
    std::os::unix::fs::chown(&file, Some(0), None).unwrap();
    std::os::unix::fs::chown(&folder, Some(OTHER), None).unwrap();
    let said = databases.sentence(LIST, &url, &start);
    assert!(said.contains("readonly") && said.contains(&named(&folder)), "{said}");
    let said = databases.sentence(MIGRATE, &databases.url("locked/new.db"), &start);
    assert!(said.contains("Permission denied") && said.contains(&named(&folder)), "{said}");
    // SQLite opens the files beside the database only when it reads, and needs to write them.
    std::os::unix::fs::chown(&folder, Some(0), None).unwrap();
    let (log, index) = (databases.path("locked/x.db-wal"), databases.path("locked/x.db-shm"));
    for other in [&log, &index] {
        std::fs::write(other, "").unwrap();
        std::os::unix::fs::chown(other, Some(OTHER), None).unwrap();
        set_mode(other, 0o400);
        for command in [LIST, MIGRATE, PURGE] {
            let said = databases.sentence(command, &url, &start);
            assert!(said.contains(&named(other)) && !said.contains("must be writable, too"), "{said}");
        }
        std::fs::remove_file(other).unwrap();
    }
    // Any other file that an option names.
    std::os::unix::fs::chown(databases.path("password"), Some(OTHER), None).unwrap();
    set_mode(&databases.path("password"), 0o600);
    let said = start(databases.operator(&databases.url("good")).command(&["config", "show"]))
        .args(["--config", "password"])
        .output()
        .unwrap();
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains(&named(&databases.path("password"))), "{said}");
}
