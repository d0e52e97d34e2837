//! A webhook that is behind: its messages are bounded, and it notices what it has missed.

use std::time::Duration;

use grantor::work::audit;
use grantor::work::purge::{Pass, pass};
use serde_json::{Value, json};

use super::{ALLOWED, Receiver, acts, hook, is, pass_time, until};
use crate::api::Api;
use crate::support::TestServer;
use crate::support::server::purging;

/// 997 messages that wait for their next attempt in a time that the test does not reach.
const FILL: &str = "INSERT INTO webhook_deliveries (webhook_id, message_id, type, body, state, attempts, next_attempt_at, created_at)
    WITH RECURSIVE fill (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM fill WHERE number < 997)
    SELECT id, 'fill-' || number, 'key.created', '{}', 'waiting', 1, 99999999999, 0 FROM webhooks, fill";

#[tokio::test]
async fn a_webhook_with_many_waiting_messages_waits_in_the_audit_trail_and_misses_nothing() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let api = Api::owner(&server).await;
    let mut receiver = Receiver::start();
    server.user("alice").await;
    let hook = hook(&api, &receiver.url, json!(["user."])).await;
    acts(&server, 0).await;
    assert_eq!(server.sql(FILL).await, 997);
    receiver.answers("500 Internal Server Error");
    acts(&server, 3).await;
    for _ in 0..3 {
        receiver.next().await;
    }
    until(&api, &hook, |items| {
        items[..3].iter().all(|one| is(one, "waiting", 1) && !one["last_error"].is_null())
    })
    .await;
    acts(&server, 0).await;
    assert_eq!(server.number("SELECT COUNT(*) FROM webhook_deliveries").await, 1000, "three events wait");
    // What is delivered makes room.
    receiver.answers("200 OK");
    pass_time(&server, 60);
    until(&api, &hook, |items| items.iter().filter(|one| is(one, "delivered", 2)).count() == 3).await;
    acts(&server, 0).await;
    for _ in 0..6 {
        receiver.next().await;
    }
    let items = until(&api, &hook, |items| items[..6].iter().all(|one| one["state"] == "delivered"));
    items.await;
    assert!(receiver.came.try_recv().is_err(), "each came once, after the failures");
    assert_eq!(
        server.number("SELECT COUNT(*) FROM webhooks WHERE position = 8").await,
        1,
        "with its creation and the key"
    );
}

#[tokio::test]
async fn events_that_were_deleted_before_a_webhook_got_them_are_noted() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let api = Api::owner(&server).await;
    let mut receiver = Receiver::start();
    server.user("alice").await;
    let hook = hook(&api, &receiver.url, json!(["user.", "webhook.events_missed"])).await;
    acts(&server, 0).await;
    assert_eq!(api.patch(&hook.path, json!({ "disabled": true })).await.status, 200);
    acts(&server, 2).await;
    server.clock.advance(Duration::from_secs(366 * 86_400));
    let live = server.app.live_sessions(server.app.now());
    assert!(matches!(pass(&purging(&server.app, "test"), live).await.unwrap(), Pass::Purged(_)));
    assert_eq!(server.number("SELECT COUNT(*) FROM events").await, 0);
    // The key of the test is as old as everything else, and does not end.
    assert_eq!(api.patch(&hook.path, json!({ "disabled": false })).await.status, 200);
    audit::pass(&server.app).await.unwrap();
    acts(&server, 1).await;
    // They are sent at the same time, so each can be first.
    let mut messages =
        [receiver.next().await.json(), receiver.next().await.json(), receiver.next().await.json()];
    messages.sort_by_key(|message| message["type"].to_string());
    let kinds: Vec<&Value> = messages.iter().map(|message| &message["type"]).collect();
    assert_eq!(kinds, ["user.disabled", "user.enabled", "webhook.events_missed"]);
    let missed = &messages[2];
    let change = |name: &str| {
        let changes = missed["data"]["changes"].as_array().unwrap();
        changes.iter().find(|change| change["member"] == name).unwrap()["after"].clone()
    };
    assert_eq!((change("first_missed"), change("last_missed")), (json!(3), json!(7)), "{missed}");
}

#[tokio::test]
async fn messages_of_a_disabled_webhook_wait_for_14_days() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    server.user("alice").await;
    let (api, mut receiver) = (Api::owner(&server).await, Receiver::start());
    receiver.answers("500 Internal Server Error");
    let hook = hook(&api, &receiver.url, json!(["user.enabled"])).await;
    acts(&server, 1).await;
    receiver.next_of("user.enabled", &hook.secret).await;
    until(&api, &hook, |items| is(&items[0], "waiting", 1) && !items[0]["last_error"].is_null()).await;
    assert_eq!(api.patch(&hook.path, json!({ "disabled": true })).await.status, 200);
    for (days, kept) in [(13, 1), (2, 0)] {
        server.clock.advance(Duration::from_secs(days * 86_400));
        let live = server.app.live_sessions(server.app.now());
        pass(&purging(&server.app, "test"), live).await.unwrap();
        assert_eq!(server.number("SELECT COUNT(*) FROM webhook_deliveries").await, kept, "{days}");
    }
}
