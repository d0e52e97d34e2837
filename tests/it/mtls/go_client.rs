//! A client in Go, whose certificate golang.org/x/oauth2 shows.

use grantor::oauth::client::TokenFormat;
use serde_json::json;
use tokio::process::Command;

use super::authority::Authority;
use crate::clients::{converse, installed};
use crate::support::process::free_port;
use crate::support::relying_party::Registration;
use crate::support::{Browser, TestServer, tls};

#[tokio::test]
async fn golang_org_x_oauth2_gets_and_presents_a_token_with_its_certificate() {
    let Some(directory) = installed("go-client") else { return };
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
    let listen = issuer.replace("https://localhost", "127.0.0.1");
    let server = TestServer::start_with(&[
        ("public_url", &issuer),
        ("listen", &listen),
        ("tls.certificate", &path("cert.pem")),
        ("tls.key", &path("key.pem")),
        ("tls.mtls_listen", "127.0.0.1:0"),
        ("tls.client_ca", &path("ca.pem")),
    ])
    .await;
    let mut registration = Registration::service("tool").scopes("grantor.clients.read");
    registration.client.auth_method = Some(grantor::oauth::client::AuthMethod::TlsClientAuth);
    registration.client.certificate.subject_dn = Some("CN=tool".into());
    registration.client.certificate.bound_tokens = true;
    registration.client.token_format = TokenFormat::Jwt;
    server.register(registration).await;
    let mut command = Command::new(directory.join("go-client"));
    command.args(["mtls", &issuer, "tool", &path("cert.pem"), &path("own.pem"), &path("own.key")]);
    let done = converse(command, &mut Browser::new(&issuer)).await;
    assert_eq!(done, json!({ "type": "Bearer", "with": 200, "without": 401 }));
}
