//! Refresh tokens: rotation, reuse and its grace period, and expiry (RFC 6749 §6, RFC 9700 §4.14).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::cluster::node;
use crate::support::relying_party::{Registration, basic};
use crate::support::{Application, Browser, Operator, TestServer};

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

/// Puts the records of all chains back to where `work` finds them, as a restored backup does.
async fn with_records_put_back(server: &TestServer, work: impl AsyncFnOnce()) {
    server
        .sql("CREATE TABLE kept AS SELECT id, refresh_generation, refresh_hash, rotated_at FROM grants")
        .await;
    work().await;
    server
        .sql(
            "UPDATE grants SET refresh_generation = (SELECT kept.refresh_generation FROM kept WHERE kept.id = grants.id),
                               refresh_hash = (SELECT kept.refresh_hash FROM kept WHERE kept.id = grants.id),
                               rotated_at = (SELECT kept.rotated_at FROM kept WHERE kept.id = grants.id)",
        )
        .await;
    server.sql("DROP TABLE kept").await;
}

#[tokio::test]
async fn a_refresh_token_that_is_newer_than_its_record_continues_the_chain() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let first = next(&web, &first_token(&server, &web).await).await;
    let mut newest = String::new();
    with_records_put_back(&server, async || {
        newest = next(&web, &next(&web, &next(&web, &first).await).await).await;
    })
    .await;
    assert_eq!(web.introspect(&newest).await["active"], true);
    let after = next(&web, &newest).await;
    assert_eq!(next(&web, &newest).await, after, "its answer may be lost like any other");
    let last = next(&web, &after).await;
    web.refresh_by_hand(&first).await.assert_json_error(400, "invalid_grant", "refresh_token.reused");
    web.refresh_by_hand(&last).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}

#[tokio::test]
async fn a_newer_token_of_a_revoked_or_expired_chain_is_refused() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let first = first_token(&server, &web).await;
    let mut newest = String::new();
    with_records_put_back(&server, async || newest = next(&web, &first).await).await;
    web.post("/revoke", &[("token", &first)]).await;
    web.refresh_by_hand(&newest).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_make_the_grace_period_longer() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let first = first_token(&server, &web).await;
    let second = next(&web, &first).await;
    server.clock.advance(Duration::from_secs(11));
    server.clock.set_back(Duration::from_secs(3600));
    web.refresh_by_hand(&first).await.assert_json_error(400, "invalid_grant", "refresh_token.reused");
    web.refresh_by_hand(&second).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}

#[tokio::test]
async fn a_successor_is_issued_again_eight_times_and_then_the_token_counts_as_reused() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let first = first_token(&server, &web).await;
    let second = next(&web, &first).await;
    for _ in 0..8 {
        assert_eq!(next(&web, &first).await, second);
    }
    // Each generation has its own count.
    let third = next(&web, &second).await;
    for _ in 0..8 {
        assert_eq!(next(&web, &second).await, third);
    }
    web.refresh_by_hand(&second).await.assert_json_error(400, "invalid_grant", "refresh_token.reused");
    web.refresh_by_hand(&third).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
}

#[tokio::test]
async fn the_log_notes_every_successor_that_is_issued_again_and_whether_the_network_is_another_one() {
    let options = [("http.trusted_proxies", "127.0.0.1")];
    let server = TestServer::start_with(&options).await;
    let web = server.web().await;
    let node = node(&server, &options);
    let at_node = web.at(&node.url);
    let from = async |network: &str, token: &str| {
        let form = serde_urlencoded::to_string([("grant_type", "refresh_token"), ("refresh_token", token)]);
        let headers = [
            ("authorization", basic(&web.id, web.secret.as_deref().unwrap())),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("x-forwarded-for", network.to_owned()),
        ];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut browser = Browser::new(&node.url);
        browser.request(Method::POST, "/token", &headers, &form.unwrap()).await
    };
    let first = at_node.redeem_by_hand(&web.code(&mut server.alice().await).await).await.get("refresh_token");
    for network in ["198.51.100.7", "198.51.100.7", "203.0.113.9"] {
        let answer = from(network, &first).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let (_, log) = node.stop();
    let again: Vec<Value> = log
        .lines()
        .filter(|line| line.contains("its successor was issued again"))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let noted: Vec<_> = again
        .iter()
        .map(|line| (&line["level"], &line["client"], &line["times"], &line["from_another_network"]))
        .collect();
    let (level, client) = (json!("INFO"), json!("web"));
    let expected = [(&level, &client, &json!(1), &json!(false)), (&level, &client, &json!(2), &json!(true))];
    assert_eq!(noted, expected, "{log}");
    assert!(again.iter().all(|line| line["grant"].is_string()), "{log}");
}

#[tokio::test]
async fn a_chain_ends_after_30_days_without_use() {
    let server = TestServer::start().await;
    let web = server.offline_web().await;
    let first = web.offline_token(&mut server.alice().await).await;
    server.clock.advance(29 * DAY);
    let second = next(&web, &first).await;
    server.clock.advance(30 * DAY);
    web.refresh_by_hand(&second).await.assert_json_error(400, "invalid_grant", "refresh_token.expired");
}

#[tokio::test]
async fn a_chain_ends_after_180_days_however_much_it_is_used() {
    let server = TestServer::start().await;
    let web = server.offline_web().await;
    let mut token = web.offline_token(&mut server.alice().await).await;
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
    with_scope(&second, "read\u{a0}write").await.assert_json_error(400, "invalid_scope", "scope.malformed");
    // The refused requests did not use up the token, and the grant still has its full scope.
    assert_eq!(web.refresh_by_hand(&second).await.get("scope"), "read write");
}

#[tokio::test]
async fn a_client_that_is_narrowed_gets_no_more_of_what_it_lost() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let mut code =
        async |scope: &str| browser.authorize(&web.url_with(&[("scope", scope)])).await.get("code");
    let (both, only, unredeemed) = (code("read pay").await, code("pay").await, code("read pay").await);
    let (both, only) = (web.redeem_by_hand(&both).await, web.redeem_by_hand(&only).await);
    assert_eq!(both.get("scope"), "pay read");
    let operator = Operator::of(&server);
    operator.done(&["client", "update", "web", "--scope", "read"]);
    let narrowed = web.refresh_by_hand(&both.get("refresh_token")).await;
    assert_eq!(narrowed.get("scope"), "read");
    assert_eq!(web.introspect(&narrowed.get("access_token")).await["scope"], "read");
    assert_eq!(web.redeem_by_hand(&unredeemed).await.get("scope"), "read");
    let refresh = narrowed.get("refresh_token");
    let asked = [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("scope", "pay")];
    web.token(&asked).await.assert_json_error(400, "forbidden_scope", "scope.forbidden");
    let nothing = web.refresh_by_hand(&only.get("refresh_token")).await;
    nothing.assert_json_error(400, "forbidden_scope", "scope.forbidden");
    operator.done(&["client", "update", "web", "--scope", "read pay"]);
    assert_eq!(web.refresh_by_hand(&refresh).await.get("scope"), "pay read");
    assert_eq!(web.refresh_by_hand(&only.get("refresh_token")).await.get("scope"), "pay");
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
