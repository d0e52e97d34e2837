//! `dry_run`: the same answer as the act itself would get, and nothing is kept.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::Api;
use super::{created, key_set};
use crate::support::TestServer;

const RESOURCE: &str = "/resources/https%3A%2F%2Fapi.example";
const ISSUER: &str = "/issuers/https%3A%2F%2Fidp.example";
const SUBJECTS: &str = "/issuers/https%3A%2F%2Fidp.example/subjects";

/// Everything that is there now.
async fn all(api: &Api) -> Vec<Value> {
    let mut all = Vec::new();
    for path in ["/scopes", "/resources", "/issuers", SUBJECTS, "/keys", "/logout-deliveries", "/clients"] {
        all.push(api.get(path).await.json()["items"].clone());
    }
    all
}

#[tokio::test]
async fn a_rehearsal_answers_as_the_act_does_and_keeps_nothing() {
    let server = TestServer::start().await;
    server.service().await;
    server.user("alice").await;
    let api = Api::owner(&server).await;
    let next = api.get("/keys").await.json()["items"][0]["kid"].as_str().unwrap().to_owned();
    let issuer = json!({ "issuer": "https://idp.example", "jwks": key_set(), "scope": "read", "clients": ["service"] });
    let key = format!("/keys/{next}");
    let none: &[(&str, &str)] = &[];
    let replace: &[(&str, &str)] = &[("If-Match", "*")];
    let create: &[(&str, &str)] = &[("If-None-Match", "*")];
    for (method, path, headers, body) in [
        (Method::POST, "/scopes", none, Some(json!({ "name": "s", "description": "Do it" }))),
        (Method::PATCH, "/scopes/s", none, Some(json!({ "sensitive": true }))),
        (Method::PUT, "/scopes/s", replace, Some(json!({ "description": "Do more" }))),
        (Method::PUT, "/scopes/t", create, Some(json!({ "description": "Do more" }))),
        (Method::DELETE, "/scopes/t", none, None),
        (
            Method::POST,
            "/resources",
            none,
            Some(json!({ "resource": "https://api.example", "scope": "read" })),
        ),
        (Method::PATCH, RESOURCE, none, Some(json!({ "token_format": "opaque" }))),
        (Method::PUT, RESOURCE, replace, Some(json!({}))),
        (Method::DELETE, RESOURCE, none, None),
        (Method::POST, "/issuers", none, Some(issuer.clone())),
        (Method::PATCH, ISSUER, none, Some(json!({ "scope": "read write" }))),
        (Method::PUT, ISSUER, replace, Some(issuer)),
        (Method::POST, SUBJECTS, none, Some(json!({ "subject": "a", "user": "alice" }))),
        (Method::DELETE, "/issuers/https%3A%2F%2Fidp.example/subjects/a", none, None),
        (Method::DELETE, ISSUER, none, None),
        (Method::POST, "/keys", none, Some(json!({ "now": true }))),
        (Method::DELETE, key.as_str(), none, None),
        (Method::POST, "/logout-deliveries/retry", none, Some(json!({}))),
    ] {
        let what = format!("{method} {path}");
        let before = all(&api).await;
        let keyed = [headers, &[("Idempotency-Key", "rehearsed")]].concat();
        let rehearsed = api.send(method.clone(), &format!("{path}?dry_run=true"), &keyed, body.clone()).await;
        assert!(rehearsed.status.is_success(), "{what}: {rehearsed:?}");
        assert_eq!(all(&api).await, before, "{what}");
        assert_eq!(server.number("SELECT COUNT(*) FROM kept_answers").await, 0, "{what}");
        let done = api.send(method.clone(), path, headers, body).await;
        assert_eq!(done.status, rehearsed.status, "{what}: {done:?}");
        for header in ["location", "etag"] {
            assert_eq!(done.headers.get(header), rehearsed.headers.get(header), "{what}");
        }
        match path {
            // The keys are others, each time.
            "/keys" => assert_eq!(
                done.json()["items"].as_array().unwrap().len(),
                rehearsed.json()["items"].as_array().unwrap().len()
            ),
            _ => assert_eq!(done.body, rehearsed.body, "{what}"),
        }
    }
}

#[tokio::test]
async fn a_rehearsal_is_refused_as_the_act_is() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    created(&api.post("/scopes", json!({ "name": "s", "description": "Do it" })).await);
    for (method, path, headers, body) in [
        (Method::POST, "/scopes", vec![], Some(json!({ "name": "s", "description": "Do it" }))),
        (Method::POST, "/scopes", vec![], Some(json!({ "name": "a b", "description": "Do it" }))),
        (Method::PATCH, "/scopes/s", vec![("If-Match", "\"old\"")], Some(json!({}))),
        (Method::PATCH, "/scopes/made-up", vec![], Some(json!({}))),
        (Method::DELETE, "/scopes/openid", vec![], None),
        (Method::DELETE, "/issuers/made-up", vec![], None),
        (Method::DELETE, "/keys/made-up", vec![], None),
        (Method::POST, "/keys", vec![], Some(json!({ "algorithm": "PS256" }))),
    ] {
        let act = api.send(method.clone(), path, &headers, body.clone()).await;
        let rehearsed = api.send(method.clone(), &format!("{path}?dry_run=true"), &headers, body).await;
        assert!(act.status.is_client_error(), "{method} {path}: {act:?}");
        let of = |answer: &crate::support::Answer| (answer.status, answer.json()["reason"].clone());
        assert_eq!(of(&act), of(&rehearsed), "{method} {path}");
    }
    let wrong = api.send(Method::DELETE, "/scopes/s?dry_run=perhaps", &[], None).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(api.get("/scopes/s").await.status, StatusCode::OK);
}
