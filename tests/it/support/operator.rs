//! The operator: the binary, and the URL of a running server's database.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::TestServer;
use super::process::grantor;

/// An operator with the binary and the URL of the server's database.
pub(crate) struct Operator {
    pub(crate) directory: PathBuf,
    pub(crate) url: String,
}

impl Operator {
    pub(crate) fn of(server: &TestServer) -> Self {
        let database = &server.database;
        Self { directory: database.directory.path().to_owned(), url: database.url.clone() }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = grantor(&self.directory, arguments);
        command.env("GRANTOR_DATABASE__URL", &self.url);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().expect("the binary")
    }

    /// Runs a command that must succeed. Returns its standard output.
    #[track_caller]
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        succeeded(arguments, self.run(arguments))
    }

    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let text = self.done(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Runs a command that must fail. Returns its sentence.
    #[track_caller]
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        refusal(arguments, &self.run(arguments))
    }

    /// Runs a line in a shell that knows the binary as `grantor`. It must succeed. Returns its standard output.
    #[track_caller]
    pub(crate) fn shell(&self, line: &str) -> String {
        let binary = self.command(&[]);
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(&self.directory).stdin(Stdio::null());
        for (name, value) in binary.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let folder = Path::new(binary.get_program()).parent().expect("a folder").to_owned();
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(folder).chain(std::env::split_paths(&others));
        shell.env("PATH", std::env::join_paths(path).expect("a path"));
        succeeded(&[line], shell.output().expect("a shell"))
    }

    pub(crate) fn with_input(&self, arguments: &[&str], input: &str) -> Output {
        let file = self.directory.join("input");
        std::fs::write(&file, input).expect("a file");
        let input = std::fs::File::open(file).expect("a file");
        self.command(arguments).stdin(input).output().expect("the binary")
    }

    #[track_caller]
    pub(crate) fn set_password(&self, username: &str, password: &str) {
        let set = ["user", "set-password", username, "--password-stdin"];
        succeeded(&set, self.with_input(&set, password));
    }
}

#[track_caller]
pub(crate) fn succeeded(arguments: &[&str], output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[track_caller]
pub(crate) fn refusal(arguments: &[&str], output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    sentence(&String::from_utf8_lossy(&output.stderr))
}

/// The single sentence that a failing command prints.
#[track_caller]
pub(crate) fn sentence(stderr: &str) -> String {
    let complaints = complaints(stderr);
    let [line] = complaints.as_slice() else { panic!("one sentence: {stderr}") };
    line.strip_prefix("grantor: ").unwrap_or_else(|| panic!("{line}")).to_owned()
}

/// What a command prints on standard error beside its log, which is in JSON here, and its warnings.
pub(crate) fn complaints(stderr: &str) -> Vec<&str> {
    let is_aside = |line: &&str| line.starts_with('{') || line.starts_with("grantor: warning: ");
    stderr.lines().filter(|line| !is_aside(line)).collect()
}
