//! Signing keys over the management API.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Api, faulty, refused};
use crate::support::{Answer, Operator, TestServer};

fn items(answer: &Answer) -> Vec<Value> {
    answer.json()["items"].as_array().unwrap_or_else(|| panic!("{answer:?}")).clone()
}

fn kid(key: &Value) -> &str {
    key["kid"].as_str().expect("a kid")
}

#[tokio::test]
async fn keys_are_listed_as_the_command_lists_them() {
    let server = TestServer::start().await;
    let api = Api::with(&server, "grantor.keys.read").await;
    let keys = items(&api.get("/keys").await);
    assert_eq!(Value::from(keys.clone()), Operator::of(&server).json(&["key", "list"]));
    assert_eq!(keys.len(), 2);
    for key in &keys {
        let answer = api.get(&format!("/keys/{}", kid(key))).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, key.clone()));
        assert!(answer.header("etag").starts_with('"'));
        assert!(key.get("d").is_none() && key["state"] == "signing", "{key}");
    }
    refused(&api.get("/keys/made-up").await, StatusCode::NOT_FOUND, "api.not_found");
    let page = api.get("/keys?limit=1").await.json();
    let rest = items(&api.get(&format!("/keys?limit=1&cursor={}", page["next"].as_str().unwrap())).await);
    assert_eq!([kid(&page["items"][0]), kid(&rest[0])], [kid(&keys[0]), kid(&keys[1])]);
}

#[tokio::test]
async fn new_keys_sign_in_time_or_at_once_and_old_ones_are_retired() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let only = kid(items(&api.get("/keys").await).iter().find(|key| key["algorithm"] == "ES256").unwrap())
        .to_owned();
    refused(&api.delete(&format!("/keys/{only}")).await, StatusCode::CONFLICT, "api.conflict");

    let made = api.post("/keys", json!({ "algorithm": "ES256" })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let made = items(&made);
    assert_eq!(
        (made.len(), &made[0]["state"], &made[0]["published_until"]),
        (1, &json!("next"), &Value::Null)
    );
    assert_eq!(api.get(&format!("/keys/{}", kid(&made[0]))).await.json(), made[0]);
    let again = api.post("/keys", json!({ "algorithm": "ES256" })).await;
    refused(&again, StatusCode::CONFLICT, "api.conflict");

    let etag = api.get(&format!("/keys/{only}")).await.header("etag").to_owned();
    let stale = api.send(Method::DELETE, &format!("/keys/{only}"), &[("If-Match", "\"old\"")], None).await;
    refused(&stale, StatusCode::PRECONDITION_FAILED, "api.other_version");
    let retired = api.send(Method::DELETE, &format!("/keys/{only}"), &[("If-Match", &etag)], None).await;
    assert_eq!((retired.status, retired.body.as_str()), (StatusCode::NO_CONTENT, ""));
    let shown = api.get(&format!("/keys/{only}")).await;
    assert_eq!(shown.json()["state"], "retired");
    assert_ne!(shown.header("etag"), etag);
    refused(&api.delete(&format!("/keys/{only}")).await, StatusCode::CONFLICT, "api.conflict");
    assert_eq!(api.get(&format!("/keys/{}", kid(&made[0]))).await.json()["state"], "signing");

    server.clock.advance(std::time::Duration::from_secs(2));
    let all = api.post("/keys", json!({ "now": true })).await;
    let states: Vec<Value> = items(&all).iter().map(|key| key["state"].clone()).collect();
    assert_eq!((all.status, states), (StatusCode::CREATED, vec![json!("signing"), json!("signing")]));
    for key in items(&all) {
        assert_eq!(api.get(&format!("/keys/{}", kid(&key))).await.json(), key);
    }
}

#[tokio::test]
async fn a_rotation_is_done_once_for_each_idempotency_key() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let keyed =
        async |body: Value| api.send(Method::POST, "/keys", &[("Idempotency-Key", "k")], Some(body)).await;
    let first = keyed(json!({})).await;
    let again = keyed(json!({})).await;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!((first.body, again.header("idempotent-replayed")), (again.body.clone(), "true"));
    let other = keyed(json!({ "now": true })).await;
    refused(&other, StatusCode::CONFLICT, "api.idempotency_key_reused");
    assert_eq!(items(&api.get("/keys").await).len(), 4);
}

#[tokio::test]
async fn what_is_wrong_with_a_rotation_is_named() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let invalid = |place: &str| (place.to_owned(), "api.member_invalid".to_owned());
    for (body, expected) in [
        (json!({ "algorithm": "none", "now": 1 }), vec![invalid("/algorithm"), invalid("/now")]),
        (json!({ "algorithm": "PS256" }), vec![invalid("/algorithm")]),
        (json!({ "algorithm": ["ES256"] }), vec![invalid("/algorithm")]),
        (json!({ "key": "x" }), vec![("/key".into(), "api.member_unknown".into())]),
    ] {
        let answer = api.post("/keys", body.clone()).await;
        assert_eq!((answer.status, faulty(&answer)), (StatusCode::BAD_REQUEST, expected), "{body}");
    }
    assert_eq!(items(&api.get("/keys").await).len(), 2);
}

#[tokio::test]
async fn only_who_may_do_everything_changes_a_signing_key() {
    let server = TestServer::start().await;
    let api = Api::with(&server, "grantor.keys.write grantor.config.write").await;
    let keys = items(&api.get("/keys").await);
    for body in [json!({}), json!({ "now": true })] {
        refused(&api.post("/keys", body).await, StatusCode::FORBIDDEN, "api.forbidden");
    }
    refused(&api.delete(&format!("/keys/{}", kid(&keys[0]))).await, StatusCode::FORBIDDEN, "api.forbidden");
    refused(&api.delete("/keys/made-up").await, StatusCode::NOT_FOUND, "api.not_found");
    assert_eq!(items(&api.get("/keys").await), keys);
}
