//! Client libraries in other languages, which show a certificate: golang.org/x/oauth2 and openid-client.

use grantor::oauth::client::{AuthMethod, TokenFormat};
use serde_json::{Value, json};
use tokio::process::Command;

use super::authority::Authority;
use crate::clients::{converse, installed, program};
use crate::support::process::free_port;
use crate::support::relying_party::Registration;
use crate::support::{Browser, TestServer, tls};

/// Runs the program of a library, with the arguments that all of them take, for a service with this certificate. Returns its
/// last line, and the thumbprint of the certificate.
async fn run(mut command: Command) -> (Value, String) {
    let (authority, folder) = (Authority::new("Authority"), tempfile::tempdir().unwrap());
    let path = |name: &str| folder.path().join(name).display().to_string();
    tls::certificate(folder.path());
    let shown = authority.client("tool");
    for (name, text) in [
        ("ca.pem", authority.pem()),
        ("own.pem", shown.certificate.pem()),
        ("own.key", shown.key.serialize_pem()),
    ] {
        std::fs::write(path(name), text).unwrap();
    }
    let issuer = format!("https://localhost:{}", free_port());
    let server = TestServer::start_with(&[
        ("public_url", &issuer),
        ("listen", &issuer.replace("https://localhost", "127.0.0.1")),
        ("tls.certificate", &path("cert.pem")),
        ("tls.key", &path("key.pem")),
        ("tls.mtls_listen", "127.0.0.1:0"),
        ("tls.client_ca", &path("ca.pem")),
    ])
    .await;
    let mut registration =
        Registration::service("tool").scopes("grantor.clients.read").method(AuthMethod::TlsClientAuth);
    registration.client.certificate.subject_dn = Some("CN=tool".into());
    registration.client.certificate.bound_tokens = true;
    registration.client.token_format = TokenFormat::Jwt;
    server.register(registration).await;
    command.args([&issuer, "tool", &path("cert.pem"), &path("own.pem"), &path("own.key")]);
    (converse(command, &mut Browser::new(&issuer)).await, shown.thumbprint())
}

#[tokio::test]
async fn golang_org_x_oauth2_gets_and_presents_a_token_with_its_certificate() {
    let Some(directory) = installed("go-client") else { return };
    let mut command = Command::new(directory.join("go-client"));
    command.arg("mtls");
    let (done, _) = run(command).await;
    assert_eq!(done, json!({ "type": "Bearer", "with": 200, "without": 401 }));
}

#[tokio::test]
async fn openid_client_gets_and_presents_a_token_with_its_certificate() {
    let Some(directory) = installed("node_modules") else { return };
    // Node.js looks for libraries in the program's own folder.
    let copy = directory.join("openid_mtls.mjs");
    std::fs::copy(program("openid_mtls.mjs"), &copy).unwrap();
    let mut command = Command::new("node");
    command.arg(copy);
    let (done, thumbprint) = run(command).await;
    assert_eq!(done, json!({ "cnf": { "x5t#S256": thumbprint }, "with": 200, "without": 401 }));
}
