//! API keys: made, used, ended and deleted.

use std::time::Duration;

use grantor::operations::actor::{Actor, ActorKind};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Api, faulty, refused};
use crate::support::TestServer;

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_deleted() {
    let server = TestServer::start().await;
    let owner = Api::owner(&server).await;
    let created =
        owner.post("/api-keys", json!({ "name": "pipeline", "scope": "grantor.clients.read" })).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    let made = created.json();
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap().to_owned());
    assert!(key.starts_with("grantor_sk_") && key.len() == 60, "{key}");
    let pipeline = Api { key: key.clone(), ..owner.at(&server.url) };
    assert_eq!(pipeline.get("/clients").await.status, StatusCode::OK);
    refused(&pipeline.service("x").await, StatusCode::FORBIDDEN, "api.scope_missing");

    let path = format!("/api-keys/{id}");
    let shown = owner.get(&path).await;
    assert!(!shown.body.contains(&key) && shown.json()["last_used_at"].is_string(), "{shown:?}");
    let renamed = owner.patch(&path, json!({ "name": "deploy" })).await;
    assert_eq!((renamed.status, &renamed.json()["name"]), (StatusCode::OK, &json!("deploy")), "{renamed:?}");
    assert_eq!(owner.delete(&path).await.status, StatusCode::NO_CONTENT);
    refused(&pipeline.get("/clients").await, StatusCode::UNAUTHORIZED, "api.credential_wrong");
}

#[tokio::test]
async fn a_key_ends_at_its_time() {
    let server = TestServer::start().await;
    let owner = Api::owner(&server).await;
    let end = (server.app.now() + grantor::clock::Seconds::new(60)).iso();
    let made = owner
        .post("/api-keys", json!({ "name": "short", "scope": "grantor.read", "expires_at": end }))
        .await
        .json();
    let short = Api { key: made["key"].as_str().unwrap().to_owned(), ..owner.at(&server.url) };
    assert_eq!(short.get("/api-keys").await.status, StatusCode::OK);
    server.clock.advance(Duration::from_secs(60));
    refused(&short.get("/api-keys").await, StatusCode::UNAUTHORIZED, "api.key_expired");
}

#[tokio::test]
async fn no_one_makes_a_key_that_may_do_more_than_they_and_the_last_owner_stays() {
    let server = TestServer::start().await;
    let owner = Api::owner(&server).await;
    for (name, scope, place) in [
        ("x", "", "/scope"),
        ("x", "openid", "/scope"),
        ("x", "grantor.made_up.read", "/scope"),
        ("x", "grantor.api_keys.write", "/scope"),
        ("", "grantor.read", "/name"),
        ("a\nb", "grantor.read", "/name"),
        (" a", "grantor.read", "/name"),
    ] {
        let answer = owner.post("/api-keys", json!({ "name": name, "scope": scope })).await;
        refused(&answer, StatusCode::BAD_REQUEST, "api.member_invalid");
        assert_eq!(faulty(&answer)[0].0, place, "{answer:?}");
    }
    let items = owner.get("/api-keys").await.json()["items"].clone();
    let own = items[0]["id"].as_str().unwrap();
    let last = owner.delete(&format!("/api-keys/{own}")).await;
    refused(&last, StatusCode::CONFLICT, "api.conflict");
    let second = Api::owner(&server).await;
    assert_eq!(owner.delete(&format!("/api-keys/{own}")).await.status, StatusCode::NO_CONTENT);
    let left = second.get("/api-keys").await.json()["items"].clone();
    assert_eq!(left.as_array().map(Vec::len), Some(1), "{left}");
    let over = second
        .patch(
            &format!("/api-keys/{}", left[0]["id"].as_str().unwrap()),
            json!({ "expires_at": "2001-01-01T00:00:00Z", "name": null, "scope": "grantor.read" }),
        )
        .await;
    assert_eq!(over.status, StatusCode::BAD_REQUEST, "{over:?}");
    let mut found: Vec<String> = faulty(&over).into_iter().map(|(field, _)| field).collect();
    found.sort();
    assert_eq!(found, ["/expires_at", "/name", "/scope"]);
}

#[tokio::test]
async fn of_two_owners_who_delete_each_other_at_once_one_remains() {
    let server = TestServer::start().await;
    for _ in 0..8 {
        let (one, two) = (Api::owner(&server).await, Api::owner(&server).await);
        let items = one.get("/api-keys").await.json()["items"].clone();
        let id = |n: usize| items[n]["id"].as_str().unwrap().to_owned();
        let (first, second) = (format!("/api-keys/{}", id(0)), format!("/api-keys/{}", id(1)));
        let (a, b) = tokio::join!(one.delete(&first), two.delete(&second));
        let done = [&a, &b].iter().filter(|answer| answer.status == StatusCode::NO_CONTENT).count();
        assert_eq!(done, 1, "{a:?} {b:?}");
        let context =
            server.app.operations(server.app.now(), std::sync::Arc::new(Actor::of(ActorKind::Command)));
        for key in all(&server).await {
            grantor::operations::api_keys::delete(&context, &key).await.expect("a command may delete all");
        }
    }
}

async fn all(server: &TestServer) -> Vec<String> {
    let rows: Vec<(String,)> = server.store(async |tx| tx.query("SELECT id FROM api_keys").all().await).await;
    rows.into_iter().map(|(id,)| id).collect()
}

#[tokio::test]
async fn the_use_of_a_key_is_noted_once_a_minute() {
    let server = TestServer::start().await;
    let owner = Api::owner(&server).await;
    let noted = async || owner.get("/api-keys").await.json()["items"][0]["last_used_at"].clone();
    let first = noted().await;
    assert_ne!(first, Value::Null);
    server.clock.advance(Duration::from_secs(59));
    assert_eq!(noted().await, first);
    server.clock.advance(Duration::from_secs(1));
    assert_ne!(noted().await, first);
}
