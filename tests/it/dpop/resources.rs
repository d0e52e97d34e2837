//! Bound tokens at UserInfo and at the management API.

use grantor::secret::Hash;
use reqwest::Method;
use serde_json::json;

use super::{MANAGEMENT, assert_bound, change};
use crate::api::Api;
use crate::support::dpop::ProofKey;
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, TestServer};

const USERINFO: (&str, &str) = ("GET", "/userinfo");
const CLIENTS: (&str, &str) = ("GET", "/api/v1/clients");

async fn app(server: &TestServer) -> Application {
    server.register(Registration::web("app").scopes("openid profile")).await
}

/// A token of Alice that is bound to the key, or a Bearer token.
async fn token(
    server: &TestServer,
    app: &Application,
    alice: &mut Browser,
    key: Option<&ProofKey>,
) -> String {
    let code = alice.authorize(&app.url_with(&[("scope", "openid profile")])).await.get("code");
    match key {
        Some(key) => {
            let answer = app.proven(server, &app.redemption(&code), &key.proof(server)).await;
            assert_bound(app, &answer, key).await
        }
        None => app.redeem_by_hand(&code).await.get("access_token"),
    }
}

fn challenges(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all("www-authenticate").iter().map(|value| value.to_str().unwrap()).collect()
}

/// Checks a refusal at UserInfo: the challenge of the scheme that was used has the error, the other one has none.
fn assert_refused(answer: &Answer, scheme: &str, error: &str, reason: &str) {
    assert_eq!(answer.json()["reason"], reason, "{answer:?}");
    answer.assert_json_error(401, error, reason);
    let challenges = challenges(answer);
    let [bearer, dpop] = challenges[..] else { panic!("{challenges:?}") };
    assert!(bearer.starts_with("Bearer realm=") && dpop.starts_with("DPoP realm="), "{challenges:?}");
    assert!(dpop.contains("algs=\"ES256 ES384 PS256 RS256 EdDSA Ed25519\""), "{dpop}");
    let (used, other) = if scheme == "DPoP" { (dpop, bearer) } else { (bearer, dpop) };
    assert!(used.contains(&format!("error=\"{error}\"")), "{used}");
    assert!(!other.contains("error"), "{other}");
}

#[tokio::test]
async fn userinfo_answers_the_holder_of_the_key_once_for_each_proof() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let key = ProofKey::new();
    let token = token(&server, &app, &mut alice, Some(&key)).await;
    for method in ["GET", "POST"] {
        let proof = key.proof_for(&server, (method, "/userinfo"), &token);
        let answer = server.with_token((method, "/userinfo"), ("DPoP", &token), &[&proof]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["preferred_username"], "alice");
        let again = server.with_token((method, "/userinfo"), ("DPoP", &token), &[&proof]).await;
        assert_refused(&again, "DPoP", "invalid_dpop_proof", "dpop.replayed");
    }
    let proof = key.proof_for(&server, USERINFO, &token);
    let answer = server.with_token(USERINFO, ("dpop", &token), &[&proof]).await;
    assert_eq!(answer.status, 200, "the case of a scheme does not matter");
}

#[tokio::test]
async fn a_bound_token_as_bearer_and_an_unbound_one_as_dpop_are_refused() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let key = ProofKey::new();
    let bound = token(&server, &app, &mut alice, Some(&key)).await;
    let free = token(&server, &app, &mut alice, None).await;
    for proofs in [&[][..], &[key.proof_for(&server, USERINFO, &bound).as_str()]] {
        let answer = server.with_token(USERINFO, ("Bearer", &bound), proofs).await;
        assert_refused(&answer, "Bearer", "invalid_token", "bearer.bound");
    }
    let in_form = server.browser().post("/userinfo", &[("access_token", &bound)]).await;
    assert_refused(&in_form, "Bearer", "invalid_token", "bearer.bound");
    let proof = key.proof_for(&server, USERINFO, &free);
    let answer = server.with_token(USERINFO, ("DPoP", &free), &[&proof]).await;
    assert_refused(&answer, "DPoP", "invalid_token", "bearer.unbound");
    // A proof that the token does not need is checked all the same.
    let junk = server.with_token(USERINFO, ("Bearer", &free), &["junk"]).await;
    assert_refused(&junk, "Bearer", "invalid_dpop_proof", "dpop.malformed");
    assert_eq!(server.with_token(USERINFO, ("Bearer", &free), &[&proof]).await.status, 200, "as before");
    let again = server.with_token(USERINFO, ("Bearer", &free), &[&proof]).await;
    assert_refused(&again, "Bearer", "invalid_dpop_proof", "dpop.replayed");
    assert_eq!(server.user_info(&free).await.status, 200);
}

#[tokio::test]
async fn a_bound_token_needs_a_proof_for_this_token_by_its_key_for_this_request() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let (key, thief) = (ProofKey::new(), ProofKey::new());
    let token_text = token(&server, &app, &mut alice, Some(&key)).await;
    let other_token = token(&server, &app, &mut alice, Some(&key)).await;
    let hash = Hash::of(&token_text).to_text();
    let with = |name: &str, value: serde_json::Value| {
        let mut claims = json!({ "ath": hash });
        claims[name] = value;
        key.proof_with(&server, USERINFO, &claims)
    };
    let ask = async |proofs: &[&str]| server.with_token(USERINFO, ("DPoP", &token_text), proofs).await;
    for (proof, error, reason) in [
        (thief.proof_for(&server, USERINFO, &token_text), "invalid_token", "bearer.bound"),
        (key.proof_with(&server, USERINFO, &json!({})), "invalid_dpop_proof", "dpop.token"),
        (key.proof_for(&server, USERINFO, &other_token), "invalid_dpop_proof", "dpop.token"),
        (with("ath", json!("")), "invalid_dpop_proof", "dpop.token"),
        (with("htm", json!("POST")), "invalid_dpop_proof", "dpop.method"),
        (key.proof_for(&server, ("GET", "/token"), &token_text), "invalid_dpop_proof", "dpop.url"),
        (with("iat", json!(server.app.now().as_unix() - 61)), "invalid_dpop_proof", "dpop.time"),
        (with("iat", json!(server.app.now().as_unix() + 11)), "invalid_dpop_proof", "dpop.time"),
        ("x".to_owned(), "invalid_dpop_proof", "dpop.malformed"),
    ] {
        assert_refused(&ask(&[&proof]).await, "DPoP", error, reason);
    }
    assert_refused(&ask(&[]).await, "DPoP", "invalid_dpop_proof", "dpop.missing");
    let good = key.proof_for(&server, USERINFO, &token_text);
    assert_refused(&ask(&[&good, &good]).await, "DPoP", "invalid_dpop_proof", "dpop.repeated");
    assert_eq!(ask(&[&good]).await.status, 200, "nothing has used it up");
    let unknown = server.with_token(USERINFO, ("DPoP", "gat_made-up"), &[&good]).await;
    assert_refused(&unknown, "DPoP", "invalid_token", "bearer.unknown");
    let nothing = server.get("/userinfo").await;
    assert_eq!(challenges(&nothing).len(), 2, "{nothing:?}");
    assert!(challenges(&nothing).iter().all(|challenge| !challenge.contains("error")), "{nothing:?}");
}

#[tokio::test]
async fn the_management_api_takes_bound_tokens() {
    let server = TestServer::start().await;
    let robot = server.register(Registration::service("robot").scopes("grantor.clients.read")).await;
    let (key, thief) = (ProofKey::new(), ProofKey::new());
    let answer = robot.proven(&server, MANAGEMENT, &key.proof(&server)).await;
    let token = assert_bound(&robot, &answer, &key).await;
    let path = "/api/v1/clients/robot";
    let ask = async |scheme: &str, proofs: &[&str]| {
        server.with_token(("GET", path), (scheme, &token), proofs).await
    };
    let good = key.proof_for(&server, ("GET", path), &token);
    let refused = |answer: &Answer, scheme: &str, error: &str, reason: &str| {
        assert_eq!(
            (answer.status.as_u16(), answer.json()["reason"].as_str()),
            (401, Some(reason)),
            "{answer:?}"
        );
        let challenges = challenges(answer);
        let [bearer, dpop] = challenges[..] else { panic!("{challenges:?}") };
        let (used, other) = if scheme == "DPoP" { (dpop, bearer) } else { (bearer, dpop) };
        assert!(used.starts_with(scheme) && used.contains(&format!("error=\"{error}\"")), "{used}");
        assert!(dpop.contains("algs=\"") && !other.contains("error"), "{challenges:?}");
    };
    refused(&ask("Bearer", &[]).await, "Bearer", "invalid_token", "bearer.bound");
    refused(&ask("Bearer", &[&good]).await, "Bearer", "invalid_token", "bearer.bound");
    refused(&ask("DPoP", &[]).await, "DPoP", "invalid_dpop_proof", "dpop.missing");
    refused(&ask("DPoP", &[&good, &good]).await, "DPoP", "invalid_dpop_proof", "dpop.repeated");
    let stolen = thief.proof_for(&server, ("GET", path), &token);
    refused(&ask("DPoP", &[&stolen]).await, "DPoP", "invalid_token", "bearer.bound");
    let elsewhere = key.proof_for(&server, CLIENTS, &token);
    refused(&ask("DPoP", &[&elsewhere]).await, "DPoP", "invalid_dpop_proof", "dpop.url");
    let written = key.proof_for(&server, ("DELETE", path), &token);
    refused(&ask("DPoP", &[&written]).await, "DPoP", "invalid_dpop_proof", "dpop.method");
    assert_eq!(ask("DPoP", &[&good]).await.status, 200);
    refused(&ask("DPoP", &[&good]).await, "DPoP", "invalid_dpop_proof", "dpop.replayed");
    let encoded = key.proof_for(&server, ("GET", "/api/v1/%63lients/robot"), &token);
    assert_eq!(ask("DPoP", &[&encoded]).await.status, 200, "an address has one normal form");
    let query = key.proof_for(&server, CLIENTS, &token);
    let listed = server.with_token(("GET", "/api/v1/clients?limit=1"), ("DPoP", &token), &[&query]).await;
    assert_eq!(listed.status, 200, "{listed:?}");

    // An unbound token and an API key are for Bearer.
    let free = robot.token(MANAGEMENT).await.get("access_token");
    let proof = key.proof_for(&server, ("GET", path), &free);
    let answer = server.with_token(("GET", path), ("DPoP", &free), &[&proof]).await;
    refused(&answer, "DPoP", "invalid_token", "bearer.unbound");
    let owner = Api::owner(&server).await;
    let api_key = owner.key.as_str();
    assert_eq!(server.with_token(("GET", path), ("Bearer", api_key), &[]).await.status, 200);
    let proof = key.proof_for(&server, ("GET", path), api_key);
    let answer = server.with_token(("GET", path), ("DPoP", api_key), &[&proof]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["reason"].as_str()),
        (401, Some("api.credential_wrong"))
    );
}

#[tokio::test]
async fn a_second_scope_that_is_missing_is_said_in_the_challenge_of_the_scheme_that_was_used() {
    let server = TestServer::start().await;
    let robot = server.register(Registration::service("robot").scopes("grantor.clients.read")).await;
    let key = ProofKey::new();
    let answer = robot.proven(&server, MANAGEMENT, &key.proof(&server)).await;
    let bound = assert_bound(&robot, &answer, &key).await;
    let free = robot.token(MANAGEMENT).await.get("access_token");
    let path = "/api/v1/clients/robot/check";
    let proof = key.proof_for(&server, ("POST", path), &bound);
    for (scheme, token, proof) in [("DPoP", &bound, Some(&proof)), ("Bearer", &free, None)] {
        let authorization = format!("{scheme} {token}");
        let mut headers = vec![("authorization", &*authorization), ("content-type", "application/json")];
        headers.extend(proof.map(|proof| ("dpop", proof.as_str())));
        let answer = server.browser().request(Method::POST, path, &headers, r#"{"user": "alice"}"#).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        for challenge in challenges(&answer) {
            let error = r#"error="insufficient_scope", scope="grantor.users.read""#;
            assert_eq!(challenge.contains(error), challenge.starts_with(scheme), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_revoked_or_expired_bound_token_is_refused_before_its_proof_is_looked_at() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let key = ProofKey::new();
    let token = token(&server, &app, &mut alice, Some(&key)).await;
    let used = server.number("SELECT COUNT(*) FROM used_assertions").await;
    app.post("/revoke", &[("token", &token)]).await;
    let proof = key.proof_with(&server, USERINFO, &change("ath", json!("wrong")));
    let answer = server.with_token(USERINFO, ("DPoP", &token), &[&proof]).await;
    assert_refused(&answer, "DPoP", "invalid_token", "bearer.unknown");
    assert_eq!(server.number("SELECT COUNT(*) FROM used_assertions").await, used);
}
