//! Refresh tokens: rotation, reuse and its grace period, and expiry (RFC 6749 §6, RFC 9700 §4.14).

use std::time::Duration;

use crate::support::relying_party::Registration;
use crate::support::{Application, TestServer};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn first_token(server: &TestServer, web: &Application) -> String {
    let code = web.code(&mut server.alice().await).await;
    web.redeem_by_hand(&code).await.get("refresh_token")
}

async fn next(web: &Application, token: &str) -> String {
    let answer = web.refresh_by_hand(token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.get("refresh_token")
}

#[tokio::test]
async fn a_retry_within_the_grace_gets_the_same_successor() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let first = first_token(&server, &web).await;
    let second = next(&web, &first).await;
    server.clock.advance(Duration::from_secs(9));
    assert_eq!(next(&web, &first).await, second, "the first answer may have been lost");
    assert_ne!(next(&web, &second).await, second);
}

#[tokio::test]
async fn reuse_after_the_grace_period_ends_the_whole_chain() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let first = first_token(&server, &web).await;
    let second = next(&web, &first).await;
    server.clock.advance(Duration::from_secs(10));
    web.refresh_by_hand(&first).await.assert_json_error(400, "invalid_grant", "refresh_token.reused");
    web.refresh_by_hand(&second).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}

#[tokio::test]
async fn the_grace_period_ends_when_the_successor_is_used() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let first = first_token(&server, &web).await;
    let second = next(&web, &first).await;
    let third = next(&web, &second).await;
    web.refresh_by_hand(&first).await.assert_json_error(400, "invalid_grant", "refresh_token.reused");
    web.refresh_by_hand(&third).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}

#[tokio::test]
async fn the_grace_can_be_switched_off() {
    let server = TestServer::start_with(&[("tokens.refresh_token_grace", "0s")]).await;
    let web = server.web().await;
    let first = first_token(&server, &web).await;
    next(&web, &first).await;
    web.refresh_by_hand(&first).await.assert_json_error(400, "invalid_grant", "refresh_token.reused");
}

#[tokio::test]
async fn a_chain_ends_after_30_days_without_use() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let first = first_token(&server, &web).await;
    server.clock.advance(29 * DAY);
    let second = next(&web, &first).await;
    server.clock.advance(30 * DAY);
    web.refresh_by_hand(&second).await.assert_json_error(400, "invalid_grant", "refresh_token.expired");
}

#[tokio::test]
async fn a_chain_ends_after_180_days_however_much_it_is_used() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut token = first_token(&server, &web).await;
    for _ in 0..8 {
        server.clock.advance(20 * DAY);
        token = next(&web, &token).await;
    }
    server.clock.advance(20 * DAY);
    web.refresh_by_hand(&token).await.assert_json_error(400, "invalid_grant", "refresh_token.expired");
}

#[tokio::test]
async fn the_scope_is_narrowed_for_one_answer_and_never_widened() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let code = browser.authorize(&web.url_with(&[("scope", "read write")])).await.get("code");
    let first = web.redeem_by_hand(&code).await.get("refresh_token");
    let with_scope = async |token: &str, scope: &str| {
        web.token(&[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)]).await
    };
    let narrowed = with_scope(&first, "read").await;
    assert_eq!(narrowed.get("scope"), "read");
    let second = narrowed.get("refresh_token");

    with_scope(&second, "read pay").await.assert_json_error(400, "invalid_scope", "scope.widened");
    with_scope(&second, "read  write").await.assert_json_error(400, "invalid_scope", "scope.malformed");
    // The refused requests did not use up the token, and the grant still has its full scope.
    assert_eq!(web.refresh_by_hand(&second).await.get("scope"), "read write");
}

#[tokio::test]
async fn a_token_of_another_client_is_refused_and_stays_valid_for_its_own() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let thief = server.register(Registration::web("thief")).await;
    let first = first_token(&server, &web).await;
    let second = next(&web, &first).await;
    for token in [&first, &second] {
        let refused = thief.refresh_by_hand(token).await;
        refused.assert_json_error(400, "invalid_grant", "refresh_token.wrong_client");
    }
    next(&web, &second).await;
}

#[tokio::test]
async fn made_up_and_changed_tokens_are_unknown() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let first = first_token(&server, &web).await;
    let mut changed = first.clone();
    let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
    changed.push(last);
    for token in
        ["x", "grt_", "gat_AAAA", &changed, &first[..first.len() - 2], &first.replace("grt_", "gac_")]
    {
        let refused = web.refresh_by_hand(token).await;
        refused.assert_json_error(400, "invalid_grant", "refresh_token.unknown");
    }
    let missing = web.token(&[("grant_type", "refresh_token")]).await;
    missing.assert_json_error(400, "invalid_request", "refresh_token.missing");
    next(&web, &first).await;
}
