//! A client that keeps FAPI 2.0 Message Signing, by the OAuth 2.0 SDK of Nimbus (Java): with DPoP, and with a certificate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use grantor::jose::key::SigningKey;
use grantor::oauth::client::profile::Profile;
use grantor::oauth::client::{AuthMethod, Client, ObjectAlgorithm};
use grantor::oauth::signing_key::SigningAlgorithm;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::clients::{converse, installed, program};
use crate::mtls::authority::Authority;
use crate::support::jwt::{jwks, key};
use crate::support::process::free_port;
use crate::support::relying_party::Registration;
use crate::support::{Application, Browser, Operator, TestServer, tls};

const KEYS: (&str, &str) = ("keys.algorithms", "ES256");

/// A client with the profile and with everything that it needs.
async fn bank(
    server: &TestServer,
    key: &SigningKey,
    method: AuthMethod,
    change: impl FnOnce(&mut Client),
) -> Application {
    let mut registration = Registration::web("bank").scopes("openid profile offline_access").method(method);
    let client = &mut registration.client;
    client.metadata.profile = Some(Profile::Fapi2MessageSigning);
    client.jwks = Some(jwks(&[key]));
    client.id_token_alg = Some(SigningAlgorithm::Es256);
    client.messages.object_alg = Some(ObjectAlgorithm::Es256);
    client.messages.response_alg = Some(SigningAlgorithm::Es256);
    change(client);
    let operator = Operator::of(server);
    let registered = server.register(registration).await;
    operator.done(&["user", "update", "alice", "--name", "Alice Liddell"]);
    registered
}

/// The program, which is compiled in memory; `None` if the library is not installed. The applications of the integrations use
/// the library, too.
fn java() -> Option<Command> {
    let libraries = installed("integrations/spring")?.join("integrations/spring/*");
    let mut command = Command::new("java");
    // A short life: compiling well takes longer than it saves.
    command.arg("-XX:TieredStopAtLevel=1").arg("-cp").arg(libraries).arg(program("java/Fapi.java"));
    Some(command)
}

fn assert_signed_in(done: &Value) {
    for told in ["userinfo", "again"] {
        assert_eq!(done[told]["name"], "Alice Liddell", "{done}");
    }
    assert_eq!((&done["stays"], &done["introspected"]["active"]), (&json!(true), &json!(true)), "{done}");
}

#[tokio::test]
async fn a_bank_signs_a_person_in_with_a_key() {
    let Some(mut command) = java() else { return };
    // Its clock stands still, and that of the program does not.
    let options = [KEYS, ("oauth.dpop_nonce", "require"), ("oauth.dpop_max_ahead", "60s")];
    let server = TestServer::start_with(&options).await;
    let (mut alice, key) = (server.alice().await, key(SigningAlgorithm::Es256));
    let app = bank(&server, &key, AuthMethod::PrivateKeyJwt, |_| ()).await;
    let pkcs8 = STANDARD.encode(key.to_pkcs8().unwrap().as_slice());
    command.args([server.url.as_str(), "bank", &app.redirect_uri, &pkcs8, key.kid()]);
    let done = converse(command, &mut alice).await;
    assert_signed_in(&done);
    assert_eq!(done["type"], "DPoP");
    assert!(done["introspected"]["cnf"]["jkt"].is_string(), "{done}");
    assert_eq!(done["retries"], 1, "each answer brings the nonce for the next request: {done}");
}

#[tokio::test]
async fn a_bank_signs_a_person_in_with_a_certificate() {
    let Some(mut command) = java() else { return };
    let (authority, folder) = (Authority::new("Authority"), tempfile::tempdir().unwrap());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let trusted = tls::certificate(folder.path());
    let shown = authority.client("bank");
    std::fs::write(path("ca.pem"), authority.pem()).unwrap();
    std::fs::write(path("own.pem"), shown.certificate.pem()).unwrap();
    let issuer = format!("https://localhost:{}", free_port());
    let server = TestServer::start_with(&[
        KEYS,
        ("public_url", &issuer),
        ("listen", &issuer.replace("https://localhost", "127.0.0.1")),
        ("tls.certificate", &path("cert.pem")),
        ("tls.key", &path("key.pem")),
        ("tls.mtls_listen", "127.0.0.1:0"),
        ("tls.client_ca", &path("ca.pem")),
    ])
    .await;
    server.user("alice").await;
    let key = key(SigningAlgorithm::Es256);
    let app = bank(&server, &key, AuthMethod::TlsClientAuth, |client| {
        client.certificate.subject_dn = Some("CN=bank".into());
        client.certificate.bound_tokens = true;
    })
    .await;
    let pkcs8 = STANDARD.encode(key.to_pkcs8().unwrap().as_slice());
    command.args([issuer.as_str(), "bank", &app.redirect_uri, &pkcs8, key.kid()]);
    command.args([path("cert.pem"), path("own.pem"), STANDARD.encode(shown.key.serialize_der())]);
    let done = converse(command, &mut Browser::trusting(&issuer, trusted)).await;
    assert_signed_in(&done);
    assert_eq!(done["type"], "Bearer");
    assert_eq!(done["introspected"]["cnf"], json!({ "x5t#S256": shown.thumbprint() }), "{done}");
}
