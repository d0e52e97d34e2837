//! A cursor belongs to its list, its filters and its order: with others it would leave items out.

use grantor::representation::contract::{AnswerKind, operations};
use grantor::secret::from_base64url;
use grantor::work::audit;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Api, refused};
use crate::support::TestServer;

const ISSUERS: [&str; 2] = ["https%3A%2F%2Fone.example", "https%3A%2F%2Ftwo.example"];

/// A server with at least two objects of most kinds.
struct Objects {
    api: Api,
    alice: String,
    webhook: String,
    _server: TestServer,
}

impl Objects {
    async fn start() -> Self {
        let server = TestServer::start().await;
        let api = Api::owner(&server).await;
        server.service().await;
        let alice = server.user("alice").await.to_string();
        let made = async |path: &str, body: Value| {
            api.made(path, body).await.json()["id"].as_str().unwrap_or_default().to_owned()
        };
        let mut webhook = String::new();
        for n in ["one", "two", "three"] {
            server.user(&format!("a{n}")).await;
            made("/clients", json!({ "client_id": n, "client_name": n, "kind": "service" })).await;
            made("/resources", json!({ "resource": format!("https://{n}.example/") })).await;
            let detail = json!({ "name": n, "schema": { "type": "object" }, "template": "Pay" });
            made("/authorization-types", detail).await;
            let (issuer, keys) = (format!("https://{n}.example"), format!("https://{n}.example/jwks"));
            made(
                "/issuers",
                json!({ "issuer": issuer, "jwks_uri": keys, "scope": "read", "clients": ["service"] }),
            )
            .await;
            made("/api-keys", json!({ "name": n, "scope": "grantor.read" })).await;
            webhook =
                made("/webhooks", json!({ "name": n, "url": format!("https://{n}.example.com/") })).await;
        }
        for (n, issuer) in ["one", "two", "three"].into_iter().flat_map(|n| ISSUERS.map(|issuer| (n, issuer)))
        {
            made(&format!("/issuers/{issuer}/subjects"), json!({ "subject": n, "user": "alice" })).await;
        }
        for _ in 0..3 {
            made(&format!("/webhooks/{webhook}/test"), json!({})).await;
        }
        Self { api, alice, webhook, _server: server }
    }

    /// The cursor after the first item of a list.
    async fn cursor(&self, path: &str, query: &str) -> String {
        let answer = self.api.get(&format!("{path}?limit=1&{query}")).await;
        let next = answer.json()["next"].clone();
        next.as_str().unwrap_or_else(|| panic!("{path} {query} has a second page: {answer:?}")).to_owned()
    }

    /// The path of a list below `/api/v1`.
    fn path_of(&self, route: &str) -> String {
        let path = route.strip_prefix("/api/v1").expect("a path of the API").replace("{issuer}", ISSUERS[0]);
        match path.split('/').nth(1) {
            Some("users") => path.replace("{id}", &self.alice),
            Some("webhooks") => path.replace("{id}", &self.webhook),
            _ => path.replace("{id}", "service"),
        }
    }
}

#[tokio::test]
async fn every_list_refuses_the_cursor_of_another_one() {
    let objects = Objects::start().await;
    let (of_scopes, of_users) = (objects.cursor("/scopes", "").await, objects.cursor("/users", "").await);
    let mut lists = 0;
    for operation in operations() {
        let Some(parameter) = operation.cursor() else { continue };
        let path = objects.path_of(operation.path);
        let foreign = if path == "/scopes" { &of_users } else { &of_scopes };
        let answer = objects.api.get(&format!("{path}?{parameter}={foreign}")).await;
        refused(&answer, StatusCode::BAD_REQUEST, "api.parameter_invalid");
        assert!(answer.json()["description"].to_string().contains("cursor"), "{path}: {answer:?}");
        assert!(matches!(operation.answer, AnswerKind::List(_) | AnswerKind::Log(_)));
        lists += 1;
    }
    assert!(lists > 15, "{lists}");
}

#[tokio::test]
async fn a_cursor_is_refused_with_other_filters_than_those_it_came_from() {
    let objects = Objects::start().await;
    let deliveries = format!("/webhooks/{}/deliveries", objects.webhook);
    for (path, filter) in [
        ("/clients", "q=e"),
        ("/clients", "kind=service"),
        ("/clients", "disabled=false"),
        ("/clients", "grant_type=client_credentials"),
        ("/clients", "sort=created_at"),
        ("/users", "q=a"),
        ("/users", "role=none"),
        ("/users", "sort=-username"),
        ("/scopes", "q=e"),
        ("/resources", "q=e"),
        ("/authorization-types", "q=o"),
        ("/issuers", "q=e"),
        ("/api-keys", "q=o"),
        ("/webhooks", "q=o"),
        (deliveries.as_str(), "type=webhook.test"),
    ] {
        let (all, some) = (objects.cursor(path, "").await, objects.cursor(path, filter).await);
        for (query, cursor, status) in
            [("", &all, 200), (filter, &some, 200), ("", &some, 400), (filter, &all, 400)]
        {
            let answer =
                objects.api.get(&format!("{path}?limit=2&{query}&cursor={cursor}").replace("&&", "&")).await;
            assert_eq!(answer.status, status, "{path} {query}: {answer:?}");
            if status == 400 {
                refused(&answer, StatusCode::BAD_REQUEST, "api.parameter_invalid");
            }
        }
    }
    // The part of the path is a filter, too.
    let [one, two] = ISSUERS.map(|issuer| format!("/issuers/{issuer}/subjects"));
    let cursor = objects.cursor(&one, "").await;
    assert_eq!(objects.api.get(&format!("{one}?cursor={cursor}")).await.status, 200);
    let answer = objects.api.get(&format!("{two}?cursor={cursor}")).await;
    refused(&answer, StatusCode::BAD_REQUEST, "api.parameter_invalid");
}

#[tokio::test]
async fn a_place_in_the_audit_trail_is_one_with_every_filter() {
    let objects = Objects::start().await;
    let after = objects.cursor("/events", "").await;
    let answer = objects.api.get(&format!("/events?act=client.created&after={after}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let next = answer.json()["next"].as_str().expect("a place").to_owned();
    assert_eq!(objects.api.get(&format!("/events?after={next}")).await.status, 200);
}

#[tokio::test]
async fn a_reader_who_found_no_event_goes_on_with_what_comes_later() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    for filter in ["since=2999-01-01T00:00:00Z&limit=5", "act=nothing.", "actor=no-one"] {
        let name = filter.split('=').next().unwrap_or_default();
        api.made("/scopes", json!({ "name": format!("before.{name}"), "description": "x" })).await;
        audit::pass(&server.app).await.expect("the events get their numbers");
        let all = api.get("/events?limit=500").await.json();
        let last = all["items"].as_array().and_then(|items| items.last()).expect("an event");
        assert_eq!(last["object"]["id"], json!(format!("before.{name}")));
        let empty = api.get(&format!("/events?{filter}")).await.json();
        assert_eq!(empty["items"], json!([]), "{filter}");
        let next = empty["next"].as_str().expect("a place").to_owned();
        let place: Value = serde_json::from_slice(&from_base64url(&next).expect("base64url")).expect("JSON");
        assert_eq!(place[2], last["number"], "{filter}");

        let after = async || {
            audit::pass(&server.app).await.expect("the events get their numbers");
            api.get(&format!("/events?after={next}")).await.json()["items"].clone()
        };
        assert_eq!(after().await, json!([]), "{filter}");
        api.made("/scopes", json!({ "name": name, "description": "x" })).await;
        let later = after().await;
        let objects: Vec<&Value> =
            later.as_array().expect("items").iter().map(|event| &event["object"]["id"]).collect();
        assert_eq!(objects, [name], "{filter}");
    }
}
