//! Bodies that are refused: all that is wrong is named, and nothing changes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Api, faulty, refused, version};
use crate::support::TestServer;

const CALLBACK: &str = "https://app.example.com/callback";

#[tokio::test]
async fn every_faulty_member_is_named_at_once_and_nothing_is_kept() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let answer = api.post(
        "/clients",
        json!({
            "client_id": "calendar",
            "kind": "web",
            "client_name": 7,
            "redirect_uris": CALLBACK,
            "grant_types": ["authorization_code", "made_up"],
            "pkce": "sometimes",
            "a/b~c": 1,
            "created_at": "2026-01-01T00:00:00Z",
            "first_party": "yes",
            "disabled": "no",
        }),
    );
    let answer = answer.await;
    refused(&answer, StatusCode::BAD_REQUEST, "api.member_invalid");
    let mut found = faulty(&answer);
    found.sort();
    let invalid = |field: &str| (field.to_owned(), "api.member_invalid".to_owned());
    assert_eq!(
        found,
        [
            ("/a~1b~0c".to_owned(), "api.member_unknown".to_owned()),
            invalid("/client_name"),
            invalid("/created_at"),
            invalid("/disabled"),
            invalid("/first_party"),
            invalid("/grant_types/1"),
            invalid("/pkce"),
            invalid("/redirect_uris"),
        ]
    );
    assert_eq!(api.get("/clients/calendar").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn dangerous_values_are_refused_at_their_place_and_change_nothing() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let new = json!({ "client_id": "calendar", "client_name": "Calendar", "kind": "web", "redirect_uris": [CALLBACK] });
    assert_eq!(api.post("/clients", new).await.status, StatusCode::CREATED);
    let before = api.get("/clients/calendar").await;
    let many: Vec<String> = (0..1001).map(|n| format!("https://app.example.com/{n}")).collect();
    for (member, value, place) in [
        ("redirect_uris", json!([CALLBACK, "javascript:alert(1)"]), "/redirect_uris/1"),
        ("redirect_uris", json!(["JaVaScRiPt:alert(1)"]), "/redirect_uris/0"),
        ("redirect_uris", json!(["java\nscript:alert(1)"]), "/redirect_uris/0"),
        ("redirect_uris", json!(["data:text/html,x"]), "/redirect_uris/0"),
        ("redirect_uris", json!(["https://app.example.com/#x"]), "/redirect_uris/0"),
        ("redirect_uris", json!(["http://app.example.com/"]), "/redirect_uris/0"),
        ("redirect_uris", json!([]), "/redirect_uris"),
        ("redirect_uris", json!([7]), "/redirect_uris/0"),
        ("redirect_uris", json!(many), "/redirect_uris"),
        ("post_logout_redirect_uris", json!(["javascript:alert(1)"]), "/post_logout_redirect_uris/0"),
        ("client_uri", json!("javascript:alert(1)"), "/client_uri"),
        ("client_uri#de", json!("http://x.example"), "/client_uri#de"),
        ("client_name", json!("a\u{202e}b"), "/client_name"),
        ("client_name", json!("a\u{0}b"), "/client_name"),
        ("client_name", json!("a".repeat(201)), "/client_name"),
        ("client_name", json!(null), "/client_name"),
        ("kind", json!("toaster"), "/kind"),
        ("scope", json!("read made_up"), "/scope"),
        ("jwks", json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }), "/jwks"),
        ("backchannel_logout_uri", json!("http://169.254.169.254/"), "/backchannel_logout_uri"),
        ("access_token_lifetime", json!(-1), "/access_token_lifetime"),
        ("access_token_lifetime", json!("60"), "/access_token_lifetime"),
        ("resources", json!(["https://none.example.com"]), "/resources/0"),
        ("client_id", json!("other"), "/client_id"),
        ("client_secret", json!("x"), "/client_secret"),
        ("logo_digest", json!("x"), "/logo_digest"),
        ("version", json!(2), "/version"),
    ] {
        let answer = api.patch("/clients/calendar", json!({ member: value })).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{member} {place}: {answer:?}");
        let found = faulty(&answer);
        assert!(found.iter().any(|(field, _)| field == place), "{member} {place}: {found:?}");
        let after = api.get("/clients/calendar").await;
        assert_eq!((after.header("etag"), after.json()), (before.header("etag"), before.json()), "{member}");
    }
}

#[tokio::test]
async fn what_is_not_one_json_object_is_refused_without_its_text() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let deep = format!("{{\"jwks\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    for body in [
        "",
        "null",
        "[]",
        "hunter2",
        "{\"client_secret\": \"hunter2\"",
        "{\"client_name\": \"a\", \"client_name\": \"hunter2\"}",
        "{\"client_name\": \"hunter2\u{1}\"}",
        deep.as_str(),
    ] {
        let answer = api.send_text(Method::POST, "/clients", &[], Some(body)).await;
        let start = &body[..body.len().min(60)];
        refused(&answer, StatusCode::BAD_REQUEST, "api.json_malformed");
        assert!(!answer.body.contains("hunter2"), "{start}: {answer:?}");
    }
    let large = format!("{{\"client_name\": \"{}\"}}", "a".repeat(10 * 1024 * 1024));
    let answer = api.send_text(Method::POST, "/clients", &[], Some(&large)).await;
    refused(&answer, StatusCode::PAYLOAD_TOO_LARGE, "request.too_large");
    assert_eq!(answer.json()["message"], "413 Content Too Large");
}

#[tokio::test]
async fn an_error_is_a_problem_document_for_those_who_prefer_one() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    for (accept, media_type) in [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/problem+json", "application/problem+json"),
        ("application/json;q=0.5, application/problem+json", "application/problem+json"),
        ("application/problem+json;q=0.1, */*", "application/json"),
        ("application/*, application/problem+json;q=0.9", "application/json"),
    ] {
        let answer = api.send(Method::GET, "/clients/made-up", &[("Accept", accept)], None).await;
        refused(&answer, StatusCode::NOT_FOUND, "api.not_found");
        assert_eq!(answer.header("content-type"), media_type, "{accept}");
        assert!(answer.header("vary").contains("Accept"), "{answer:?}");
        let body = answer.json();
        let members = ["type", "title", "status", "detail"].map(|name| body[name].clone());
        match media_type {
            "application/json" => assert_eq!(members, [const { Value::Null }; 4]),
            _ => {
                let [link, title, status, detail] = members;
                assert_eq!((&link, status, &detail), (&body["docs"], json!(404), &body["description"]));
                assert_eq!(title, "The object does not exist");
            }
        }
    }
}

#[tokio::test]
async fn a_rehearsal_answers_like_the_act_and_keeps_nothing() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let new = json!({ "client_id": "reports", "client_name": "Reports", "kind": "service" });
    let would_be = api.post("/clients?dry_run=true", new.clone()).await;
    assert_eq!(would_be.status, StatusCode::CREATED, "{would_be:?}");
    assert!(would_be.json()["client_secret"].is_null());
    assert_eq!(api.get("/clients/reports").await.status, StatusCode::NOT_FOUND);
    let created = api.post("/clients", new.clone()).await;
    let mut body = created.json();
    body.as_object_mut().unwrap().remove("client_secret");
    assert_eq!((would_be.json(), would_be.header("etag")), (body, created.header("etag")));

    refused(&api.post("/clients?dry_run=true", new).await, StatusCode::CONFLICT, "api.conflict");
    let patch = json!({ "client_name": "Other" });
    let patched = api.patch("/clients/reports?dry_run=true", patch).await;
    assert_eq!((patched.status, &patched.json()["client_name"]), (StatusCode::OK, &json!("Other")));
    assert_eq!(api.delete("/clients/reports?dry_run=true").await.status, StatusCode::NO_CONTENT);
    let secret = api.post("/clients/reports/secrets?dry_run=true", json!({})).await;
    assert_eq!((secret.status, &secret.json()["client_secret"]), (StatusCode::CREATED, &Value::Null));
    let after = api.get("/clients/reports").await;
    assert_eq!(version(&after), version(&created), "{after:?}");
    assert_eq!(api.get("/clients/reports/secrets").await.json()["items"].as_array().unwrap().len(), 1);
    let wrong = api.post("/clients?dry_run=maybe", json!({})).await;
    refused(&wrong, StatusCode::BAD_REQUEST, "api.parameter_invalid");
}
