//! Independent client libraries in other languages: Authlib (Python) and openid-client (Node.js).
//!
//! `tests/clients` has their programs; `just clients` installs what they need into `target/clients`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use grantor::oauth::client::{Client, ClientKind};
use grantor::oauth::redirect_uri::RegisteredUri;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::support::relying_party::Registration;
use crate::support::{Operator, TestServer, left_out};

const BYE: &str = "https://app.example/bye";
/// How long a client may take for everything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the libraries are installed; `None`, and a word about it, where they are not.
fn installed(part: &str) -> Option<PathBuf> {
    let directory = std::env::var_os("TEST_CLIENTS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients"), PathBuf::from);
    if directory.join(part).exists() {
        return Some(directory);
    }
    left_out("the clients in other languages, because they are not installed (just clients)");
    None
}

/// Lets a client's program sign alice in, and be her browser for it.
async fn run(mut command: Command) {
    let server = TestServer::start_with(&[("keys.algorithms", "RS256 ES256")]).await;
    let mut registration = Registration::web("app").scopes("openid profile email offline_access");
    registration.client = Client {
        post_logout_redirect_uris: vec![RegisteredUri::register(BYE, ClientKind::Web).unwrap()],
        ..registration.client
    };
    let app = server.register(registration).await;
    let mut alice = server.alice().await;
    Operator::of(&server).done(&["user", "update", "alice", "--name", "Alice Liddell"]);

    let secret = app.secret.as_deref().unwrap();
    command.args([server.url.as_str(), "app", secret, &app.redirect_uri, BYE]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let talk = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            match line.split_once(' ') {
                Some(("OPEN", address)) => {
                    let back = alice.authorize(address).await;
                    let back = back.location().unwrap_or_else(|| panic!("{back:?}"));
                    input.write_all(format!("{back}\n").as_bytes()).await.unwrap();
                }
                Some(("DONE", result)) => return Some(serde_json::from_str::<Value>(result).unwrap()),
                _ => panic!("{line}"),
            }
        }
        None
    };
    let done = tokio::time::timeout(PATIENCE, talk).await.expect("the client comes to an end");
    let Some(done) = done else {
        let mut why = String::new();
        child.stderr.take().unwrap().read_to_string(&mut why).await.unwrap();
        panic!("{why}");
    };
    assert_eq!(done["userinfo"]["name"], "Alice Liddell");
    assert_eq!(done["userinfo"]["email"], "alice@example.com");
    assert_eq!(done["amr"], json!(["pwd"]));
    assert_eq!(done["left"], format!("{BYE}?state=left"));
    assert!(!alice.get("/").await.body.contains("alice"), "she is signed out");
}

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

#[tokio::test]
async fn authlib_signs_a_person_in_and_out() {
    let Some(directory) = installed("python") else { return };
    let mut command = Command::new("python3");
    command.arg(program("authlib_client.py")).env("PYTHONPATH", directory.join("python"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    run(command).await;
}

#[tokio::test]
async fn openid_client_signs_a_person_in_and_out() {
    let Some(directory) = installed("node_modules") else { return };
    // Node.js looks for libraries beside the program.
    let copy = directory.join("openid_client.mjs");
    std::fs::copy(program("openid_client.mjs"), &copy).unwrap();
    let mut command = Command::new("node");
    command.arg(copy);
    run(command).await;
}
