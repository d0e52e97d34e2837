//! No one is worn down: how often a person is asked, and how much an application may store.

use std::time::Duration;

use futures_util::future::join_all;
use grantor::store::expired::ExpiringTable;

use super::{answer, ask, asking, bank, begin, poll, requests};
use crate::support::{Answer, Operator, TestServer};

#[track_caller]
fn assert_wait(answer: &Answer, reason: &str, seconds: i64) {
    answer.assert_json_error(429, "temporarily_unavailable", reason);
    assert_eq!(answer.header("retry-after"), seconds.to_string(), "{answer:?}");
}

const MANY: &str = "backchannel.too_many_for_person";

/// Deletes the rows of a table that may go, as the purge does.
pub(super) async fn purge(server: &TestServer, table: ExpiringTable) {
    let (live, now) = (server.app.live_sessions(server.app.now()), server.app.now());
    for _ in 0..2 {
        server.store(async move |tx| grantor::store::expired::delete(tx, table, live, now).await).await;
    }
}

#[tokio::test]
async fn only_some_requests_wait_for_a_person_at_once() {
    let server = TestServer::start_with(&[("ciba.waiting", "3"), ("ciba.waiting_of_client", "2")]).await;
    let (bank, mut alice) = bank(&server).await;
    server.user("bob").await;
    let shop = server.register(asking("shop")).await;
    begin(&bank, &[]).await;
    server.clock.advance(Duration::from_secs(10));
    begin(&bank, &[]).await;
    assert_wait(&ask(&bank, &[]).await, MANY, 290);
    assert_wait(&ask(&bank, &[("login_hint", "alice@example.com")]).await, MANY, 290);
    server.clock.advance(Duration::from_secs(10));
    begin(&shop, &[]).await;
    assert_wait(&ask(&shop, &[]).await, MANY, 280);
    begin(&bank, &[("login_hint", "bob")]).await;
    // An answer to the newest, which is the first of the list, makes room.
    answer(&mut alice, "allow").await;
    begin(&shop, &[]).await;
    assert_wait(&ask(&shop, &[]).await, MANY, 280);
    server.clock.advance(Duration::from_secs(280));
    begin(&bank, &[]).await;
    assert_eq!(requests(&server).await, 6, "a refused request stores nothing");
}

#[tokio::test]
async fn of_many_requests_at_once_only_as_many_wait_as_may() {
    let server = TestServer::start_with(&[("ciba.waiting", "5"), ("ciba.waiting_of_client", "2")]).await;
    let (bank, _) = bank(&server).await;
    let answers = join_all((0..32).map(|_| ask(&bank, &[]))).await;
    let accepted = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(accepted, 2);
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.assert_json_error(429, "temporarily_unavailable", MANY);
    }
    assert_eq!(requests(&server).await, 2);
}

#[tokio::test]
async fn a_person_is_asked_only_so_often_within_an_hour() {
    let options = [("ciba.hourly", "4"), ("ciba.hourly_of_client", "3"), ("ciba.lifetime", "1m")];
    let server = TestServer::start_with(&options).await;
    let (bank, mut alice) = bank(&server).await;
    let shop = server.register(asking("shop")).await;
    for _ in 0..3 {
        let id = begin(&bank, &[]).await;
        answer(&mut alice, "allow").await;
        assert_eq!(poll(&bank, &id).await.status, 200);
        server.clock.advance(Duration::from_secs(60));
    }
    assert_wait(&ask(&bank, &[]).await, MANY, 3420);
    begin(&shop, &[]).await;
    server.clock.advance(Duration::from_secs(60));
    assert_wait(&ask(&shop, &[]).await, MANY, 3360);
    // A purge makes no one ask more often.
    for table in [ExpiringTable::BackchannelRequests, ExpiringTable::Grants] {
        purge(&server, table).await;
    }
    assert_wait(&ask(&bank, &[]).await, MANY, 3360);
    server.clock.advance(Duration::from_secs(3360));
    begin(&bank, &[]).await;
}

#[tokio::test]
async fn an_application_leaves_a_person_alone_who_has_denied_its_request() {
    let server = TestServer::start().await;
    let (bank, mut alice) = bank(&server).await;
    let shop = server.register(asking("shop")).await;
    let id = begin(&bank, &[]).await;
    answer(&mut alice, "deny").await;
    poll(&bank, &id).await.assert_json_error(400, "access_denied", "auth_req_id.denied");
    assert_wait(&ask(&bank, &[]).await, "backchannel.denied_before", 300);
    begin(&shop, &[]).await;
    server.clock.advance(Duration::from_secs(299));
    assert_wait(&ask(&bank, &[]).await, "backchannel.denied_before", 1);
    server.clock.advance(Duration::from_secs(1));
    begin(&bank, &[]).await;
}

#[tokio::test]
async fn an_application_stores_only_so_many_requests() {
    let options = [("limits.client_backchannel_requests", "2"), ("limits.backchannel_requests", "100")];
    let server = TestServer::start_with(&options).await;
    let (bank, _) = bank(&server).await;
    for name in ["bob", "carol"] {
        server.user(name).await;
    }
    begin(&bank, &[]).await;
    begin(&bank, &[("login_hint", "bob")]).await;
    let refused = ask(&bank, &[("login_hint", "carol")]).await;
    refused.assert_json_error(429, "temporarily_unavailable", "backchannel.too_many");
    assert_ne!(refused.header("retry-after"), "");
    assert_eq!(requests(&server).await, 2);
}

#[tokio::test]
async fn without_limits_no_one_waits() {
    let options = [("limits.enabled", "false"), ("ciba.waiting", "1"), ("ciba.waiting_of_client", "1")];
    let server = TestServer::start_with(&options).await;
    let (bank, _) = bank(&server).await;
    for _ in 0..3 {
        begin(&bank, &[]).await;
    }
}

#[tokio::test]
async fn requests_are_deleted_with_their_person_and_their_client() {
    let server = TestServer::start_with(&[("ciba.waiting_of_client", "9")]).await;
    let (bank, _) = bank(&server).await;
    let shop = server.register(asking("shop")).await;
    server.user("bob").await;
    begin(&bank, &[]).await;
    begin(&shop, &[]).await;
    begin(&shop, &[("login_hint", "bob")]).await;
    let operator = Operator::of(&server);
    operator.done(&["user", "delete", "alice", "--yes"]);
    assert_eq!(requests(&server).await, 1);
    operator.done(&["client", "delete", "shop", "--yes"]);
    assert_eq!(requests(&server).await, 0);
}
