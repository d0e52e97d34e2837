//! A page that is followed: the operator's commands on a running server, and the files with this test's own addresses.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use grantor::cache::catalogue::Freshness;
use regex::Regex;
use reqwest::Method;
use serde_json::Value;
use tempfile::TempDir;

use super::recipe::Recipe;
use crate::clients::installed;
use crate::support::process::free_port;
use crate::support::tls;
use crate::support::{Answer, Browser, CHALLENGE, Operator, TestServer, VERIFIER};

/// Where the pages have the server, the application, and the secrets that a reader makes.
const ISSUER: &str = "https://id.example.com";
const APPLICATION: &str = "https://app.example.com";
const CLIENT_SECRET: &str = "CLIENT_SECRET";
const OWN_SECRET: &str = "OWN_SECRET";
/// Most libraries want RS256 unless they are asked otherwise.
const ALGORITHMS: (&str, &str) = ("keys.algorithms", "RS256 ES256");

pub(super) struct Trial {
    recipe: Recipe,
    pub(super) server: TestServer,
    pub(super) alice: Browser,
    /// The port of the application.
    pub(super) port: u16,
    /// The files of the application; below the folder of the installed libraries, where Node.js searches for them.
    pub(super) folder: TempDir,
    /// What replaces what on the page.
    values: Vec<(String, String)>,
    /// The clients that the page's commands created, with their secrets.
    secrets: Vec<(String, String)>,
}

impl Trial {
    /// Starts a server with the user `alice`, and runs the page's commands there. Without the part of the installed
    /// libraries that it needs, reports that the test is skipped and returns `None`.
    pub(super) async fn begin(page: &str, part: &str) -> Option<Self> {
        let libraries = installed(part)?;
        let server = TestServer::start_with(&[ALGORITHMS]).await;
        let alice = server.alice().await;
        Some(Self::follow(page, server, alice, TempDir::new_in(libraries).expect("a folder")).await)
    }

    /// Begins in the same way, for a program of the system that needs none of the installed libraries. Other accounts of
    /// the machine may open the folder, which is not below that of the libraries.
    pub(super) async fn begin_without_libraries(page: &str) -> Self {
        let server = TestServer::start_with(&[ALGORITHMS]).await;
        let alice = server.alice().await;
        let folder = TempDir::new().expect("a folder");
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a folder");
        Self::follow(page, server, alice, folder).await
    }

    /// Begins in the same way on a server that speaks https. Its certificate is the file `cert.pem` in the folder.
    pub(super) async fn begin_by_https(page: &str, part: &str) -> Option<Self> {
        let folder = TempDir::new_in(installed(part)?).expect("a folder");
        let trusted = tls::certificate(folder.path());
        let file = |name: &str| folder.path().join(name).display().to_string();
        let (certificate, key) = (file("cert.pem"), file("key.pem"));
        let port = free_port();
        let (listen, url) = (format!("127.0.0.1:{port}"), format!("https://localhost:{port}"));
        let options = [
            ALGORITHMS,
            ("listen", listen.as_str()),
            ("public_url", url.as_str()),
            ("tls.certificate", certificate.as_str()),
            ("tls.key", key.as_str()),
        ];
        let mut server = TestServer::start_with(&options).await;
        server.url = url;
        server.user("alice").await;
        let alice = Browser::trusting(&server.url, trusted);
        Some(Self::follow(page, server, alice, folder).await)
    }

    async fn follow(page: &str, server: TestServer, alice: Browser, folder: TempDir) -> Self {
        Operator::of(&server).done(&["user", "update", "alice", "--name", "Alice Liddell"]);
        let port = free_port();
        let values = vec![
            (ISSUER.to_owned(), server.url.clone()),
            (APPLICATION.to_owned(), format!("http://localhost:{port}")),
            (OWN_SECRET.to_owned(), "0123456789abcdef0123456789abcdef".to_owned()),
        ];
        let recipe = Recipe::read(page);
        let mut trial = Self { recipe, server, alice, port, folder, values, secrets: Vec::new() };
        let said = run(&Operator::of(&trial.server), &trial.filled_in(&trial.recipe.commands()));
        let created = Regex::new(r"created the client (\S+)\nits secret[^\n]*: (\S+)").expect("a pattern");
        let created = created.captures_iter(&said).map(|found| (found[1].to_owned(), found[2].to_owned()));
        trial.secrets = created.collect();
        if let Some((_, secret)) = trial.secrets.first() {
            trial.values.push((CLIENT_SECRET.to_owned(), secret.clone()));
        }
        // The commands are another process: its changes are there within a second, or when they are read now.
        trial.server.app.cache.catalogue(Freshness::Now).await.expect("the catalogue");
        trial
    }

    /// The application's address.
    pub(super) fn application(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Replaces one more text of the page's blocks.
    pub(super) fn replace(&mut self, from: &str, to: &str) {
        assert!(self.recipe.text.contains(from), "{} has {from}", self.recipe.name);
        self.values.push((from.to_owned(), to.to_owned()));
    }

    /// The secret of the page's first client.
    pub(super) fn secret(&self) -> &str {
        self.secrets.first().map_or("", |(_, secret)| secret)
    }

    /// The token response that a client of the page gets for Alice, with `more` parameters in the authorization request;
    /// a `resource` is in both requests.
    pub(super) async fn tokens(&mut self, client: &str, redirect_uri: &str, more: &[(&str, &str)]) -> Value {
        let fixed = [
            ("client_id", client),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let query = serde_urlencoded::to_string([&fixed[..], more].concat()).expect("a query");
        let back = self.alice.authorize(&format!("/authorize?{query}")).await;
        let code = back.get("code");
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("redirect_uri", redirect_uri),
            ("code", &code),
            ("code_verifier", VERIFIER),
        ];
        let secret = self.secrets.iter().find(|(id, _)| id == client);
        form.extend(secret.map(|(_, secret)| ("client_secret", secret.as_str())));
        form.extend(more.iter().filter(|(name, _)| *name == "resource"));
        let answer = self.alice.post("/token", &form).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Calls an API with a token.
    pub(super) async fn call(&self, address: &str, token: &Value) -> Answer {
        let bearer = format!("Bearer {}", token.as_str().expect("a token"));
        self.server.browser().request(Method::GET, address, &[("authorization", &bearer)], "").await
    }

    fn filled_in(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    /// Writes the page's block with this name into the folder. Returns its path.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        let blocks = self.recipe.blocks();
        let block = blocks.iter().find(|block| block.name == name);
        let block = block.unwrap_or_else(|| panic!("{} has a block {name}", self.recipe.name));
        let text = self.filled_in(&block.text);
        assert!(!text.contains("example.com/"), "every address is replaced: {text}");
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }
}

/// Runs commands for a shell with the binary in its path, which must succeed. Returns their standard output.
pub(super) fn run(operator: &Operator, commands: &str) -> String {
    let binary = operator.command(&[]);
    let path = std::path::Path::new(binary.get_program()).parent().expect("a folder").to_owned();
    let path = format!("{}:{}", path.display(), std::env::var("PATH").expect("a path"));
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", commands]).current_dir(&operator.directory);
    for (name, value) in binary.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell.env("PATH", path).stdin(Stdio::null()).output().expect("a shell");
    assert!(output.status.success(), "{commands}\n{output:?}");
    String::from_utf8(output.stdout).expect("text")
}
