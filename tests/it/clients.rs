//! Independent client libraries in other languages: Authlib (Python), openid-client (Node.js) and oidc-client-ts (in a
//! browser, as a single-page application).
//!
//! `tests/clients` has their programs, and those of libraries that decrypt tokens (`encryption.rs`); `just clients`
//! installs what they need into `target/clients`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use grantor::jose::key::SigningKey;
use grantor::oauth::client::{ClientKind, GrantType};
use grantor::oauth::id::ClientId;
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::oauth::signing_key::SigningAlgorithm;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::Instant;

use crate::support::chromium::Chromium;
use crate::support::relying_party::Registration;
use crate::support::site::Site;
use crate::support::{Application, Browser, Operator, TestServer, left_out};

const BYE: &str = "https://app.example/bye";
/// The time limit for a whole client program.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Where the libraries are installed. Without them the test reports that it is skipped and gets `None`.
pub(crate) fn installed(part: &str) -> Option<PathBuf> {
    let directory = std::env::var_os("TEST_CLIENTS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients"), PathBuf::from);
    if directory.join(part).exists() {
        return Some(directory);
    }
    left_out("the clients in other languages, because they are not installed (just clients)");
    None
}

/// Runs a client's program and acts as Alice's browser for it.
async fn run(mut command: Command) {
    let server = TestServer::start_with(&[("keys.algorithms", "RS256 ES256")]).await;
    let mut registration = Registration::web("app").scopes("openid profile email offline_access");
    registration.client.post_logout_redirect_uris =
        vec![RegisteredUri::register(BYE, ClientKind::Web).unwrap()];
    let app = server.register(registration).await;
    let mut alice = server.alice().await;
    Operator::of(&server).done(&["user", "update", "alice", "--name", "Alice Liddell"]);

    let secret = app.secret.as_deref().unwrap();
    command.args([server.url.as_str(), "app", secret, &app.redirect_uri, BYE]);
    let done = converse(command, &mut alice).await;
    assert_eq!(done["userinfo"]["name"], "Alice Liddell");
    assert_eq!(done["userinfo"]["email"], "alice@example.com");
    assert_eq!(done["amr"], json!(["pwd"]));
    assert_eq!(done["left"], format!("{BYE}?state=left"));
    assert!(!alice.get("/").await.body.contains("alice"), "she is signed out");
}

/// Runs a client's program with Alice's browser. Returns the program's last line.
pub(crate) async fn converse(command: Command, alice: &mut Browser) -> Value {
    let mut program = Program::start(command);
    loop {
        match program.says().await {
            Said::Open(address) => {
                let back = alice.authorize(&address).await;
                let back = back.location().unwrap_or_else(|| panic!("{back:?}"));
                program.hears(back.as_str()).await;
            }
            Said::Done(result) => return result,
        }
    }
}

/// A client's program that runs.
pub(crate) struct Program {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    end: Instant,
}

/// A line of a client's program.
pub(crate) enum Said {
    /// The browser has to open this address.
    Open(String),
    /// The program has ended.
    Done(Value),
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, lines: BufReader::new(output).lines(), end: Instant::now() + TIMEOUT }
    }

    /// Runs a program of openid-client with these arguments; `None` if the library is not installed.
    pub(crate) fn of_node(name: &str, arguments: &[&str]) -> Option<Self> {
        let directory = installed("node_modules")?;
        // Node.js looks for libraries in the program's own folder.
        let copy = directory.join(name);
        std::fs::copy(program(name), &copy).unwrap();
        let mut command = Command::new("node");
        command.arg(copy).args(arguments);
        Some(Self::start(command))
    }

    /// Waits for the next line.
    pub(crate) async fn says(&mut self) -> Said {
        let line = tokio::time::timeout_at(self.end, self.lines.next_line()).await;
        let Some(line) = line.expect("the client comes to an end").unwrap() else {
            let mut why = String::new();
            self.child.stderr.take().unwrap().read_to_string(&mut why).await.unwrap();
            panic!("{why}");
        };
        match line.split_once(' ') {
            Some(("OPEN", address)) => Said::Open(address.to_owned()),
            Some(("DONE", result)) => Said::Done(serde_json::from_str(result).unwrap()),
            _ => panic!("{line}"),
        }
    }

    /// Says where the browser has ended.
    pub(crate) async fn hears(&mut self, address: &str) {
        self.input.write_all(format!("{address}\n").as_bytes()).await.unwrap();
    }
}

pub(crate) fn program(name: &str) -> PathBuf {
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
    // Node.js looks for libraries in the program's own folder.
    let copy = directory.join("openid_client.mjs");
    std::fs::copy(program("openid_client.mjs"), &copy).unwrap();
    let mut command = Command::new("node");
    command.arg(copy);
    run(command).await;
}

#[tokio::test]
async fn openid_client_exchanges_a_persons_token_for_one_of_the_next_api() {
    let Some(directory) = installed("node_modules") else { return };
    let server = TestServer::start_with(&[("keys.algorithms", "RS256 ES256")]).await;
    let app = server.register(Registration::web("app").scopes("openid read")).await;
    let mut api = Registration::service("api").grants(&[GrantType::TokenExchange]).scopes("read");
    // The person's authorization names the first API only.
    api.client.may_widen_resources = true;
    let api = server.register(api).await;
    let (resource, behind) = ("https://api.example.com", "https://behind.example.com");
    server.resource_with(resource, "read", |resource| resource.servers = vec![ClientId::new("api")]).await;
    server.resource(behind, "read").await;
    let mut alice = server.alice().await;
    let copy = directory.join("openid_exchange.mjs");
    std::fs::copy(program("openid_exchange.mjs"), &copy).unwrap();
    let mut command = Command::new("node");
    let secret = |application: &Application| application.secret.clone().unwrap();
    command.arg(copy).args([server.url.as_str(), "app", &secret(&app), &app.redirect_uri]);
    command.args(["api", &secret(&api), resource, behind]);
    let done = converse(command, &mut alice).await;
    assert_eq!(done["type"], "urn:ietf:params:oauth:token-type:access_token");
    for reply in [&done["claims"], &done["introspected"]] {
        assert_eq!((&reply["sub"], &reply["aud"]), (&done["sub"], &json!(behind)), "{reply}");
        assert_eq!(
            (&reply["client_id"], &reply["act"]),
            (&json!("api"), &json!({ "sub": "api" })),
            "{reply}"
        );
    }
    assert_eq!(done["after"], json!({ "active": false }), "it went with the token that it came of");
}

#[tokio::test]
async fn a_single_page_application_signs_a_person_in_and_out_from_its_own_origin() {
    let Some(directory) = installed("node_modules") else { return };
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start_with(&[("keys.algorithms", "RS256 ES256")]).await;
    let library = directory.join("node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js");
    let library = std::fs::read_to_string(library).unwrap();
    let page = std::fs::read_to_string(program("spa.html")).unwrap().replace("{{ issuer }}", &server.url);
    let answer = move |path: &str| match path {
        "/oidc-client-ts.min.js" => ("200 OK\r\nContent-Type: text/javascript".to_owned(), library.clone()),
        _ => ("200 OK\r\nContent-Type: text/html; charset=utf-8".to_owned(), page.clone()),
    };
    // Another host name than the server's makes it another site, and `localhost` is a secure context, so that its pages
    // may use WebCrypto.
    let origin = format!("http://localhost:{}", Site::start(answer).port);
    let mut registration = Registration::spa("spa").scopes("openid profile email");
    registration = registration.redirect_uri(&format!("{origin}/callback"));
    let left = RegisteredUri::register(&format!("{origin}/left"), ClientKind::Spa).unwrap();
    registration.client.post_logout_redirect_uris = vec![left];
    server.register(registration).await;
    server.user("alice").await;
    Operator::of(&server).done(&["user", "update", "alice", "--name", "Alice Liddell"]);

    chromium.open(&origin).await;
    chromium.until("state", |state| state == "ready").await;
    chromium.click("go").await;
    chromium.sign_in("alice").await;
    chromium.click("allow").await;
    chromium.until("state", |state| state == "signed in").await;
    assert_eq!(chromium.text_of("told").await, "Alice Liddell alice@example.com");
    chromium.click("refresh").await;
    chromium.until("state", |state| state == "refreshed").await;
    chromium.click("leave").await;
    chromium.until("state", |state| state == "signed out").await;
    assert!(chromium.url().await.starts_with(&format!("{origin}/left?state=")));
    chromium.open(&server.url).await;
    assert!(!chromium.page.source().await.unwrap().contains("alice"), "she is signed out");
}

/// Runs Authlib as a service that authenticates in one way, with assertions for `audience`, and uses the token that it gets.
async fn authlib_service(server: &TestServer, method: &str, key: &str, audience: &str) {
    let Some(directory) = installed("python") else { return };
    let mut command = Command::new("python3");
    command.arg(program("authlib_service.py")).env("PYTHONPATH", directory.join("python"));
    command.env("PYTHONDONTWRITEBYTECODE", "1").args([server.url.as_str(), "job", method, key, audience]);
    let output = tokio::time::timeout(TIMEOUT, command.kill_on_drop(true).output());
    let output = output.await.expect("the client comes to an end").unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let done = text.lines().find_map(|line| line.strip_prefix("DONE "));
    let done = done.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let reply: Value = serde_json::from_str(done).unwrap();
    assert_eq!((&reply["before"]["active"], &reply["before"]["client_id"]), (&json!(true), &json!("job")));
    assert_eq!(reply["after"], json!({ "active": false }));
}

#[tokio::test]
async fn authlib_authenticates_a_service_by_its_key_and_by_its_secret() {
    use base64::Engine as _;
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let key = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
    let der = base64::engine::general_purpose::STANDARD.encode(key.to_pkcs8().unwrap().as_slice());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{der}\n-----END PRIVATE KEY-----\n");
    let file = operator.directory.join("jwks.json");
    std::fs::write(&file, format!("{{\"keys\":[{}]}}", key.public_jwk().unwrap())).unwrap();
    let file = file.display().to_string();
    let create = ["client", "create", "--id", "job", "--name", "Job", "--kind", "service", "--scope", "read"];
    let create = [&create[..], &["--assertion-audience", "token-endpoint", "--auth-method"]].concat();
    operator.done(&[&create[..], &["private_key_jwt", "--jwks", &file]].concat());
    let token_endpoint = format!("{}/token", server.url);
    authlib_service(&server, "private_key_jwt", &pem, &token_endpoint).await;
    operator.done(&["client", "update", "job", "--assertion-audience", "issuer"]);
    authlib_service(&server, "private_key_jwt", &pem, &server.url).await;
    operator.done(&["client", "delete", "job", "--yes"]);
    let created = operator.json(&[&create[..], &["client_secret_jwt"]].concat());
    let secret = created["client_secret"].as_str().unwrap();
    authlib_service(&server, "client_secret_jwt", secret, &token_endpoint).await;
    operator.done(&["client", "update", "job", "--assertion-audience", "issuer"]);
    authlib_service(&server, "client_secret_jwt", secret, &server.url).await;
}
