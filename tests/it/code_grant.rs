//! Authorization code with PKCE, from the click to the tokens (RFC 6749 §4.1, RFC 7636).

use std::time::Duration;

use grantor::oauth::client::{Demand, GrantType};
use oauth2::TokenResponse as _;

use crate::support::relying_party::Registration;
use crate::support::{Case, TestServer, VERIFIER};

#[tokio::test]
async fn a_web_application_signs_a_person_in() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let (url, verifier) = web.authorization_url("read write");

    let back = browser.authorize(&url).await;
    assert!(back.location().unwrap().starts_with("https://app.example/callback?code="));
    assert_eq!(back.get("state"), "the state");
    assert_eq!(back.get("iss"), server.url);

    let tokens = web.redeem(&back.get("code"), verifier).await;
    assert!(tokens.access_token().secret().starts_with("gat_"));
    assert_eq!(tokens.expires_in(), Some(Duration::from_secs(600)));
    let scopes: Vec<String> = tokens.scopes().unwrap().iter().map(|scope| scope.to_string()).collect();
    assert_eq!(scopes, ["read", "write"]);

    let refreshed = web.refresh(tokens.refresh_token().unwrap().secret()).await;
    assert_ne!(refreshed.access_token().secret(), tokens.access_token().secret());
    assert_ne!(refreshed.refresh_token().unwrap().secret(), tokens.refresh_token().unwrap().secret());
}

#[tokio::test]
async fn a_public_client_signs_a_person_in_with_pkce_alone() {
    let server = TestServer::start().await;
    let (spa, mut browser) = (server.spa().await, server.alice().await);
    let (url, verifier) = spa.authorization_url("read");
    let code = browser.authorize(&url).await.get("code");
    let tokens = spa.redeem(&code, verifier).await;
    assert!(tokens.refresh_token().is_some());
}

#[tokio::test]
async fn no_secret_is_stored_in_the_clear() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let (url, verifier) = web.authorization_url("read");
    let code = browser.authorize(&url).await.get("code");
    web.redeem(&code, verifier).await;
    let rows =
        "SELECT COUNT(*) FROM codes JOIN access_tokens ON 1 = 1 JOIN sessions ON 1 = 1 JOIN grants ON 1 = 1
                WHERE LENGTH(codes.hash) = 32 AND LENGTH(access_tokens.hash) = 32
                  AND LENGTH(sessions.cookie_hash) = 32 AND LENGTH(grants.refresh_hash) = 32";
    assert_eq!(server.number(rows).await, 1);
}

#[tokio::test]
async fn without_the_refresh_grant_there_is_no_refresh_token() {
    let server = TestServer::start().await;
    let registration = Registration::web("web").grants(&[GrantType::AuthorizationCode]);
    let (web, mut browser) = (server.register(registration).await, server.alice().await);
    let (url, verifier) = web.authorization_url("read");
    let code = browser.authorize(&url).await.get("code");
    assert!(web.redeem(&code, verifier).await.refresh_token().is_none());
}

#[tokio::test]
async fn replaying_a_code_revokes_the_tokens_issued_from_it() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let code = web.code(&mut browser).await;
    let tokens = web.redeem_by_hand(&code).await;
    assert_eq!(tokens.status, 200);

    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.replayed");
    let refused = web.refresh_by_hand(&tokens.get("refresh_token")).await;
    refused.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    assert_eq!(server.number("SELECT COUNT(*) FROM grants WHERE revoked_for = 'code.replayed'").await, 1);
}

#[tokio::test]
async fn a_code_expires_after_a_minute() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let code = web.code(&mut browser).await;
    server.clock.advance(Duration::from_secs(60));
    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.expired");
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_make_a_code_valid_again() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let code = web.code(&mut browser).await;
    server.clock.advance(Duration::from_secs(62));
    server.clock.set_back(Duration::from_secs(3600));
    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.expired");
}

#[tokio::test]
async fn a_code_of_another_client_is_refused_and_stays_valid_for_its_own() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let thief = server.register(Registration::web("thief")).await;
    let code = web.code(&mut browser).await;
    thief.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.wrong_client");
    assert_eq!(web.redeem_by_hand(&code).await.status, 200);
    thief.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.wrong_client");
    assert_eq!(server.number("SELECT COUNT(*) FROM grants WHERE revoked_at IS NOT NULL").await, 0);
}

#[tokio::test]
async fn a_code_is_bound_to_its_redirect_uri_and_challenge() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let other = "A".repeat(43);
    let cases: [Case; 6] = [
        (&[("redirect_uri", "https://app.example/other")], "invalid_grant", "code.redirect_uri_mismatch"),
        (&[("redirect_uri", "")], "invalid_grant", "code.redirect_uri_mismatch"),
        (&[("code_verifier", &other)], "invalid_grant", "pkce.verifier_mismatch"),
        (&[("code_verifier", "")], "invalid_grant", "pkce.verifier_missing"),
        (&[("code_verifier", "short")], "invalid_request", "pkce.verifier_malformed"),
        (&[("code", "gac_made-up")], "invalid_grant", "code.unknown"),
    ];
    for (changes, error, reason) in cases {
        let code = web.code(&mut browser).await;
        web.redeem_with(&code, changes).await.assert_json_error(400, error, reason);
    }
}

#[tokio::test]
async fn a_refused_request_uses_the_code_up_and_the_next_one_learns_that() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let wrong = "B".repeat(64);
    for (changes, reason) in [
        ([("code_verifier", wrong.as_str())], "pkce.verifier_mismatch"),
        ([("redirect_uri", "https://app.example/other")], "code.redirect_uri_mismatch"),
        ([("redirect_uri", "")], "code.redirect_uri_mismatch"),
    ] {
        let code = web.code(&mut browser).await;
        web.redeem_with(&code, &changes).await.assert_json_error(400, "invalid_grant", reason);
        for _ in 0..2 {
            let again = web.redeem_by_hand(&code).await;
            again.assert_json_error(400, "invalid_grant", "code.refused_before");
            assert!(again.get("error_description").contains("nothing was issued"), "{again:?}");
        }
    }
    let code = web.code(&mut browser).await;
    server.clock.advance(Duration::from_secs(60));
    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.expired");
    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.refused_before");
    assert_eq!(server.number("SELECT COUNT(*) FROM grants").await, 0, "nothing was revoked");
    // A request that is refused before the code is looked at does not use it up.
    let code = web.code(&mut browser).await;
    let short = web.redeem_with(&code, &[("code_verifier", "short")]).await;
    short.assert_json_error(400, "invalid_request", "pkce.verifier_malformed");
    assert_eq!(web.redeem_by_hand(&code).await.status, 200);
    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.replayed");
    web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.replayed");
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let server = TestServer::start().await;
    let registration = Registration::web("old").pkce(Demand::Off);
    let (old, mut browser) = (server.register(registration).await, server.alice().await);
    let url = old.url_with(&[("code_challenge", ""), ("code_challenge_method", "")]);

    let code = browser.authorize(&url).await.get("code");
    let refused = old.redeem_with(&code, &[("code_verifier", VERIFIER)]).await;
    refused.assert_json_error(400, "invalid_grant", "pkce.verifier_unexpected");

    let code = browser.authorize(&url).await.get("code");
    assert_eq!(old.redeem_with(&code, &[("code_verifier", "")]).await.status, 200);

    // Once sent, a challenge is binding, although this client did not have to send one.
    let code = browser.authorize(&old.url_with(&[])).await.get("code");
    let refused = old.redeem_with(&code, &[("code_verifier", "")]).await;
    refused.assert_json_error(400, "invalid_grant", "pkce.verifier_missing");
}

#[tokio::test]
async fn a_user_who_was_disabled_in_between_gets_no_token() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let (first, second) = (web.code(&mut browser).await, web.code(&mut browser).await);
    let tokens = web.redeem_by_hand(&first).await;
    server.sql("UPDATE users SET disabled_at = 1").await;
    web.redeem_by_hand(&second).await.assert_json_error(400, "invalid_grant", "subject.disabled");
    let refused = web.refresh_by_hand(&tokens.get("refresh_token")).await;
    refused.assert_json_error(400, "invalid_grant", "subject.disabled");
}

#[tokio::test]
async fn a_client_that_was_disabled_in_between_gets_no_token_although_it_is_cached() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let code = web.code(&mut browser).await;
    let tokens = web.redeem_by_hand(&web.code(&mut browser).await).await;
    server.sql("UPDATE clients SET disabled_at = 1, version = version + 1").await;
    web.redeem_by_hand(&code).await.assert_json_error(401, "invalid_client", "client.disabled");
    let refused = web.refresh_by_hand(&tokens.get("refresh_token")).await;
    refused.assert_json_error(401, "invalid_client", "client.disabled");
    assert_eq!(server.number("SELECT COUNT(*) FROM codes WHERE consumed_at IS NULL").await, 1);
}
