//! Scopes: their texts, their names, and those that clients use.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::super::{Api, faulty, refused};
use super::{at, created, goes_through_its_life, shows};
use crate::support::TestServer;

#[tokio::test]
async fn the_version_is_checked_before_what_else_speaks_against_a_deletion() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    api.made("/scopes", json!({ "name": "inuse", "description": "Use it" })).await;
    api.made("/clients", json!({ "client_name": "Job", "kind": "service", "scope": "inuse" })).await;
    for name in ["inuse", "openid", "grantor.read"] {
        let path = format!("/scopes/{name}");
        let stale = api.send(Method::DELETE, &path, &[("If-Match", "\"stale\"")], None).await;
        refused(&stale, StatusCode::PRECONDITION_FAILED, "api.other_version");
        let found = api.get(&path).await;
        let tag = [("If-Match", found.header("etag"))];
        refused(&api.send(Method::DELETE, &path, &tag, None).await, StatusCode::CONFLICT, "api.conflict");
    }
}

#[tokio::test]
async fn a_scope_goes_through_its_life() {
    let server = TestServer::start().await;
    let api = Api::with(&server, "grantor.config.write").await;
    let given = json!({
        "name": "calendar", "description": "Read your calendar", "description#de": "Ihren Kalender lesen",
        "claims": ["email", "birthdate"], "access_token_lifetime": 60,
    });
    let whole = json!({
        "name": "calendar", "description": "Read your calendar", "description#de": "Ihren Kalender lesen",
        "consequence": null, "sensitive": false, "claims": ["birthdate", "email"], "access_token_lifetime": 60,
        "required_group": null, "required": false,
    });
    let change =
        json!({ "sensitive": true, "required_group": "staff", "claims": [], "description": "All of it" });
    goes_through_its_life(&api, "/scopes", "calendar", given, whole, change).await;
}

#[tokio::test]
async fn a_scope_with_any_name_has_an_address() {
    let server = TestServer::start().await;
    let api = Api::with(&server, "grantor.config.write").await;
    for name in
        ["https://api.example/a?b=c&d#e", "a:b", "50%", "50%25", "a%2Fb", "+", "...", "{id}", "~!*'();,"]
    {
        let path = at("/scopes", name);
        let answer = api.post("/scopes", json!({ "name": name, "description": "x" })).await;
        assert_eq!(created(&answer), path, "{name}");
        assert_eq!(api.get(&path).await.json()["name"], name);
        assert_eq!(api.patch(&path, json!({ "sensitive": true })).await.json()["name"], name);
        assert_eq!(api.delete(&path).await.status, StatusCode::NO_CONTENT, "{name}");
        assert_eq!(api.get(&path).await.status, StatusCode::NOT_FOUND, "{name}");
    }
    for path in ["/scopes/%FF", "/scopes/%00", "/scopes/%", "/scopes/a%2"] {
        let answer = api.get(path).await;
        assert!(matches!(answer.status.as_u16(), 400 | 404), "{path}: {answer:?}");
        assert!(answer.json()["message"].is_string(), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn texts_are_changed_in_each_language_alone() {
    let server = TestServer::start().await;
    let api = Api::with(&server, "grantor.config.write").await;
    api.post(
        "/scopes",
        json!({ "name": "s", "description": "a", "description#DE-at": "b", "consequence": "c" }),
    )
    .await;
    let path = "/scopes/s";
    let mut scope = api.get(path).await.json();
    assert_eq!((&scope["description#de-AT"], &scope["consequence"]), (&json!("b"), &json!("c")));
    for (patch, changed) in [
        (json!({ "description#fr": "d" }), vec![("description#fr", Some("d"))]),
        (json!({ "description": "e" }), vec![("description", Some("e"))]),
        (json!({ "description#FR": null, "description#it": null }), vec![("description#fr", None)]),
        (json!({ "consequence#de": "f" }), vec![("consequence#de", Some("f"))]),
    ] {
        for (member, text) in changed {
            match text {
                Some(text) => scope[member] = text.into(),
                None => drop(scope.as_object_mut().unwrap().remove(member)),
            }
        }
        shows(&api.patch(path, patch).await, &scope);
    }
    let without = api.patch(path, json!({ "consequence": null })).await.json();
    assert!(without["consequence"].is_null() && without.get("consequence#de").is_none(), "{without}");
    let answer = api.patch(path, json!({ "consequence#de": "g" })).await;
    assert_eq!(faulty(&answer), [("/consequence#de".into(), "api.member_invalid".into())]);
}

#[tokio::test]
async fn a_scope_that_clients_use_is_deleted_only_with_force() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let service =
        json!({ "client_id": "job", "client_name": "Job", "kind": "service", "scope": "read write" });
    assert_eq!(api.post("/clients", service).await.status, StatusCode::CREATED);
    let answer = api.delete("/scopes/read").await;
    refused(&answer, StatusCode::CONFLICT, "api.conflict");
    assert!(answer.json()["description"].as_str().unwrap().contains("job"), "{answer:?}");
    refused(
        &api.delete("/scopes/read?force=perhaps").await,
        StatusCode::BAD_REQUEST,
        "api.parameter_invalid",
    );
    refused(&api.delete("/scopes/read?force=false").await, StatusCode::CONFLICT, "api.conflict");
    let rehearsed = api.delete("/scopes/read?force=true&dry_run=true").await;
    assert_eq!(rehearsed.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get("/clients/job").await.json()["scope"], "read write");
    assert_eq!(api.delete("/scopes/read?force=true").await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get("/clients/job").await.json()["scope"], "write");
    refused(&api.delete("/scopes/openid?force=true").await, StatusCode::CONFLICT, "api.conflict");
}

#[tokio::test]
async fn scopes_come_in_pages() {
    let server = TestServer::start().await;
    let api = Api::with(&server, "grantor.config.read").await;
    let all = api.get("/scopes").await.json();
    let all = all["items"].as_array().unwrap();
    let (mut found, mut path) = (Vec::new(), "/scopes?limit=2".to_owned());
    while !path.is_empty() {
        let page = api.get(&path).await;
        found.extend(page.json()["items"].as_array().unwrap().clone());
        path = match page.json()["next"].as_str() {
            Some(cursor) => {
                assert!(page.header("link").contains(&format!("cursor={cursor}")), "{page:?}");
                format!("/scopes?limit=2&cursor={cursor}")
            }
            None => String::new(),
        };
    }
    assert_eq!(found, *all);
    let cursor = api.get("/scopes?limit=1").await.json()["next"].as_str().unwrap().to_owned();
    for (path, reason) in [
        (format!("/resources?cursor={cursor}"), "api.parameter_invalid"),
        (format!("/issuers?cursor={cursor}"), "api.parameter_invalid"),
        ("/scopes?limit=501".to_owned(), "api.parameter_invalid"),
        ("/scopes?kind=web".to_owned(), "api.parameter_unknown"),
        ("/scopes?q=a&q=b".to_owned(), "request.parameter_repeated"),
    ] {
        let answer = api.get(&path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {answer:?}");
        if reason != "request.parameter_repeated" {
            refused(&answer, StatusCode::BAD_REQUEST, reason);
        }
    }
}

#[tokio::test]
async fn the_scopes_of_the_api_come_with_the_server_and_stay_as_they_are() {
    let server = TestServer::start().await;
    let owner = Api::owner(&server).await;
    let scope = json!({ "name": "grantor.made_up.write", "description": "Change people" });
    refused(&owner.post("/scopes", scope).await, StatusCode::BAD_REQUEST, "api.member_invalid");
    let path = "/scopes/grantor%2Eusers%2Ewrite";
    let before = owner.get(path).await;
    assert_eq!(before.json()["name"], "grantor.users.write", "{before:?}");
    let body = json!({ "description": "Other" });
    for refusal in [
        owner.patch(path, json!({ "required_group": "staff" })).await,
        owner.put(path, &[("If-Match", "*")], body).await,
        owner.delete(path).await,
    ] {
        refused(&refusal, StatusCode::CONFLICT, "api.conflict");
    }
    assert_eq!(owner.get(path).await.json(), before.json());
}

#[tokio::test]
async fn taking_a_scope_from_clients_needs_the_scope_for_clients_too() {
    let server = TestServer::start().await;
    server.service().await;
    let config = Api::with(&server, "grantor.config.write").await;
    refused(&config.delete("/scopes/read").await, StatusCode::CONFLICT, "api.conflict");
    refused(&config.delete("/scopes/read?force=true").await, StatusCode::FORBIDDEN, "api.scope_missing");
    let both = Api::with(&server, "grantor.config.write grantor.clients.write").await;
    assert_eq!(both.delete("/scopes/read?force=true").await.status, StatusCode::NO_CONTENT);
}
