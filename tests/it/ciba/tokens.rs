//! The tokens of an allowed request: bound, for an API, with details, refreshed.

use std::time::Duration;

use grantor::oauth::client::Demand;
use serde_json::json;

use super::{CIBA, answer, ask, asking, bank, begin, poll, tokens};
use crate::authorization_details::{payment, payment_type, store};
use crate::support::TestServer;
use crate::support::dpop::ProofKey;
use crate::support::jwt::{claims, is_signed};

#[tokio::test]
async fn an_id_token_says_who_answered_and_how() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    super::open(&mut alice, "/approve", "alice").await;
    let signed_in_at = server.app.now().as_unix();
    server.clock.advance(Duration::from_secs(60));
    let answer = tokens(&bank, &mut alice, &[]).await;
    let id_token = answer.get("id_token");
    assert!(is_signed(&server, &id_token).await);
    let said = claims(&id_token);
    assert_eq!((&said["aud"], &said["iss"]), (&json!("bank"), &json!(server.url)));
    assert_eq!((&said["auth_time"], &said["amr"]), (&json!(signed_in_at), &json!(["pwd"])));
    assert_eq!((&said["acr"], &said["nonce"]), (&json!("1"), &json!(null)));
    assert!(said["at_hash"].is_string() && said["sid"].is_string(), "{said}");
    let userinfo = server.user_info(&answer.get("access_token")).await.json();
    assert_eq!(userinfo["sub"], said["sub"]);
}

#[tokio::test]
async fn tokens_are_bound_to_the_key_of_the_poll() {
    let server = TestServer::start().await;
    let mut registration = asking("bank");
    registration.client.dpop = Some(Demand::Require);
    let (bank, mut alice) = (server.register(registration).await, server.alice().await);
    let (key, thief) = (ProofKey::new(), ProofKey::new());
    let id = begin(&bank, &[("scope", "openid offline_access")]).await;
    answer(&mut alice, "allow").await;
    poll(&bank, &id).await.assert_json_error(400, "invalid_dpop_proof", "dpop.missing");
    let form = [("grant_type", CIBA), ("auth_req_id", id.as_str())];
    let answer = bank.proven(&server, &form, &key.proof(&server)).await;
    assert_eq!((answer.status.as_u16(), answer.get("token_type").as_str()), (200, "DPoP"), "{answer:?}");
    let introspected = bank.introspect(&answer.get("access_token")).await;
    assert_eq!(introspected["cnf"], json!({ "jkt": key.thumbprint() }));
    let refresh = answer.get("refresh_token");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let with_other = bank.proven(&server, &refresh, &thief.proof(&server)).await;
    assert_eq!(with_other.status, 200, "a confidential client proves itself: {with_other:?}");
}

#[tokio::test]
async fn a_refused_proof_costs_no_answer_of_a_person() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    let key = ProofKey::new();
    let id = begin(&bank, &[]).await;
    answer(&mut alice, "allow").await;
    let form = [("grant_type", CIBA), ("auth_req_id", id.as_str())];
    let wrong = key.proof_with(&server, ("GET", "/token"), &json!({}));
    bank.proven(&server, &form, &wrong).await.assert_json_error(400, "invalid_dpop_proof", "dpop.method");
    assert_eq!(bank.proven(&server, &form, &key.proof(&server)).await.status, 200);
}

#[tokio::test]
async fn an_application_gets_a_token_for_the_resource_that_it_names() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    server.resource("https://api.example", "read").await;
    let answer = tokens(&bank, &mut alice, &[("resource", "https://api.example")]).await;
    let said = claims(&answer.get("access_token"));
    assert_eq!((&said["aud"], &said["scope"]), (&json!("https://api.example"), &json!("read")));
    assert_ne!(answer.get("id_token"), "");
    let id = begin(&bank, &[]).await;
    super::answer(&mut alice, "allow").await;
    let form = [("grant_type", CIBA), ("auth_req_id", id.as_str()), ("resource", "https://api.example")];
    bank.token(&form).await.assert_json_error(400, "invalid_target", "resource.widened");
}

#[tokio::test]
async fn a_person_allows_authorization_details_and_the_application_narrows_them() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    server.resource("https://example.com/payments", "read").await;
    store(&server, payment_type()).await;
    let details = json!([payment()]).to_string();
    let id = begin(&bank, &[("scope", "openid"), ("authorization_details", &details)]).await;
    let page = super::question(&mut alice).await;
    assert!(page.body.contains("123.50"), "{page:?}");
    alice.submit(&page, &[("allow", "1")]).await;
    let answer = poll(&bank, &id).await;
    assert_eq!(answer.json()["authorization_details"], json!([payment()]), "{answer:?}");
    let wrong = json!([{ "type": "payment_initiation", "amount": 5 }]).to_string();
    let refused = ask(&bank, &[("authorization_details", &wrong)]).await;
    refused.assert_json_error(400, "invalid_authorization_details", "authorization_details.invalid");
}

#[tokio::test]
async fn a_refresh_token_outlives_the_session_with_offline_access_only() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    let online = tokens(&bank, &mut alice, &[]).await.get("refresh_token");
    let offline = tokens(&bank, &mut alice, &[("scope", "openid offline_access")]).await;
    let offline = offline.get("refresh_token");
    assert_eq!(bank.refresh_by_hand(&online).await.status, 200);
    alice.sign_out().await;
    let next = bank.refresh_by_hand(&offline).await;
    assert_eq!(next.status, 200, "{next:?}");
    assert_eq!(claims(&next.get("id_token"))["nonce"], json!(null));
}

#[tokio::test]
async fn the_use_of_the_grant_is_counted_and_recorded() {
    let server = TestServer::start_with(&[("metrics.listen", "127.0.0.1:0")]).await;
    let (bank, mut alice) = bank(&server).await;
    tokens(&bank, &mut alice, &[]).await;
    let metrics = reqwest::get(format!("{}/metrics", server.metrics.as_ref().unwrap())).await.unwrap();
    let text = metrics.text().await.unwrap();
    let line = text.lines().find(|line| line.contains("tokens_issued") && line.contains("ciba"));
    assert!(line.is_some_and(|line| line.ends_with(" 1")), "{text}");
    let recorded =
        "SELECT COUNT(*) FROM events WHERE act = 'backchannel.allowed' AND object_kind = 'backchannel'
                    AND client_id = 'bank' AND actor_kind = 'person'";
    assert_eq!(server.number(recorded).await, 1);
}
