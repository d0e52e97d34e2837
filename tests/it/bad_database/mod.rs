//! Unusable databases: every command says so in one sentence, in time, and changes nothing.

mod damaged;
mod foreign;
#[cfg(unix)]
mod permissions;
#[cfg(unix)]
mod postgres;
mod sqlite;
mod turns;
mod unreachable;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::Operator;
use crate::support::database::private_folder;
use crate::support::process::ends_by_itself;

/// The password in every URL of these tests.
const SECRET: &str = "hunter2";

const SERVE: &[&str] = &["serve"];
const MIGRATE: &[&str] = &["migrate"];
const PLAN: &[&str] = &["migrate", "--dry-run"];
const LIST: &[&str] = &["client", "list"];
const CREATE: &[&str] = &["user", "create", "--username", "eve", "--password-stdin"];
const PURGE: &[&str] = &["purge"];
const BACKUP: &[&str] = &["backup", "copy"];
const RESTORE: &[&str] = &["restore", "good", "--yes"];
/// These two have the URL as an argument.
const FROM: &[&str] = &["copy", "--from", "URL", "--to", "sqlite:new"];
const TO: &[&str] = &["copy", "--from", "sqlite:good", "--to", "URL"];

/// Commands that write.
const WRITERS: [&[&str]; 6] = [SERVE, MIGRATE, LIST, CREATE, PURGE, TO];
/// Those of them that make a database, and those that need one.
const MAKERS: [&[&str]; 3] = [SERVE, MIGRATE, TO];
const USERS: [&[&str]; 3] = [LIST, CREATE, PURGE];
/// Commands that write, and those that only read.
const ALL: [&[&str]; 8] = [SERVE, MIGRATE, PLAN, LIST, CREATE, PURGE, FROM, TO];

/// A folder that holds one usable database, `good`.
struct DatabaseFolder {
    folder: TempDir,
}

impl DatabaseFolder {
    fn new() -> Self {
        let folder = private_folder();
        let operator = Operator { directory: folder.path().to_owned(), url: "sqlite:grantor.db".into() };
        operator.done(MIGRATE);
        operator.done(&["backup", "good"]);
        std::fs::remove_file(folder.path().join("grantor.db")).unwrap();
        std::fs::write(folder.path().join("password"), "a long enough password").unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The URL of a file in this folder.
    fn url(&self, name: &str) -> String {
        format!("sqlite:{}", self.path(name).display())
    }

    fn operator(&self, url: &str) -> Operator {
        Operator { directory: self.folder.path().to_owned(), url: url.to_owned() }
    }

    /// The names and contents of all files in this folder, recursively.
    fn state(&self) -> BTreeSet<(PathBuf, Vec<u8>)> {
        let mut state = BTreeSet::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => _ = state.insert((path.clone(), std::fs::read(&path).unwrap())),
                }
            }
        }
        state
    }

    /// Runs commands that must all refuse the database and change nothing. Returns the different sentences that they
    /// print.
    #[track_caller]
    fn sentences(&self, commands: &[&[&str]], url: &str) -> BTreeSet<String> {
        self.sentences_by(commands, url, |command| command)
    }

    /// The same, for commands that are started in a special way.
    #[track_caller]
    fn sentences_by(
        &self,
        commands: &[&[&str]],
        url: &str,
        start: impl Fn(Command) -> Command,
    ) -> BTreeSet<String> {
        let before = self.state();
        let sentences = commands.iter().map(|arguments| self.sentence(arguments, url, &start)).collect();
        assert!(self.state() == before, "{commands:?} changed a file");
        sentences
    }

    #[track_caller]
    fn sentence(&self, arguments: &[&str], url: &str, start: &impl Fn(Command) -> Command) -> String {
        let is_an_end = arguments.contains(&"URL");
        let named: Vec<&str> = arguments.iter().map(|word| if *word == "URL" { url } else { word }).collect();
        let mut command = self.operator(if is_an_end { "sqlite:good" } else { url }).command(&named);
        command.env("GRANTOR_LISTEN", "127.0.0.1:0");
        let mut command = start(command);
        command.stdin(std::fs::File::open(self.path("password")).unwrap());
        let began = Instant::now();
        let (code, text) = ends_by_itself(command);
        assert!(began.elapsed() < Duration::from_secs(20), "{arguments:?}: {:?}", began.elapsed());
        assert_eq!(code, Some(1), "{arguments:?}: {text}");
        assert!(!text.contains(SECRET), "{arguments:?}: {text}");
        // A warning about a password in the arguments comes before, and is not about the database.
        let is_warning = |line: &&str| line.contains(" shows the password in the URL ");
        let lines: Vec<&str> = text.lines().filter(|line| !is_warning(line)).collect();
        let [line] = lines.as_slice() else { panic!("{arguments:?}: one sentence: {text}") };
        let sentence = line.strip_prefix("grantor: ").unwrap_or_else(|| panic!("{line}"));
        let ends = ["the database to copy from: ", "the database to copy to: "];
        let of_an_end = ends.iter().find_map(|end| sentence.strip_prefix(end)).filter(|_| is_an_end);
        of_an_end.unwrap_or(sentence).to_owned()
    }
}

/// The sentence of a command that needs a database, which only an environment variable names.
fn no_database(what: impl std::fmt::Display) -> String {
    format!(
        "there is no database {what} (database.url); --config and GRANTOR_CONFIG name no file, and there is neither \
         ./grantor.toml nor /etc/grantor/grantor.toml. grantor init, serve and migrate make a database"
    )
}

fn one(sentence: impl Into<String>) -> BTreeSet<String> {
    [sentence.into()].into()
}
