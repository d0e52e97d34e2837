//! What operators see of pings: lists and metrics, without the secrets of applications.

use std::time::Duration;

use grantor::clock::Seconds;
use grantor::store::db::Tx;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::ping::{ALLOWED, Endpoint, TOKEN, told, until, until_failed};
use super::{answer, begin};
use crate::api::{Api, refused};
use crate::console::{Visitor, between};
use crate::metrics;
use crate::support::{Operator, TestServer};

const METRICS: (&str, &str) = ("metrics.listen", "127.0.0.1:0");

#[tokio::test]
async fn operators_see_which_pings_wait_arrived_and_failed_and_no_secret() {
    let server = TestServer::start_with(&[ALLOWED, METRICS]).await;
    let (good, bad) = (Endpoint::start("204 No Content"), Endpoint::start("500 Internal Server Error"));
    let (bank, till) = (told(&server, "bank", &good).await, told(&server, "till", &bad).await);
    let (mut alice, api) = (server.alice().await, Api::with(&server, "grantor.clients.read").await);
    let arrived = begin(&bank, &[TOKEN]).await;
    answer(&mut alice, "allow").await;
    until(&server, "delivered", 1).await;
    server.clock.advance(Duration::from_secs(2));
    let failing = begin(&till, &[TOKEN]).await;
    answer(&mut alice, "deny").await;
    until_failed(&server, 1, "%500%").await;
    server.clock.advance(Duration::from_secs(1));

    // Time goes on, so the server may try again at any moment.
    let list = api.get("/pings").await;
    let items = list.json()["items"].clone();
    let (waits, done) = (&items[0], &items[1]);
    assert_eq!([&waits["client_id"], &done["client_id"]], ["till", "bank"], "the last answer comes first");
    assert_eq!([&waits["state"], &done["state"]], ["waiting", "delivered"]);
    assert_eq!(waits["last_error"], "it answered 500 Internal Server Error");
    assert!(waits["attempts"].as_i64().unwrap() >= 1, "{waits}");
    let time = |ping: &Value, name: &str| ping[name].as_str().expect("a time").to_owned();
    assert!(time(done, "created_at") < time(waits, "created_at"), "{items}");
    assert!(time(waits, "created_at") < time(waits, "next_attempt_at"), "{waits}");
    assert!(time(waits, "next_attempt_at") < time(waits, "expires_at"), "{waits}");
    assert!(time(done, "created_at") <= time(done, "done_at"), "{done}");
    assert_eq!([&waits["done_at"], &done["next_attempt_at"], &done["last_error"]], [&Value::Null; 3]);
    let of_till = "SELECT grant_id FROM backchannel_requests WHERE client_id = 'till'";
    let find = async move |tx: &mut Tx| tx.query(of_till).optional().await;
    let found: Option<(String,)> = server.store(find).await;
    let (request,) = found.expect("a request");
    assert_eq!(waits["request_id"], request, "as in the audit trail");

    let operator = Operator::of(&server);
    assert_eq!(operator.json(&["ping", "list", "--state", "delivered"]), json!([done]));
    let table = operator.done(&["ping", "list"]);
    assert!(table.starts_with("CLIENT") && table.contains("it answered 500"), "{table}");
    let mut owner = Visitor::owner(&server).await;
    let page = owner.open("/admin/pings?state=waiting").await;
    let rows = between(&page, "<main", "</main>");
    assert!(rows.contains(&request) && rows.contains("/admin/clients/till"), "{rows}");
    assert!(!rows.contains("/admin/clients/bank"), "{rows}");
    for secret in [arrived.as_str(), failing.as_str(), TOKEN.1] {
        for shown in [&list.body, &table, &page.body] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    let overview = owner.open("/admin").await;
    assert!(overview.body.contains("/admin/pings?state=failed"), "{overview:?}");

    counted_while_one_waits_and_when_it_has_failed(&server).await;
    let failed = api.get("/pings?state=failed").await.json()["items"][0].clone();
    assert_eq!(
        (&failed["client_id"], &failed["next_attempt_at"]),
        (&json!("till"), &Value::Null),
        "{failed}"
    );
}

/// The metrics after a ping that arrived and one that waits, and when the request of the second has ended.
async fn counted_while_one_waits_and_when_it_has_failed(server: &TestServer) {
    let metrics = metrics::reply(server).await;
    let attempts = metrics.by("outcome", "grantor_ping_attempts_total");
    assert_eq!((attempts["delivered"], attempts["failed"]), (1.0, 0.0));
    assert!(attempts["retried"] >= 1.0, "{attempts:?}");
    assert_eq!(metrics.value("grantor_pings_waiting"), Some(1.0));
    assert!(metrics.value("grantor_ping_oldest_waiting_seconds") >= Some(1.0), "{metrics:?}");
    server.clock.advance(Duration::from_secs(300));
    server.app.backchannel_pings.wake();
    until(server, "failed", 1).await;
    let metrics = metrics::reply(server).await;
    assert_eq!(metrics.by("outcome", "grantor_ping_attempts_total")["failed"], 1.0);
    assert_eq!(metrics.value("grantor_pings_waiting"), Some(0.0));
    assert_eq!(metrics.value("grantor_ping_oldest_waiting_seconds"), Some(0.0));
}

#[tokio::test]
async fn pings_are_listed_by_client_and_state() {
    let server = TestServer::start().await;
    let now = server.app.now();
    let store = async move |tx: &mut Tx| {
        for n in 0..70 {
            let (client, state) = if n % 7 == 0 { ("b", "delivered") } else { ("a", "failed") };
            tx.query(
                "INSERT INTO backchannel_pings (grant_id, client_id, state, attempts, next_attempt_at, created_at,
                                                expires_at, purge_after)
                 VALUES ($1, $2, $3, 8, $4, $4, $5, $5)",
            )
            .bind(format!("r{n:03}"))
            .bind(client)
            .bind(state)
            .bind(now)
            .bind(now + Seconds::new(9000))
            .execute()
            .await?;
        }
        Ok(())
    };
    server.store(store).await;
    let api = Api::with(&server, "grantor.clients.read").await;
    let list = api.get("/pings?limit=60").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 60);
    let next = list["next"].as_str().unwrap();
    let rest = api.get(&format!("/pings?limit=60&cursor={next}")).await.json();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (10, &Value::Null));
    let operator = Operator::of(&server);
    for (query, arguments, count) in [
        ("client_id=b", vec!["--client", "b"], 10),
        ("client_id=a&state=failed", vec!["--client", "a", "--state", "failed"], 60),
        ("state=waiting", vec!["--state", "waiting"], 0),
        ("state=delivered", vec!["--state", "delivered"], 10),
    ] {
        let commanded = operator.json(&[vec!["ping", "list"], arguments].concat());
        assert_eq!(commanded.as_array().unwrap().len(), count, "{query}");
        assert_eq!(api.get(&format!("/pings?limit=500&{query}")).await.json()["items"], commanded);
    }
    for (query, reason) in [
        ("state=lost", "api.parameter_invalid"),
        ("client=a", "api.parameter_unknown"),
        ("limit=0", "api.parameter_invalid"),
        ("cursor=x", "api.parameter_invalid"),
    ] {
        refused(&api.get(&format!("/pings?{query}")).await, StatusCode::BAD_REQUEST, reason);
    }
}
