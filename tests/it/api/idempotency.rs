//! `Idempotency-Key`: what comes again is done once.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Api, refused};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Cluster, TestServer};

async fn create(api: &Api, key: &str, body: Value) -> Answer {
    api.send(Method::POST, "/clients", &[("Idempotency-Key", key)], Some(body)).await
}

fn reports() -> Value {
    json!({ "client_name": "Reports", "kind": "service" })
}

async fn count(api: &Api) -> usize {
    api.get("/clients").await.json()["items"].as_array().expect("items").len()
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_with_its_secret_for_a_day() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let first = create(&api, "one", reports()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    assert_eq!(first.header("idempotent-replayed"), "");
    let again = create(&api, "one", reports()).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    for header in ["location", "etag"] {
        assert_eq!(again.header(header), first.header(header));
    }
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert!(again.json()["client_secret"].is_string());
    assert_eq!(count(&api).await, 1);
    assert_eq!(create(&api, "two", reports()).await.status, StatusCode::CREATED);
    assert_eq!(count(&api).await, 2);
    server.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(create(&api, "one", reports()).await.header("idempotent-replayed"), "");
    assert_eq!(count(&api).await, 3);
}

#[tokio::test]
async fn an_answer_is_kept_for_senders_who_still_may_do_the_same() {
    let server = TestServer::start().await;
    let scopes = "grantor.clients.write grantor.users.write";
    let robot = server.register(Registration::service("robot").scopes(scopes)).await;
    let sender = async |scope: &str| {
        let token = robot.token(&[("grant_type", "client_credentials"), ("scope", scope)]).await;
        Api { key: token.get("access_token"), ..Api::owner(&server).await }
    };
    let (wide, narrow) = (sender(scopes).await, sender("grantor.clients.write").await);
    let first = create(&wide, "one", reports()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    refused(&create(&narrow, "one", reports()).await, StatusCode::CONFLICT, "api.idempotency_key_reused");
    let again = create(&sender(scopes).await, "one", reports()).await;
    assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", first.json()));
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_credential() {
    let server = TestServer::start().await;
    let (api, other) = (Api::owner(&server).await, Api::owner(&server).await);
    create(&api, "one", reports()).await;
    let changed = create(&api, "one", json!({ "client_name": "Other", "kind": "service" })).await;
    refused(&changed, StatusCode::CONFLICT, "api.idempotency_key_reused");
    let elsewhere = json!({ "name": "x", "scope": "grantor.read" });
    let elsewhere = api.send(Method::POST, "/api-keys", &[("Idempotency-Key", "one")], Some(elsewhere)).await;
    refused(&elsewhere, StatusCode::CONFLICT, "api.idempotency_key_reused");
    assert_eq!(create(&other, "one", reports()).await.header("idempotent-replayed"), "");
    assert_eq!(count(&api).await, 2);
    for wrong in ["", "a b", &"a".repeat(256)] {
        let answer = create(&api, wrong, reports()).await;
        refused(&answer, StatusCode::BAD_REQUEST, "api.parameter_invalid");
    }
}

#[tokio::test]
async fn a_refused_request_is_not_kept_and_nothing_in_the_database_gives_a_secret_away() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let wrong = create(&api, "one", json!({ "client_name": "", "kind": "service" })).await;
    refused(&wrong, StatusCode::BAD_REQUEST, "api.member_invalid");
    let right = create(&api, "one", reports()).await;
    assert_eq!(right.status, StatusCode::CREATED, "{right:?}");
    let secret = right.json()["client_secret"].as_str().unwrap().to_owned();
    let kept: Option<(Vec<u8>,)> =
        server.store(async |tx| tx.query("SELECT sealed FROM kept_answers").optional().await).await;
    let kept = kept.expect("an answer").0;
    assert!(!kept.windows(16).any(|part| part == &secret.as_bytes()[..16]));
}

#[tokio::test]
async fn of_many_retries_on_two_nodes_one_creates() {
    let cluster = Cluster::of(2).await;
    let owner = Api::owner(&cluster.server).await;
    let retry = |n: usize| {
        let api = owner.at(&cluster.nodes[n % 2].url);
        async move { create(&api, "one", reports()).await }
    };
    let answers = futures_util::future::join_all((0..32).map(retry)).await;
    let created: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).collect();
    assert!(!created.is_empty());
    for answer in &created {
        assert_eq!(answer.json(), created[0].json());
    }
    for busy in answers.iter().filter(|answer| answer.status != StatusCode::CREATED) {
        refused(busy, StatusCode::CONFLICT, "api.idempotency_key_reused");
        assert_eq!(busy.header("retry-after"), "1");
    }
    assert_eq!(count(&owner).await, 1);
    assert_eq!(create(&owner, "one", reports()).await.json(), created[0].json());
}
