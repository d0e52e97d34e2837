//! Signed requests and signed answers of independent client libraries: openid-client, oauth4webapi and jose (Node.js), Authlib with
//! joserfc (Python).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantor::jose::key::SigningKey;
use grantor::oauth::client::{Client, Demand};
use grantor::oauth::grant::scope::Scope;
use grantor::oauth::signing_key::SigningAlgorithm;
use serde_json::{Value, json};
use tokio::process::Command;

use super::signer;
use crate::clients::{converse, installed, program};
use crate::support::TestServer;
use crate::support::jwt::key;

/// Runs a program with Alice's browser, as an application that must sign its requests.
async fn run(mut command: Command, of_key: impl Fn(&SigningKey) -> String) -> Value {
    let options =
        [("keys.algorithms", "RS256 ES256"), ("keys.encryption_algorithms", "ECDH-ES+A256KW RSA-OAEP-256")];
    let server = TestServer::start_with(&options).await;
    let key = key(SigningAlgorithm::Es256);
    let change = |client: &mut Client| {
        client.messages.jar = Some(Demand::Require);
        client.scopes = Scope::from_stored("openid email");
    };
    let app = signer(&server, "app", &key, change).await;
    let mut alice = server.alice().await;
    command.args([server.url.as_str(), "app", app.secret.as_deref().unwrap(), &app.redirect_uri]);
    command.args([&of_key(&key), key.kid()]);
    converse(command, &mut alice).await
}

fn pkcs8(key: &SigningKey) -> String {
    STANDARD.encode(key.to_pkcs8().unwrap().as_slice())
}

#[tokio::test]
async fn openid_client_and_oauth4webapi_sign_requests_and_read_signed_answers() {
    let Some(directory) = installed("node_modules") else { return };
    let copy = directory.join("openid_signed.mjs");
    std::fs::copy(program("openid_signed.mjs"), &copy).unwrap();
    let mut command = Command::new("node");
    command.arg(copy);
    let done = run(command, pkcs8).await;
    let encrypted = ["ECDH-ES+A256KW", "RSA-OAEP-256"];
    assert_eq!(done, json!({ "email": "alice@example.com", "scope": "email", "encrypted": encrypted }));
}

#[tokio::test]
async fn authlib_signs_a_request_and_reads_a_signed_answer() {
    let Some(directory) = installed("python") else { return };
    let mut command = Command::new("python3");
    command.arg(program("authlib_signed.py")).env("PYTHONPATH", directory.join("python"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let pem = |key: &SigningKey| {
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", pkcs8(key))
    };
    assert_eq!(run(command, pem).await, json!({ "scope": "email" }));
}
