//! Logout deliveries over the management API.

use grantor::store::db::Tx;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Api, faulty, refused};
use crate::support::{Operator, TestServer};

/// Deliveries of 700 sessions to two applications, which no one tries now.
async fn server_with_deliveries() -> TestServer {
    let server = TestServer::start().await;
    let now = server.app.now();
    server
        .store(async move |tx: &mut Tx| {
            for n in 0..700 {
                let (client, state) = if n % 7 == 0 { ("b", "delivered") } else { ("a", "failed") };
                tx.query(
                    "INSERT INTO logout_deliveries (session_id, client_id, user_id, state, attempts, next_attempt_at,
                                                    created_at, purge_after)
                     VALUES ($1, $2, 'u', $3, 9, $4, $4, $5)",
                )
                .bind(format!("s{n:03}"))
                .bind(client)
                .bind(state)
                .bind(now)
                .bind(now + grantor::clock::Seconds::new(9000))
                .execute()
                .await?;
            }
            Ok(())
        })
        .await;
    server
}

#[tokio::test]
async fn deliveries_are_listed_by_client_and_state() {
    let server = server_with_deliveries().await;
    let api = Api::with(&server, "grantor.clients.read").await;
    let list = api.get("/logout-deliveries?limit=500").await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 500);
    let next = list["next"].as_str().unwrap();
    let rest = api.get(&format!("/logout-deliveries?limit=500&cursor={next}")).await.json();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (200, &Value::Null));
    for (query, arguments, count) in [
        ("client_id=b", vec!["--client", "b"], 100),
        ("client_id=a&state=failed", vec!["--client", "a", "--state", "failed"], 600),
        ("state=waiting", vec!["--state", "waiting"], 0),
        ("state=delivered", vec!["--state", "delivered"], 100),
    ] {
        let operator = Operator::of(&server);
        let commanded = operator.json(&[vec!["logout", "list"], arguments].concat());
        assert_eq!(commanded.as_array().unwrap().len(), count, "{query}");
        let first = &commanded.as_array().unwrap()[..count.min(500)];
        assert_eq!(
            api.get(&format!("/logout-deliveries?limit=500&{query}")).await.json()["items"],
            json!(first)
        );
    }
    for (query, reason) in [
        ("state=lost", "api.parameter_invalid"),
        ("client=a", "api.parameter_unknown"),
        ("limit=0", "api.parameter_invalid"),
        ("cursor=x", "api.parameter_invalid"),
    ] {
        refused(&api.get(&format!("/logout-deliveries?{query}")).await, StatusCode::BAD_REQUEST, reason);
    }
}

#[tokio::test]
async fn those_that_no_application_has_confirmed_are_sent_again() {
    let server = server_with_deliveries().await;
    let api = Api::with(&server, "grantor.clients.write").await;
    for id in ["a", "b"] {
        api.service(id).await;
    }
    let waiting = "SELECT COUNT(*) FROM logout_deliveries WHERE state = 'waiting' AND attempts = 0";
    let retry = "/logout-deliveries/retry";
    assert_eq!(api.post(retry, json!({ "client_id": "b" })).await.json(), json!({ "retried": 0 }));
    let rehearsed = api.post(&format!("{retry}?dry_run=true"), json!({})).await;
    assert_eq!((rehearsed.status, rehearsed.json()), (StatusCode::OK, json!({ "retried": 600 })));
    assert_eq!(server.number(waiting).await, 0);
    let keyed = [("Idempotency-Key", "k")];
    let answer = api.send(Method::POST, retry, &keyed, Some(json!({ "client_id": "a" }))).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({ "retried": 600 })));
    assert_eq!(server.number(waiting).await, 600);
    server.sql("UPDATE logout_deliveries SET state = 'failed'").await;
    let again = api.send(Method::POST, retry, &keyed, Some(json!({ "client_id": "a" }))).await;
    assert_eq!(again.json(), json!({ "retried": 600 }), "as it was answered, although it took several steps");
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(server.number(waiting).await, 0);
    let wrong = api.post(retry, json!({ "client_id": ["a"], "state": "failed" })).await;
    assert_eq!(
        faulty(&wrong),
        [("/client_id".into(), "api.member_invalid".into()), ("/state".into(), "api.member_unknown".into())]
    );
}
