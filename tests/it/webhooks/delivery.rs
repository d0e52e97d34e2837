//! What a receiver gets: signed messages, again after a failure, and none any more after 410.

use std::time::Duration;

use grantor::clock::Seconds;
use grantor::work::audit;
use serde_json::{Value, json};

use super::{ALLOWED, Receiver, acts, hook, is, pass_time, until};
use crate::api::Api;
use crate::metrics;
use crate::support::database::every_row;
use crate::support::mark::leak;
use crate::support::site::{Site, redirect};
use crate::support::{Operator, TestServer};

#[tokio::test]
async fn a_receiver_gets_the_signed_events_that_it_wants_and_a_failed_one_again_under_the_same_id() {
    let server = TestServer::start_with(&[ALLOWED, ("metrics.listen", "127.0.0.1:0")]).await;
    let api = Api::owner(&server).await;
    let mut receiver = Receiver::start();
    server.user("alice").await;
    acts(&server, 1).await;
    let hook = hook(&api, &receiver.url, json!(["user.enabled", "webhook."])).await;
    acts(&server, 1).await;
    // They are sent at the same time, so either can be first.
    let (mut created, mut first) = (receiver.next().await, receiver.next().await);
    if first.json()["type"] == "webhook.created" {
        std::mem::swap(&mut created, &mut first);
    }
    assert!(created.is_signed_by(&hook.secret) && first.is_signed_by(&hook.secret), "{created:?} {first:?}");
    assert!(
        created.json()["type"] == "webhook.created" && !created.body.contains(&hook.secret),
        "{created:?}"
    );
    assert_eq!(first.header("content-type"), "application/json");
    assert!(first.head.starts_with("POST /hooks?from=grantor HTTP/1.1"), "{}", first.head);
    assert_eq!(first.sent_at(), server.app.now().as_unix());
    let event = api.get("/events?act=user.enabled").await.json()["items"][1].clone();
    let expected = json!({ "type": "user.enabled", "timestamp": event["time"], "data": event });
    assert_eq!((first.json(), first.id()), (expected, event["id"].as_str().unwrap()));

    receiver.answers("500 Internal Server Error");
    acts(&server, 1).await;
    let failed = receiver.next_of("user.enabled", &hook.secret).await;
    let items = until(&api, &hook, |items| is(&items[0], "waiting", 1) && !items[0]["last_error"].is_null());
    let items = items.await;
    assert_eq!(items[0]["last_error"], "it answered 500 Internal Server Error");
    assert_eq!(items.len(), 3, "what happened before, and other types, are not sent: {items:?}");
    let metrics = metrics::reply(&server).await;
    let attempts = metrics.by("outcome", "grantor_webhook_attempts_total");
    assert_eq!((attempts["delivered"], attempts["retried"], attempts["failed"]), (2.0, 1.0, 0.0));
    assert_eq!(metrics.value("grantor_webhook_messages_waiting"), Some(1.0));
    receiver.answers("204 No Content");
    pass_time(&server, 4);
    pass_time(&server, 2);
    let again = receiver.next_of("user.enabled", &hook.secret).await;
    assert_eq!((again.id(), &again.body), (failed.id(), &failed.body), "the same message");
    assert_eq!(again.sent_at(), server.app.now().as_unix(), "signed when it is sent");
    until(&api, &hook, |items| is(&items[0], "delivered", 2) && items[0]["last_error"].is_null()).await;
    assert!(receiver.came.try_recv().is_err(), "nothing else came");
    let shown = api.get(&format!("{}/deliveries/{}", hook.path, again.id())).await;
    assert_eq!(
        (&shown.json()["state"], &shown.json()["type"]),
        (&json!("delivered"), &json!("user.enabled"))
    );

    let rows = every_row(&server.database.url).await;
    let all: Vec<String> = rows.into_values().flatten().collect();
    let bare = hook.secret.strip_prefix("whsec_").unwrap().trim_end_matches('=');
    assert_eq!(leak(bare, all.join("\n").as_bytes()), None, "the secret is only stored sealed");
}

#[tokio::test]
async fn a_receiver_that_says_retry_after_is_called_no_earlier() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    server.user("alice").await;
    let (api, mut receiver) = (Api::owner(&server).await, Receiver::start());
    // Seconds, a date in the past, and nonsense. The first pause is 5 seconds, or half a second more.
    for (asked, least, most) in [
        ("120", 120, 120),
        ("3", 5, 6),
        ("99999999999", 5, 6),
        ("4000000000", 86_400, 86_400),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 5, 6),
        ("soon", 5, 6),
        ("-1", 5, 6),
    ] {
        let answer: &'static str = format!("503 Service Unavailable\r\nRetry-After: {asked}").leak();
        receiver.answers(answer);
        let hook = hook(&api, &receiver.url, json!(["user.enabled"])).await;
        acts(&server, 1).await;
        receiver.next_of("user.enabled", &hook.secret).await;
        let waits = |items: &[Value]| is(&items[0], "waiting", 1) && !items[0]["last_error"].is_null();
        let items = until(&api, &hook, waits).await;
        let now = server.app.now();
        let earliest = (now + Seconds::new(least)).iso();
        let latest = (now + Seconds::new(most)).iso();
        let next = items[0]["next_attempt_at"].as_str().unwrap();
        assert!(*earliest <= *next && *next <= *latest, "{asked}: {earliest} {next} {latest}");
        assert_eq!(api.delete(&hook.path).await.status, 204);
    }
}

#[tokio::test]
async fn while_a_secret_is_rotated_both_sign_and_then_the_new_one_alone() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let api = Api::owner(&server).await;
    let mut receiver = Receiver::start();
    let hook = hook(&api, &receiver.url, json!(["user."])).await;
    let rotate = async |body: Value| {
        let answer = api.post(&format!("{}/rotate-secret", hook.path), body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let test = async |receiver: &mut Receiver| {
        assert_eq!(api.post(&format!("{}/test", hook.path), json!({})).await.status, 201);
        receiver.next().await
    };
    let second = rotate(json!({ "overlap": 3600 })).await;
    let secret = second["secret"].as_str().unwrap();
    assert_ne!(secret, hook.secret);
    let message = test(&mut receiver).await;
    assert_eq!(message.json()["data"], json!({ "webhook": { "id": hook.id, "name": "Test" } }));
    assert!(message.is_signed_by(secret) && message.is_signed_by(&hook.secret), "{message:?}");
    assert!(message.header("webhook-signature").split(' ').count() == 2, "{message:?}");
    server.clock.advance(Duration::from_secs(3601));
    let message = test(&mut receiver).await;
    assert!(message.is_signed_by(secret) && !message.is_signed_by(&hook.secret), "{message:?}");
    let third = rotate(json!({ "overlap": 0 })).await;
    let message = test(&mut receiver).await;
    assert!(message.is_signed_by(third["secret"].as_str().unwrap()) && !message.is_signed_by(secret));
    assert!(third["secrets"][1]["expires_at"].is_string() && third["secrets"][2]["expires_at"].is_null());

    for _ in 0..4 {
        rotate(json!({})).await;
    }
    let many = api.post(&format!("{}/rotate-secret", hook.path), json!({})).await;
    assert_eq!(many.status, 409, "{many:?}");
    let long = api.post(&format!("{}/rotate-secret", hook.path), json!({ "overlap": 2_592_001 })).await;
    assert_eq!(long.status, 400, "{long:?}");
    let message = test(&mut receiver).await;
    assert_eq!(message.header("webhook-signature").split(' ').count(), 5);
}

#[tokio::test]
async fn a_webhook_that_is_gone_or_fails_for_days_is_disabled_and_goes_on_where_it_stopped() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let api = Api::owner(&server).await;
    let mut receiver = Receiver::start();
    server.user("alice").await;
    let hook = hook(&api, &receiver.url, json!(["user.enabled"])).await;
    receiver.answers("410 Gone");
    acts(&server, 1).await;
    receiver.next().await;
    until(&api, &hook, |items| is(&items[0], "failed", 1)).await;
    let state = async || {
        let webhook = api.get(&hook.path).await.json();
        (webhook["disabled"] == true, webhook["disabled_because"].clone())
    };
    assert_eq!(state().await, (true, json!("gone")));
    acts(&server, 1).await;
    let refused = api.post(&format!("{}/test", hook.path), json!({})).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    receiver.answers("200 OK");
    assert_eq!(api.patch(&hook.path, json!({ "disabled": false })).await.status, 200);
    acts(&server, 0).await;
    receiver.next_of("user.enabled", &hook.secret).await;
    let items = until(&api, &hook, |items| items.len() == 2 && is(&items[0], "delivered", 1)).await;
    assert_eq!(items[1]["last_error"], "it answered 410 Gone");
    let answer = api.post(&format!("{}/retry", hook.path), json!({})).await;
    assert_eq!(answer.json(), json!({ "retried": 1 }));
    receiver.next_of("user.enabled", &hook.secret).await;

    receiver.answers("400 Bad Request");
    acts(&server, 1).await;
    // The longest pauses that chance may make.
    let pauses = [6, 331, 1981, 7921, 19_801, 39_601, 55_441, 79_201, 95_041, 0];
    for (attempt, pause) in (1..).zip(pauses) {
        receiver.next().await;
        let state = if attempt == 10 { "failed" } else { "waiting" };
        // The time that a claim sets; the result of the attempt sets another one.
        let claimed = (server.app.now() + Seconds::new(40)).iso();
        until(&api, &hook, |items| is(&items[0], state, attempt) && items[0]["next_attempt_at"] != claimed)
            .await;
        pass_time(&server, pause);
    }
    assert_eq!(state().await, (false, Value::Null), "a message was given up, and the webhook was not");
    pass_time(&server, 140_000);
    acts(&server, 1).await;
    receiver.next().await;
    until(&api, &hook, |items| items.len() == 4 && !items[0]["last_error"].is_null()).await;
    assert_eq!(state().await, (true, json!("failing")));
    audit::pass(&server.app).await.unwrap();
    let acts = api.get("/events?act=webhook.disabled").await.json()["items"].clone();
    let of = |place: usize| &acts[place]["changes"][1]["after"];
    assert_eq!(
        (of(0), of(1), acts[0]["actor"]["type"].clone()),
        (&json!("gone"), &json!("failing"), json!("server"))
    );
}

#[tokio::test]
async fn slow_hanging_and_redirecting_receivers_delay_only_themselves() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let api = Api::owner(&server).await;
    let hung = Site::start(|_| {
        loop {
            std::thread::park();
        }
    });
    let inner = Site::start(|_| panic!("nobody may come here"));
    let target = format!("http://127.0.0.1:{}/", inner.port);
    let elsewhere = Site::start(move |_| redirect(&target));
    let mut receiver = Receiver::start();
    server.user("alice").await;
    let at = |site: &Site| format!("http://127.0.0.1:{}/", site.port);
    let slow = hook(&api, &at(&hung), json!(["user."])).await;
    let redirecting = hook(&api, &at(&elsewhere), json!(["user."])).await;
    let good = hook(&api, &receiver.url, json!(["user."])).await;
    acts(&server, 4).await;
    for _ in 0..8 {
        receiver.next().await;
    }
    until(&api, &good, |items| items.len() == 8 && items.iter().all(|one| is(one, "delivered", 1))).await;
    let items = until(&api, &slow, |items| items.len() == 8).await;
    assert!(items.iter().all(|one| one["last_error"].is_null()), "still waited for: {items:?}");
    assert_eq!(items.iter().filter(|one| one["attempts"] == 1).count(), 4, "{items:?}");
    let why = "the answer is a redirect, which is not followed";
    until(&api, &redirecting, |items| items.iter().all(|one| one["last_error"] == why)).await;
}

#[tokio::test]
async fn a_private_address_is_not_called_unless_the_operator_allows_it() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let mut receiver = Receiver::start();
    // The name could be anyone's, so it is refused when it is called.
    let local = format!("https://localhost:{}/", receiver.site.port);
    let hook = hook(&api, &local, json!([])).await;
    assert_eq!(api.post(&format!("{}/test", hook.path), json!({})).await.status, 201);
    let refused = |one: &Value| {
        one["last_error"].as_str().is_some_and(|why| why.contains("which is not a public address"))
    };
    until(&api, &hook, |items| items.iter().any(refused)).await;
    assert!(receiver.came.try_recv().is_err(), "nothing came");
    Operator::of(&server).done(&["webhook", "delete", &hook.id, "--yes"]);
    assert_eq!(api.get(&format!("{}/deliveries", hook.path)).await.status, 404);
}
