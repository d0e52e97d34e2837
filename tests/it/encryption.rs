//! Encrypted ID Tokens and UserInfo responses, decrypted with the application's key by independent libraries: jose
//! (Node.js), joserfc (Python) and Nimbus (Java).

use std::process::Stdio;
use std::time::Duration;

use grantor::oauth::client::{ContentEncryption, Encryption, KeyManagement};
use grantor::oauth::request::response_type::ResponseType;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::clients::{installed, program};
use crate::support::jwt::{claims, is_signed};
use crate::support::relying_party::Registration;
use crate::support::{Operator, TestServer};

/// The application keys, named by their algorithm and curve.
const KEYS: [&str; 7] = [
    "RSA-OAEP",
    "RSA-OAEP-256",
    "ECDH-ES/P-256",
    "ECDH-ES/P-521",
    "ECDH-ES/X25519",
    "ECDH-ES+A128KW/P-384",
    "ECDH-ES+A256KW/P-256",
];

/// How long a library may take for one line of output.
const TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
enum Library {
    Jose,
    Joserfc,
    Nimbus,
}

impl Library {
    /// The program that runs the library; `None` if it is not installed.
    fn command(self) -> Option<Command> {
        let command = match self {
            Self::Jose => {
                // Node.js looks for libraries in the program's own folder. Another test may be starting the same program.
                let directory = installed("node_modules")?;
                let copy = directory.join("decrypt.mjs");
                let whole = tempfile::NamedTempFile::new_in(directory).unwrap();
                std::fs::copy(program("decrypt.mjs"), whole.path()).unwrap();
                whole.persist(&copy).unwrap();
                let mut command = Command::new("node");
                command.arg(copy);
                command
            }
            Self::Joserfc => {
                let mut command = Command::new("python3");
                command.env("PYTHONPATH", installed("python")?.join("python"));
                command.env("PYTHONDONTWRITEBYTECODE", "1").arg(program("joserfc_decrypt.py"));
                command
            }
            Self::Nimbus => {
                let mut command = Command::new("java");
                command.arg("-cp").arg(installed("java")?.join("java/*")).arg(program("java/Decrypt.java"));
                command
            }
        };
        Some(command)
    }
}

/// A process that holds an application's private keys and decrypts tokens by another library.
struct Decryptor {
    /// A JWK Set for each key.
    jwks: Vec<String>,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Decryptor {
    async fn start(library: Library, keys: &[&str]) -> Option<Self> {
        let mut command = library.command()?;
        command.args(keys).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let input = child.stdin.take().unwrap();
        let mut decryptor = Self { jwks: Vec::new(), input, lines, _child: child };
        for _ in keys {
            let jwks = decryptor.line().await;
            decryptor.jwks.push(jwks);
        }
        Some(decryptor)
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(TIMEOUT, self.lines.next_line()).await.expect("in time");
        line.unwrap().expect("an answer")
    }

    /// Decrypts a token. Returns its header and its content.
    async fn open(&mut self, token: &str) -> (Value, String) {
        self.input.write_all(format!("{token}\n").as_bytes()).await.unwrap();
        let opened: Value = serde_json::from_str(&self.line().await).unwrap();
        (opened["header"].clone(), opened["text"].as_str().unwrap().to_owned())
    }
}

/// Decrypts ID Tokens by a library: one for each of its keys and each content encryption.
async fn opens_all(library: Library) {
    let Some(mut decryptor) = Decryptor::start(library, &KEYS).await else { return };
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    for (name, jwks) in KEYS.iter().zip(decryptor.jwks.clone()) {
        for content in ContentEncryption::ALL.iter().copied() {
            let algorithm = name.split('/').next().unwrap();
            let encryption = Encryption { algorithm: KeyManagement::parse(algorithm).unwrap(), content };
            let mut registration =
                Registration::web(&format!("{name} {}", content.as_str())).scopes("openid");
            registration.client.jwks = Some(jwks.clone());
            registration.client.id_token_encryption = Some(encryption);
            registration.client.messages.response_encryption = Some(encryption);
            registration.client.response_types = vec![ResponseType::CodeIdToken];
            let app = server.register(registration).await;
            // Also the response itself, which may then be in a query.
            let url = app.url_with(&[
                ("scope", "openid"),
                ("nonce", "n"),
                ("response_type", "code id_token"),
                ("response_mode", "query.jwt"),
            ]);
            let response = decryptor.open(&alice.authorize(&url).await.get("response")).await;
            let claims = claims(&response.1);
            let id_token = app.redeem_by_hand(claims["code"].as_str().unwrap()).await.get("id_token");
            for (header, inner) in [response, decryptor.open(&id_token).await] {
                let mut expected =
                    json!({ "alg": algorithm, "enc": content.as_str(), "cty": "JWT", "kid": name });
                if algorithm.starts_with("ECDH-ES") {
                    expected["epk"] = header["epk"].clone();
                }
                assert_eq!(header, expected, "and no member that is null");
                assert!(is_signed(&server, &inner).await, "signed, and then encrypted");
            }
        }
    }
}

#[tokio::test]
async fn jose_decrypts_every_algorithm() {
    opens_all(Library::Jose).await;
}

#[tokio::test]
async fn joserfc_decrypts_every_algorithm() {
    opens_all(Library::Joserfc).await;
}

#[tokio::test]
async fn nimbus_decrypts_every_algorithm() {
    opens_all(Library::Nimbus).await;
}

#[tokio::test]
async fn id_tokens_and_userinfo_are_encrypted_for_the_application_by_every_algorithm() {
    let Some(mut decryptor) = Decryptor::start(Library::Jose, &KEYS).await else { return };
    // The test asks until the cached registration is read again.
    let server = TestServer::start_with(&[("limits.account", "1000000")]).await;
    let operator = Operator::of(&server);
    let mut alice = server.alice().await;
    for (name, jwks) in KEYS.iter().zip(decryptor.jwks.clone()) {
        let algorithm = name.split('/').next().unwrap();
        let file = operator.directory.join("jwks.json");
        std::fs::write(&file, &jwks).unwrap();
        let id = name.replace('/', " ");
        let app = server.register(Registration::web(&id).scopes("openid email")).await;
        let (file, encryption) = (file.display().to_string(), format!("{algorithm} A128GCM"));
        operator.done(&[
            "client",
            "update",
            &id,
            "--jwks",
            &file,
            "--id-token-encryption",
            &encryption,
            "--userinfo-encryption",
            algorithm,
        ]);
        let back = alice.authorize(&app.url_with(&[("scope", "openid email"), ("nonce", "n")])).await;
        let tokens = app.redeem_by_hand(&back.get("code")).await.json();
        let id_token = tokens["id_token"].as_str().unwrap();
        assert_eq!(id_token.split('.').count(), 5, "{id_token}");
        let (header, inner) = decryptor.open(id_token).await;
        assert_eq!((&header["alg"], &header["enc"]), (&algorithm.into(), &"A128GCM".into()));
        assert_eq!((&header["cty"], &header["kid"]), (&"JWT".into(), &json!(name)));
        assert!(is_signed(&server, &inner).await, "signed, and then encrypted");

        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let ask = async || {
            alice
                .clone_with_cookies()
                .request(Method::GET, "/userinfo", &[("authorization", &bearer)], "")
                .await
        };
        let reply = ask().await;
        assert_eq!(reply.header("content-type"), "application/jwt");
        let (header, json) = decryptor.open(&reply.body).await;
        assert_eq!((&header["enc"], &header["cty"]), (&"A256GCM".into(), &"json".into()));
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["email"], "alice@example.com");
        operator.done(&["client", "update", &id, "--userinfo-alg", "ES256"]);
        // The cached client record may be a second old: until it is read again, answers follow the old one.
        let signed = loop {
            let (header, inner) = decryptor.open(&ask().await.body).await;
            if header["cty"] == "JWT" {
                break inner;
            }
        };
        assert!(is_signed(&server, &signed).await);
    }
}

#[tokio::test]
async fn the_decrypted_token_is_accepted_as_a_hint_and_the_encrypted_one_is_not() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let Some(mut decryptor) = Decryptor::start(Library::Jose, &["ECDH-ES/P-256"]).await else { return };
    let file = operator.directory.join("jwks.json");
    std::fs::write(&file, &decryptor.jwks[0]).unwrap();
    let (app, mut alice) =
        (server.register(Registration::web("app").scopes("openid")).await, server.alice().await);
    let file = file.display().to_string();
    operator.done(&["client", "update", "app", "--jwks", &file, "--id-token-encryption", "ECDH-ES"]);
    let back = alice.authorize(&app.url_with(&[("scope", "openid")])).await;
    let id_token = app.redeem_by_hand(&back.get("code")).await.get("id_token");
    let (_, inner) = decryptor.open(&id_token).await;
    let silent =
        |hint: &str| app.url_with(&[("scope", "openid"), ("prompt", "none"), ("id_token_hint", hint)]);
    assert!(!alice.get(&silent(&inner)).await.get("code").is_empty());
    let refused = alice.get(&silent(&id_token)).await;
    refused.assert_redirect_error("invalid_request", "id_token_hint.invalid", &server.url);
}

#[tokio::test]
async fn encryption_without_a_suitable_key_is_refused_at_registration() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.register(Registration::web("app").scopes("openid")).await;
    let file = operator.directory.join("jwks.json");
    let path = file.display().to_string();
    let update = |arguments: &[&str]| operator.refused(&[&["client", "update", "app"], arguments].concat());
    let ec = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    let with = |more: Value| {
        let mut key = ec.clone();
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "keys": [key] }).to_string()
    };
    assert!(update(&["--id-token-encryption", "ECDH-ES"]).contains("no public key for ECDH-ES"));
    for (text, why) in [
        (String::new(), "not a JWK Set"),
        ("[]".into(), "not a JWK Set"),
        (ec.to_string(), "not a JWK Set"),
        (with(json!({ "d": "AAAA" })), "holds a private key"),
        (" ".repeat(64 * 1024 + 1), "larger than 65536 bytes"),
    ] {
        std::fs::write(&file, text).unwrap();
        let said = update(&["--jwks", &path]);
        assert!(said.contains(why), "{said}");
    }
    std::fs::write(&file, with(json!({ "use": "sig" }))).unwrap();
    assert!(update(&["--jwks", &path, "--id-token-encryption", "ECDH-ES"]).contains("no public key"));
    std::fs::write(&file, with(json!({}))).unwrap();
    assert!(update(&["--jwks", &path, "--userinfo-encryption", "RSA-OAEP-256"]).contains("RSA-OAEP-256"));
    for wrong in ["RSA1_5", "ECDH-ES A192GCM", "dir", ""] {
        assert!(
            update(&["--jwks", &path, "--id-token-encryption", wrong]).contains("is not one of"),
            "{wrong}"
        );
    }
    operator.done(&["client", "update", "app", "--jwks", &path, "--id-token-encryption", "ECDH-ES"]);
    let shown = operator.json(&["client", "show", "app"]);
    assert_eq!(shown["id_token_encrypted_response_alg"], "ECDH-ES");
    assert_eq!(shown["id_token_encrypted_response_enc"], "A256GCM");
    assert_eq!(shown["jwks"]["keys"][0]["crv"], "P-256");
    operator.done(&["client", "update", "app", "--id-token-encryption", "none"]);
    assert!(operator.json(&["client", "show", "app"])["id_token_encrypted_response_alg"].is_null());
}
