//! DPoP: tokens that only the holder of a key can use (RFC 9449).

mod bound_codes;
mod demands;
mod grants;
mod libraries;
mod nonces;
mod proofs;
mod replays;
mod resources;

use serde_json::{Value, json};

use crate::support::dpop::ProofKey;
use crate::support::jwt::claims;
use crate::support::{Answer, Application, TestServer};

const CLIENT_CREDENTIALS: &[(&str, &str)] = &[("grant_type", "client_credentials")];
/// For a client of the management API, whose scopes are never a default.
const MANAGEMENT: &[(&str, &str)] =
    &[("grant_type", "client_credentials"), ("scope", "grantor.clients.read")];

/// Checks that a token response has a token of the type DPoP, and that its API sees the key.
async fn assert_bound(app: &Application, answer: &Answer, key: &ProofKey) -> String {
    assert_eq!((answer.status.as_u16(), answer.get("token_type").as_str()), (200, "DPoP"), "{answer:?}");
    let token = answer.get("access_token");
    let cnf = json!({ "jkt": key.thumbprint() });
    if token.starts_with("ey") {
        assert_eq!(claims(&token)["cnf"], cnf);
    }
    if app.secret.is_some() {
        let introspected = app.introspect(&token).await;
        assert_eq!(
            (&introspected["cnf"], &introspected["token_type"]),
            (&cnf, &json!("DPoP")),
            "{introspected}"
        );
    }
    token
}

/// Checks that a proof at the token endpoint is refused.
async fn refused(server: &TestServer, app: &Application, proof: &str, reason: &str) {
    let answer = app.proven(server, CLIENT_CREDENTIALS, proof).await;
    assert_eq!(answer.json()["reason"], reason, "{proof} {answer:?}");
    answer.assert_json_error(400, "invalid_dpop_proof", reason);
}

/// A change of the claims of a proof.
fn change(name: &str, value: impl Into<Value>) -> Value {
    let value: Value = value.into();
    json!({ name: value })
}
