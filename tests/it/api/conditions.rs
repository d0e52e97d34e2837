//! ETags: no update is lost.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Api, refused, version};
use crate::support::{Cluster, TestServer};

#[tokio::test]
async fn a_condition_that_does_not_hold_changes_nothing() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let created = api.service("reports").await;
    let etag = created.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10, "{etag}");
    let body = json!({ "client_name": "One" });
    let send = |method: Method, condition: &str| {
        let body = (method == Method::PATCH).then(|| body.clone());
        let (api, condition) = (api.at(&server.url), condition.to_owned());
        async move { api.send(method, "/clients/reports", &[("If-Match", &condition)], body).await }
    };
    for method in [Method::PATCH, Method::DELETE] {
        for other in ["\"made-up\"", "\"a\", \"b\"", "W/\"a\"", &format!("W/{etag}")] {
            let answer = send(method.clone(), other).await;
            refused(&answer, StatusCode::PRECONDITION_FAILED, "api.other_version");
        }
        for malformed in ["made-up", "\"a\" \"b\"", "\"a", "*, \"a\"", ",", ""] {
            let answer = send(method.clone(), malformed).await;
            refused(&answer, StatusCode::BAD_REQUEST, "api.parameter_invalid");
        }
    }
    assert_eq!(version(&api.get("/clients/reports").await), version(&created));
    let changed = send(Method::PATCH, &etag).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    refused(&send(Method::DELETE, &etag).await, StatusCode::PRECONDITION_FAILED, "api.other_version");
    let one_of = format!("\"other\",, W/\"weak\" , {}", changed.header("etag"));
    assert_eq!(send(Method::DELETE, &one_of).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn an_answer_with_anything_new_is_no_304_and_a_change_of_the_password_is_another_version() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let alice = format!("/users/{}", server.user("alice").await);
    // No message of this kind comes, so the state of its deliveries stays as it is.
    let types = ["backchannel.requested"];
    let webhook = json!({ "name": "log", "url": "https://log.example.com/", "types": types });
    let webhook = api.post("/webhooks", webhook).await.json()["id"].as_str().expect("an id").to_owned();
    let webhook = format!("/webhooks/{webhook}");
    let known = async |path: &str| api.get(path).await.header("etag").to_owned();
    let (old_alice, old_webhook) = (known(&alice).await, known(&webhook).await);
    server.clock.advance(std::time::Duration::from_secs(5));
    let password = json!({ "password": "a new password that is long" });
    let set = api.put(&format!("{alice}/password"), &[("If-Match", &old_alice)], password.clone()).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT, "{set:?}");
    let rotated = api.post(&format!("{webhook}/rotate-secret"), json!({})).await;
    assert!(rotated.status.is_success(), "{rotated:?}");
    for (path, old) in [(&alice, &old_alice), (&webhook, &old_webhook)] {
        let read = api.send(Method::GET, path, &[("If-None-Match", old)], None).await;
        assert_eq!(read.status, StatusCode::OK, "{path}: {read:?}");
    }
    let again = api.put(&format!("{alice}/password"), &[("If-Match", &old_alice)], password).await;
    refused(&again, StatusCode::PRECONDITION_FAILED, "api.other_version");
    // Its settings are the same.
    let known = [("If-Match", old_webhook.as_str())];
    let renamed = api.send(Method::PATCH, &webhook, &known, Some(json!({ "name": "x" }))).await;
    assert_eq!(renamed.status, StatusCode::OK, "{renamed:?}");
}

#[tokio::test]
async fn a_condition_that_no_change_has_is_refused() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    api.service("reports").await;
    for tag in ["*", "\"x\""] {
        for (method, body) in [(Method::PATCH, Some(json!({ "client_name": "x" }))), (Method::DELETE, None)] {
            let answer = api.send(method, "/clients/reports", &[("If-None-Match", tag)], body).await;
            refused(&answer, StatusCode::BAD_REQUEST, "api.parameter_invalid");
        }
    }
    assert_eq!(api.get("/clients/reports").await.json()["client_name"], "reports");
}

#[tokio::test]
async fn who_knows_the_version_of_an_object_gets_304_without_it() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    api.service("reports").await;
    let alice = format!("/users/{}", server.user("alice").await);
    let webhook = json!({ "name": "log", "url": "https://log.example.com/" });
    let webhook = api.post("/webhooks", webhook).await.json()["id"].as_str().expect("an id").to_owned();
    for path in ["/clients/reports", &alice, "/scopes/read", &format!("/webhooks/{webhook}")] {
        let etag = api.get(path).await.header("etag").to_owned();
        let get = async |method: Method, known: &str| {
            api.send(method, path, &[("If-None-Match", known)], None).await
        };
        for known in [&etag, &format!("W/{etag}"), &format!("\"other\", {etag}"), "*"] {
            for method in [Method::GET, Method::HEAD] {
                let answer = get(method, known).await;
                assert_eq!(
                    (answer.status, answer.body.as_str()),
                    (StatusCode::NOT_MODIFIED, ""),
                    "{path} {known}"
                );
                assert_eq!(answer.header("etag"), etag, "{path} {known}");
            }
        }
        for known in ["\"other\"", "W/\"other\", \"more\""] {
            let answer = get(Method::GET, known).await;
            assert_eq!(
                (answer.status, answer.header("etag")),
                (StatusCode::OK, etag.as_str()),
                "{path} {known}"
            );
            assert!(answer.json().is_object());
        }
        for malformed in ["other", "\"a", "*, \"a\"", ""] {
            let answer = get(Method::GET, malformed).await;
            refused(&answer, StatusCode::BAD_REQUEST, "api.parameter_invalid");
        }
    }
    let changed = api.patch("/clients/reports", json!({ "client_name": "Other" })).await;
    let old = api.get("/clients/reports").await.header("etag").to_owned();
    assert_eq!(changed.header("etag"), old);
    // A list has no version.
    let list = api.send(Method::GET, "/clients", &[("If-None-Match", "*")], None).await;
    assert_eq!(list.status, StatusCode::OK);
}

#[tokio::test]
async fn a_secret_is_read_at_its_address_and_changed_only_as_it_was_read() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    api.service("reports").await;
    let created = api.post("/clients/reports/secrets", json!({})).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    let (_, path) = created.header("location").split_once("/api/v1").expect("a path of the API");
    let (secret, etag) = (created.json()["client_secret"].clone(), created.header("etag").to_owned());
    let read = api.get(path).await;
    assert_eq!((read.status, version(&read)), (StatusCode::OK, version(&created)), "{read:?}");
    assert!(!read.body.contains(secret.as_str().unwrap()), "{read:?}");
    let listed = api.get("/clients/reports/secrets").await.json();
    assert!(listed["items"].as_array().unwrap().contains(&read.json()), "{listed}");
    let end = json!({ "expires_at": (server.app.now() + grantor::clock::Seconds::new(60)).iso() });
    let send = async |method: Method, etag: &str, body: Option<serde_json::Value>| {
        api.send(method, path, &[("If-Match", etag)], body).await
    };
    for (method, body) in
        [(Method::PATCH, Some(end.clone())), (Method::PATCH, Some(json!({}))), (Method::DELETE, None)]
    {
        let answer = send(method, "\"stale\"", body).await;
        refused(&answer, StatusCode::PRECONDITION_FAILED, "api.other_version");
    }
    let changed = send(Method::PATCH, &etag, Some(end)).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(api.get(path).await.header("etag"), changed.header("etag"));
    refused(&send(Method::DELETE, &etag, None).await, StatusCode::PRECONDITION_FAILED, "api.other_version");
    assert_eq!(send(Method::DELETE, changed.header("etag"), None).await.status, StatusCode::NO_CONTENT);
    refused(&api.get(path).await, StatusCode::NOT_FOUND, "api.not_found");
}

#[tokio::test]
async fn a_change_of_something_without_an_etag_is_refused_if_it_names_one() {
    let server = TestServer::start().await;
    let (api, alice) = (Api::owner(&server).await, server.user("alice").await);
    for operation in grantor::representation::contract::operations() {
        if operation.need.is_none() || !operation.refuses_if_match() {
            continue;
        }
        let path = operation.path.strip_prefix("/api/v1").expect("a path of the API");
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
        let answer = api.send(method, path, &[("If-Match", "\"stale\"")], None).await;
        assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED, "{}: {answer:?}", operation.id);
    }
    let sessions = format!("/users/{}/sessions", alice.as_str());
    for condition in ["\"stale\"", "\"a\", \"b\""] {
        let answer = api.send(Method::DELETE, &sessions, &[("If-Match", condition)], None).await;
        refused(&answer, StatusCode::PRECONDITION_FAILED, "api.other_version");
    }
    let malformed = api.send(Method::DELETE, &sessions, &[("If-Match", "stale")], None).await;
    refused(&malformed, StatusCode::BAD_REQUEST, "api.parameter_invalid");
    let any = api.send(Method::DELETE, &sessions, &[("If-Match", "*")], None).await;
    assert_eq!(any.status, StatusCode::NO_CONTENT, "{any:?}");
}

#[tokio::test]
async fn of_many_writers_on_two_nodes_one_wins_each_round_and_no_update_is_lost() {
    let cluster = Cluster::of(2).await;
    let owner = Api::owner(&cluster.server).await;
    owner.service("reports").await;
    for round in 0..4 {
        let read = owner.get("/clients/reports").await;
        let etag = read.header("etag").to_owned();
        let write = |writer: usize| {
            let api = owner.at(&cluster.nodes[writer % 2].url);
            let etag = etag.clone();
            async move {
                let body = json!({ "client_name": format!("{round} {writer}") });
                api.send(Method::PATCH, "/clients/reports", &[("If-Match", &etag)], Some(body)).await
            }
        };
        let answers = futures_util::future::join_all((0..64).map(write)).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
        assert_eq!(won.len(), 1, "round {round}");
        for lost in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
            refused(lost, StatusCode::PRECONDITION_FAILED, "api.other_version");
        }
        assert_eq!(owner.get("/clients/reports").await.json(), won[0].json());
    }
}
