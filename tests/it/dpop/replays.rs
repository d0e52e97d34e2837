//! A proof counts once, on all nodes, and what is remembered about it ends.

use std::time::Duration;

use futures_util::future::join_all;
use grantor::oauth::client::TokenFormat;
use grantor::work::purge::{Pass, pass};
use reqwest::Method;
use serde_json::json;

use super::{CLIENT_CREDENTIALS, change, refused};
use crate::support::cluster::node;
use crate::support::dpop::ProofKey;
use crate::support::relying_party::Registration;
use crate::support::server::purging;
use crate::support::{Browser, TestServer};

#[tokio::test]
async fn a_proof_that_is_replayed_at_another_node_is_refused() {
    let server = TestServer::start().await;
    let web = server.register(Registration::web("web").scopes("openid")).await;
    let (service, mut alice) = (server.service().await, server.alice().await);
    let other = node(&server, &[]);
    let mut elsewhere = Browser::new(&other.url);
    let key = ProofKey::new();
    let proof = key.proof(&server);
    let answer = service.post_proven_at(&mut elsewhere, "/token", CLIENT_CREDENTIALS, &[&proof]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    refused(&server, &service, &proof, "dpop.replayed").await;

    let code = alice.authorize(&web.url_with(&[("scope", "openid")])).await.get("code");
    let token = web.proven(&server, &web.redemption(&code), &key.proof(&server)).await.get("access_token");
    let proof = key.proof_for(&server, ("GET", "/userinfo"), &token);
    let authorization = format!("DPoP {token}");
    let headers = [("authorization", authorization.as_str()), ("dpop", proof.as_str())];
    let mut here = server.browser();
    let first = here.request(Method::GET, "/userinfo", &headers, "").await;
    assert_eq!(first.status, 200, "{first:?}");
    let again = elsewhere.request(Method::GET, "/userinfo", &headers, "").await;
    again.assert_json_error(401, "invalid_dpop_proof", "dpop.replayed");
}

#[tokio::test]
async fn of_64_requests_with_one_proof_at_two_nodes_one_is_answered() {
    let server = TestServer::start().await;
    let mut jwt = Registration::service("jwt");
    jwt.client.token_format = TokenFormat::Jwt;
    let clients = [server.service().await, server.register(jwt).await];
    let other = node(&server, &[]);
    let elsewhere = Browser::new(&other.url);
    let key = ProofKey::new();
    for client in &clients {
        let proof = key.proof(&server);
        let before = server.number("SELECT COUNT(*) FROM access_tokens").await;
        let calls = (0..64).map(|n| {
            let mut browser = if n % 2 == 0 { server.browser() } else { elsewhere.stranger() };
            let proof = proof.clone();
            async move { client.post_proven_at(&mut browser, "/token", CLIENT_CREDENTIALS, &[&proof]).await }
        });
        let answers = join_all(calls).await;
        let good = answers.iter().filter(|answer| answer.status == 200).count();
        let replayed = answers.iter().filter(|answer| answer.json()["reason"] == "dpop.replayed").count();
        assert_eq!((good, replayed), (1, 63), "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
        let stored = server.number("SELECT COUNT(*) FROM access_tokens").await - before;
        assert!(stored <= 1, "a refused request stores no token: {stored}");
    }
}

#[tokio::test]
async fn of_64_calls_of_userinfo_with_one_proof_one_is_answered() {
    let server = TestServer::start().await;
    let web = server.register(Registration::web("web").scopes("openid")).await;
    let mut alice = server.alice().await;
    let key = ProofKey::new();
    let code = alice.authorize(&web.url_with(&[("scope", "openid")])).await.get("code");
    let token = web.proven(&server, &web.redemption(&code), &key.proof(&server)).await.get("access_token");
    let proof = key.proof_for(&server, ("GET", "/userinfo"), &token);
    let (token, proofs) = (token.as_str(), [proof.as_str()]);
    let calls = (0..64).map(|_| server.with_token(("GET", "/userinfo"), ("DPoP", token), &proofs));
    let answers = join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(
        answers
            .iter()
            .filter(|answer| answer.status != 200)
            .all(|answer| answer.json()["reason"] == "dpop.replayed")
    );
}

async fn purge(server: &TestServer) {
    let live = server.app.live_sessions(server.app.now());
    let purged = pass(&purging(&server.app, "test"), live).await.unwrap();
    assert!(matches!(purged, Pass::Purged(_)), "{purged:?}");
}

#[tokio::test]
async fn another_key_may_use_the_same_jti_and_one_key_may_not() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let of = |key: &ProofKey| key.proof_with(&server, ("POST", "/token"), &change("jti", json!("1")));
    assert_eq!(service.proven(&server, CLIENT_CREDENTIALS, &of(&key)).await.status, 200);
    assert_eq!(service.proven(&server, CLIENT_CREDENTIALS, &of(&other)).await.status, 200);
    refused(&server, &service, &of(&key), "dpop.replayed").await;
}

#[tokio::test]
async fn a_proof_stays_used_for_as_long_as_it_would_be_accepted_and_is_then_forgotten() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let key = ProofKey::new();
    let ahead = server.app.now().as_unix() + 10;
    let proof = key.proof_with(&server, ("POST", "/token"), &change("iat", json!(ahead)));
    assert_eq!(service.proven(&server, CLIENT_CREDENTIALS, &proof).await.status, 200);
    server.clock.advance(Duration::from_secs(70));
    purge(&server).await;
    refused(&server, &service, &proof, "dpop.replayed").await;
    server.clock.advance(Duration::from_secs(1));
    refused(&server, &service, &proof, "dpop.time").await;
    server.clock.advance(Duration::from_secs(120));
    purge(&server).await;
    assert_eq!(server.number("SELECT COUNT(*) FROM used_assertions").await, 0);
}

#[tokio::test]
async fn strangers_store_nothing_with_proofs() {
    let server = TestServer::start().await;
    let spa = server.spa().await;
    let key = ProofKey::new();
    for form in [
        vec![("grant_type", "refresh_token"), ("refresh_token", "grt_made-up")],
        spa.redemption("gac_made-up").to_vec(),
        vec![("grant_type", "authorization_code")],
    ] {
        let proof = key.proof(&server);
        for _ in 0..2 {
            let answer = spa.proven(&server, &form, &proof).await;
            assert_eq!(answer.status, 400, "{answer:?}");
            assert_ne!(answer.json()["reason"], "dpop.replayed", "it was never good for anything");
        }
    }
    let proof = key.proof_for(&server, ("GET", "/userinfo"), "gat_x");
    let answer = server.with_token(("GET", "/userinfo"), ("DPoP", "gat_x"), &[&proof]).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(server.number("SELECT COUNT(*) FROM used_assertions").await, 0);
}

#[tokio::test]
async fn a_replayed_proof_with_a_fresh_code_issues_nothing() {
    let server = TestServer::start().await;
    let spa = server.spa().await;
    let mut alice = server.alice().await;
    let key = ProofKey::new();
    let (first, second) = (spa.code(&mut alice).await, spa.code(&mut alice).await);
    let proof = key.proof(&server);
    assert_eq!(spa.proven(&server, &spa.redemption(&first), &proof).await.status, 200);
    let grants = server.number("SELECT COUNT(*) FROM grants").await;
    let again = spa.proven(&server, &spa.redemption(&second), &proof).await;
    again.assert_json_error(400, "invalid_dpop_proof", "dpop.replayed");
    assert_eq!(server.number("SELECT COUNT(*) FROM grants").await, grants);
}
