//! The operator's commands beside a running server: what they change, ask, list and refuse.

mod answers;
mod clients;
mod config;
mod keys;
mod scopes;
mod users;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::browser::Answer;
use crate::support::process::grantor;
use crate::support::{Application, Browser, TestServer};

/// Somebody with the binary and the address of the server's database.
struct Operator {
    directory: PathBuf,
    url: String,
}

impl Operator {
    fn of(server: &TestServer) -> Self {
        let database = &server.database;
        Self { directory: database.directory.path().to_owned(), url: database.url.clone() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = grantor(&self.directory, arguments);
        command.env("GRANTOR_DATABASE__URL", &self.url);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().expect("the binary")
    }

    /// Runs a command that must succeed; its standard output.
    #[track_caller]
    fn done(&self, arguments: &[&str]) -> String {
        succeeded(arguments, self.run(arguments))
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let text = self.done(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Runs a command that must say why it could not.
    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> String {
        refusal(arguments, &self.run(arguments))
    }

    fn with_input(&self, arguments: &[&str], input: &str) -> Output {
        let file = self.directory.join("input");
        std::fs::write(&file, input).expect("a file");
        let input = std::fs::File::open(file).expect("a file");
        self.command(arguments).stdin(input).output().expect("the binary")
    }
}

#[track_caller]
fn succeeded(arguments: &[&str], output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[track_caller]
fn refusal(arguments: &[&str], output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    let [line] = lines.as_slice() else { panic!("one sentence: {text}") };
    line.strip_prefix("grantor: ").unwrap_or_else(|| panic!("{line}")).to_owned()
}

async fn token(application: &Application) -> Answer {
    application.token(&[("grant_type", "client_credentials"), ("scope", "read")]).await
}

/// A refresh token that alice allowed, for `scope`.
async fn refresh_token(web: &Application, browser: &mut Browser, scope: &str) -> String {
    let answer = browser.authorize(&web.url_with(&[("scope", scope)])).await;
    web.redeem_by_hand(&answer.get("code")).await.get("refresh_token")
}

async fn is_signed_in(web: &Application, browser: &mut Browser) -> bool {
    !browser.open(&web.url_with(&[])).await.is_sign_in()
}

fn secret_ids(client: &Value) -> Vec<String> {
    let secrets = client["secrets"].as_array().expect("secrets");
    secrets.iter().map(|secret| secret["id"].as_str().expect("an id").to_owned()).collect()
}
