//! The person that a request is about, by a name, an ID Token, or a token of a trusted issuer.

use std::time::Duration;

use grantor::clock::Timestamp;
use grantor::oauth::client::SubjectType;
use grantor::oauth::grant::trusted_issuer::IssuerKeys;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::store::trusted_issuers;
use serde_json::{Value, json};

use super::{ask, asking, bank, begin, requests, tokens};
use crate::support::jwt::{choosing_headers, claims, jwks, key, with_header};
use crate::support::{Application, Operator, TestServer};
use crate::trusted_issuers::{IDP, SUBJECT, said, trust};

/// A request with this hint and no other.
async fn hinted(app: &Application, name: &str, value: &str) -> crate::support::Answer {
    ask(app, &[("login_hint", ""), (name, value)]).await
}

async fn accepted(app: &Application, name: &str, value: &str) {
    let answer = hinted(app, name, value).await;
    assert_eq!(answer.status, 200, "{name}: {answer:?}");
}

#[tokio::test]
async fn a_name_is_found_in_every_spelling_in_which_people_sign_in() {
    let server = TestServer::start_with(&[("ciba.waiting_of_client", "99"), ("ciba.waiting", "99")]).await;
    let (bank, _) = bank(&server).await;
    let id = Operator::of(&server).json(&["user", "show", "alice"])["id"].as_str().unwrap().to_owned();
    for name in ["alice", "ALICE", " alice ", "alice@example.com", "Alice@EXAMPLE.com", &id] {
        accepted(&bank, "login_hint", name).await;
    }
    for other in ["alic", "alice@example.org", &id[1..], "%", "' OR 1=1 --"] {
        let refused = hinted(&bank, "login_hint", other).await;
        refused.assert_json_error(400, "unknown_user_id", "backchannel.unknown_user");
    }
    // A client that does not know people by their ids cannot ask with one.
    let mut pairwise = asking("shop");
    pairwise.client.subject_type = SubjectType::Pairwise;
    let shop = server.register(pairwise).await;
    accepted(&shop, "login_hint", "alice").await;
    let refused = hinted(&shop, "login_hint", &id).await;
    refused.assert_json_error(400, "unknown_user_id", "backchannel.unknown_user");
    // The name of another account may be equal to an id in another case.
    let folded = id.to_lowercase();
    Operator::of(&server).done(&["user", "invite", "--username", &folded]);
    let answer = hinted(&bank, "login_hint", &id).await;
    let asked =
        "SELECT COUNT(*) FROM backchannel_requests JOIN users ON users.id = backchannel_requests.user_id
                 WHERE users.username = 'alice'";
    assert_eq!((answer.status.as_u16(), server.number(asked).await), (200, 8), "{answer:?}");
}

#[tokio::test]
async fn an_id_token_names_its_person_also_when_it_has_expired() {
    for subject_type in [SubjectType::Public, SubjectType::Pairwise] {
        let server = TestServer::start().await;
        let mut registration = asking("bank");
        registration.client.subject_type = subject_type;
        let (bank, mut alice) = (server.register(registration).await, server.alice().await);
        let shop = server.register(asking("shop")).await;
        let id_token = tokens(&bank, &mut alice, &[("scope", "openid offline_access")]).await.get("id_token");
        accepted(&bank, "id_token_hint", &id_token).await;
        hinted(&shop, "id_token_hint", &id_token).await.assert_json_error(
            400,
            "invalid_request",
            "id_token_hint.other_client",
        );
        let changed = format!("{}x", &id_token[..id_token.len() - 2]);
        for wrong in [changed.as_str(), "a.b.c", "alice"] {
            let refused = hinted(&bank, "id_token_hint", wrong).await;
            refused.assert_json_error(400, "invalid_request", "id_token_hint.invalid");
        }
        // The session is over, too.
        alice.sign_out().await;
        server.clock.advance(Duration::from_secs(2 * 3600));
        accepted(&bank, "id_token_hint", &id_token).await;
        let asked = server.number("SELECT COUNT(DISTINCT user_id) FROM backchannel_requests").await;
        assert_eq!(asked, 1, "{subject_type:?}");
        Operator::of(&server).done(&["user", "delete", "alice", "--yes"]);
        hinted(&bank, "id_token_hint", &id_token).await.assert_json_error(
            400,
            "unknown_user_id",
            "backchannel.unknown_user",
        );
    }
}

#[tokio::test]
async fn a_trusted_issuer_names_a_person() {
    let server = TestServer::start_with(&[("ciba.waiting_of_client", "99"), ("ciba.waiting", "99")]).await;
    let (bank, _) = bank(&server).await;
    let (mine, theirs) = (key(SigningAlgorithm::Es256), key(SigningAlgorithm::Es256));
    trust(&server, IDP, IssuerKeys::Here(jwks(&[&mine])), &["bank"]).await;
    let token = |change: Value| mine.sign("JWT", &said(&server, &change)).unwrap();
    let unlinked = hinted(&bank, "login_hint_token", &token(json!({}))).await;
    unlinked.assert_json_error(400, "unknown_user_id", "backchannel.unknown_user");
    let alice = Operator::of(&server).json(&["user", "show", "alice"])["id"].as_str().unwrap().to_owned();
    let alice = grantor::oauth::id::UserId::new(alice);
    server
        .store(async move |tx| trusted_issuers::link(tx, IDP, SUBJECT, &alice, Timestamp::from_unix(0)).await)
        .await;
    let good = token(json!({}));
    for _ in 0..2 {
        accepted(&bank, "login_hint_token", &good).await;
    }
    let now = server.app.now().as_unix();
    let expired = hinted(&bank, "login_hint_token", &token(json!({ "exp": now - 61 }))).await;
    expired.assert_json_error(400, "expired_login_hint_token", "backchannel.hint_expired");
    for change in [
        json!({ "aud": "https://elsewhere.example" }),
        json!({ "sub": null }),
        json!({ "exp": null }),
        json!({ "exp": now + 9000 }),
        json!({ "nbf": now + 900 }),
        json!({ "iss": "https://stranger.example" }),
    ] {
        let refused = hinted(&bank, "login_hint_token", &token(change)).await;
        refused.assert_json_error(400, "invalid_request", "backchannel.hint_token");
    }
    for (header, signer) in choosing_headers(&mine, &theirs, "https://evil.example/jwks") {
        let forged = with_header(signer, &header, &said(&server, &json!({})));
        let refused = hinted(&bank, "login_hint_token", &forged).await;
        refused.assert_json_error(400, "invalid_request", "backchannel.hint_token");
    }
    hinted(&bank, "login_hint_token", "alice").await.assert_json_error(
        400,
        "invalid_request",
        "backchannel.hint_token",
    );
    // The issuer is trusted with tokens of the bank, and of no other client.
    let shop = server.register(asking("shop")).await;
    let refused = hinted(&shop, "login_hint_token", &good).await;
    refused.assert_json_error(400, "invalid_request", "backchannel.hint_token");
    assert_eq!(requests(&server).await, 2);
}

#[tokio::test]
async fn an_access_token_or_an_id_token_of_another_server_is_no_hint() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    let answer = tokens(&bank, &mut alice, &[]).await;
    let refused = hinted(&bank, "id_token_hint", &answer.get("access_token")).await;
    refused.assert_json_error(400, "invalid_request", "id_token_hint.invalid");
    let id_token = answer.get("id_token");
    let own = key(SigningAlgorithm::Es256).sign("JWT", &claims(&id_token)).unwrap();
    hinted(&bank, "id_token_hint", &own).await.assert_json_error(
        400,
        "invalid_request",
        "id_token_hint.invalid",
    );
    begin(&bank, &[]).await;
}
