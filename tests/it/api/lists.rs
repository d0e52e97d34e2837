//! Lists: pages, cursors and filters.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Api, refused};
use crate::support::TestServer;

fn ids(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().expect("items").iter();
    items.map(|item| item["client_id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn the_pages_of_a_list_follow_each_other_and_keep_the_filter() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    for n in 0..7 {
        api.service(&format!("reports-{n}")).await;
    }
    api.service("other").await;
    let (mut path, mut found) = ("/clients?limit=3&q=REPORTS".to_owned(), Vec::new());
    for page in 0..3 {
        let answer = api.get(&path).await;
        let list = answer.json();
        found.extend(ids(&list));
        let link = answer.header("link").to_owned();
        if page == 2 {
            assert_eq!((&list["next"], link.as_str()), (&Value::Null, ""));
            break;
        }
        let next = link.strip_prefix(&format!("<{}/api/v1", server.app.issuer)).expect("a link");
        path = next.strip_suffix(">; rel=\"next\"").expect("the next page").to_owned();
        assert!(path.contains(list["next"].as_str().unwrap()) && path.contains("q=REPORTS"), "{path}");
    }
    let expected: Vec<String> = (0..7).map(|n| format!("reports-{n}")).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn clients_are_found_by_kind_grant_type_and_state() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    api.service("service").await;
    let spa = json!({ "client_id": "spa", "client_name": "\"kind\":\"web\"", "kind": "spa", "redirect_uris": ["https://a.example.com/"] });
    api.post("/clients", spa).await;
    api.post(
        "/clients",
        json!({ "client_id": "tv", "client_name": "TV", "kind": "native", "disabled": true,
        "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"] }),
    )
    .await;
    for (query, expected) in [
        ("", vec!["service", "spa", "tv"]),
        ("kind=spa", vec!["spa"]),
        ("kind=web", vec![]),
        ("grant_type=authorization_code", vec!["spa"]),
        ("grant_type=urn:ietf:params:oauth:grant-type:device_code", vec!["tv"]),
        ("disabled=true", vec!["tv"]),
        ("disabled=false&kind=service", vec!["service"]),
    ] {
        let answer = api.get(&format!("/clients?{query}")).await;
        assert_eq!(ids(&answer.json()), expected, "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_refused() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    for n in 0..2 {
        api.service(&format!("c{n}")).await;
    }
    let keys = api.get("/api-keys?limit=1").await;
    Api::with(&server, "grantor.read").await;
    assert_eq!(keys.json()["next"], Value::Null, "one key so far");
    let cursor = api.get("/api-keys?limit=1").await.json()["next"].as_str().expect("a cursor").to_owned();
    let of_another_list = format!("cursor={cursor}");
    for (query, reason) in [
        ("limit=0", "api.parameter_invalid"),
        ("limit=501", "api.parameter_invalid"),
        ("limit=-1", "api.parameter_invalid"),
        ("limit=99999999999999999999", "api.parameter_invalid"),
        ("limit=", "api.parameter_invalid"),
        ("kind=toaster", "api.parameter_invalid"),
        ("disabled=perhaps", "api.parameter_invalid"),
        ("cursor=made-up", "api.parameter_invalid"),
        (&of_another_list, "api.parameter_invalid"),
        ("q=%ff", "api.parameter_invalid"),
        ("q=a&q=b", "parameter.repeated"),
        ("page=2", "api.parameter_unknown"),
        ("dry_run=true", "api.parameter_unknown"),
    ] {
        let answer = api.get(&format!("/clients?{query}")).await;
        assert_eq!(answer.json()["reason"], reason, "{query}: {answer:?}");
        refused(&answer, StatusCode::BAD_REQUEST, reason);
    }
    assert_eq!(api.get("/clients?limit=500").await.status, StatusCode::OK);
}
