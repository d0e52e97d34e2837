//! The command line of an operator: the binary, and a configuration file that names a fresh database.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use grantor::clock::Timestamp;
use grantor::config::Config;
use grantor::store::migrate;
use serde_json::Value;

use super::database::{TestDatabase, engine};
use super::operator::{complaints, refusal};
use super::process::{ServerProcess, grantor};

/// A database, and a configuration file that names it.
pub(crate) struct CommandLine {
    database: TestDatabase,
    pub(crate) config: PathBuf,
}

impl CommandLine {
    pub(crate) async fn new() -> Self {
        let cli = Self::without_a_database().await;
        let config = Config::with(&[("database.url", &cli.database.url)]).expect("a configuration");
        let made = migrate::run(&config.database_options(), "test", Timestamp::from_unix(1)).await;
        made.expect("a database");
        cli
    }

    /// On SQLite the file of its database does not exist.
    pub(crate) async fn without_a_database() -> Self {
        let database = TestDatabase::fresh(engine()).await;
        let config = database.directory.path().join("grantor.toml");
        let cli = Self { database, config };
        cli.configure("");
        cli
    }

    pub(crate) fn database_url(&self) -> &str {
        &self.database.url
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.database.directory.path().to_owned()
    }

    /// Writes the configuration file: the database, and `more`.
    pub(crate) fn configure(&self, more: &str) {
        let text = format!("{more}\n[database]\nurl = \"{}\"\nconnections = 2\n", self.database.url);
        std::fs::write(&self.config, text).expect("a file");
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let with_config = [arguments, &["--config", self.config.to_str().expect("text")]].concat();
        grantor(&self.directory(), &with_config)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().expect("the binary")
    }

    /// Starts a command without waiting for its end.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the binary")
    }

    /// Runs a command that must succeed. Returns its standard output.
    #[track_caller]
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(complaints(&stderr).is_empty(), "{arguments:?}: {stderr}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs a command that must fail. Returns the sentence that it prints.
    #[track_caller]
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        refusal(arguments, &self.run(arguments))
    }

    pub(crate) fn client(&self, id: &str, kind: &str, more: &[&str]) -> Output {
        self.run(
            &[&["client", "create", "--id", id, "--name", "An application", "--kind", kind], more].concat(),
        )
    }

    #[track_caller]
    pub(crate) fn client_done(&self, id: &str, kind: &str, more: &[&str]) -> Value {
        let output = self.client(id, kind, &[more, &["--json"]].concat());
        assert!(output.status.success(), "{id}: {output:?}");
        serde_json::from_slice(&output.stdout).expect("one JSON object")
    }

    #[track_caller]
    pub(crate) fn client_refused(&self, kind: &str, more: &[&str]) -> String {
        refusal(more, &self.client("refused", kind, more))
    }

    pub(crate) fn user(&self, arguments: &[&str], password: &str) -> Output {
        let mut child = self.start(&[&["user", "create", "--password-stdin"], arguments].concat());
        // A command that refuses its arguments does not read its input.
        let _ = child.stdin.take().expect("a pipe").write_all(password.as_bytes());
        child.wait_with_output().expect("an end")
    }

    pub(crate) fn serve(&self, environment: &[(&str, &str)]) -> ServerProcess {
        ServerProcess::start(&self.directory(), &self.config, environment)
    }
}
