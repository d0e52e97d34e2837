//! Trusted issuers, and the users that their subjects are linked to.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::{Api, faulty, refused, version};
use super::{at, created, goes_through_its_life, key_set, shows, with};
use crate::support::{Answer, TestServer};

const ISSUER: &str = "https://idp.example/realms/a?b";

fn issuer() -> Value {
    json!({ "issuer": ISSUER, "jwks": key_set(), "scope": "read", "clients": ["service"] })
}

async fn start() -> (TestServer, Api) {
    let server = TestServer::start().await;
    server.service().await;
    let api = Api::owner(&server).await;
    (server, api)
}

#[tokio::test]
async fn of_two_places_of_keys_only_that_there_are_two_is_a_fault() {
    let server = TestServer::start().await;
    server.service().await;
    let api = Api::owner(&server).await;
    let both = json!({ "issuer": "https://i.example", "jwks": key_set(), "jwks_uri": "https://i.example/jwks",
                       "scope": "read", "clients": ["service"] });
    let places: Vec<String> =
        faulty(&api.post("/issuers", both).await).into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["/jwks_uri"]);
}

#[tokio::test]
async fn an_issuer_goes_through_its_life() {
    let (_server, api) = start().await;
    let given = issuer();
    let whole = json!({
        "issuer": ISSUER, "jwks": given["jwks"], "jwks_uri": null, "scope": "read", "clients": ["service"],
        "assertion_audience": "issuer",
    });
    let change = json!({
        "jwks": null, "jwks_uri": "https://idp.example/jwks", "scope": "read write", "clients": [],
        "assertion_audience": "token-endpoint",
    });
    goes_through_its_life(&api, "/issuers", ISSUER, given, whole, change).await;
}

#[tokio::test]
async fn an_issuer_has_its_keys_in_one_of_two_members() {
    let (_server, api) = start().await;
    let path = created(&api.post("/issuers", issuer()).await);
    let before = api.get(&path).await.json();
    let uri = "https://idp.example/jwks";
    let at_uri = with(&before, &json!({ "jwks": null, "jwks_uri": uri }));
    shows(&api.patch(&path, json!({ "jwks_uri": uri })).await, &at_uri);
    shows(&api.patch(&path, json!({ "jwks": before["jwks"] })).await, &before);
    let invalid = |place: &str| vec![(place.to_owned(), "api.member_invalid".to_owned())];
    for (patch, faults) in [
        (json!({ "jwks": before["jwks"], "jwks_uri": uri }), invalid("/jwks_uri")),
        (json!({ "jwks": null }), invalid("/jwks")),
        (json!({ "jwks_uri": null }), invalid("/jwks")),
        (json!({ "jwks": "{\"keys\": []}" }), invalid("/jwks")),
        (json!({ "jwks": { "keys": [] } }), invalid("/jwks")),
        (json!({ "jwks_uri": "http://idp.example/jwks" }), invalid("/jwks_uri")),
        (json!({ "jwks_uri": "https://127.0.0.1/jwks" }), invalid("/jwks_uri")),
        (json!({ "jwks_uri": "file:///etc/passwd" }), invalid("/jwks_uri")),
    ] {
        let answer = api.patch(&path, patch.clone()).await;
        refused(&answer, StatusCode::BAD_REQUEST, "api.member_invalid");
        assert_eq!(faulty(&answer), faults, "{patch}");
    }
    let private = json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0LXRoYXQtbXVzdC1ub3QtYXBwZWFy" }] });
    let answer = api.patch(&path, json!({ "jwks": private })).await;
    assert_eq!(faulty(&answer), invalid("/jwks"));
    assert!(!answer.body.contains("c2VjcmV0"), "{answer:?}");
    shows(&api.get(&path).await, &before);
}

#[tokio::test]
async fn a_subject_is_linked_and_unlinked() {
    let (server, api) = start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let path = format!("{}/subjects", created(&api.post("/issuers", issuer()).await));
    let subject = "auth0|a/b@c";
    let answer = api.post(&path, json!({ "subject": subject, "user": "alice" })).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let link = json!({ "subject": subject, "user_id": alice.as_str(), "username": "alice" });
    assert_eq!(answer.json(), link);
    assert!(answer.header("location").ends_with(&at(&path, subject)), "{answer:?}");
    for user in ["bob", "bob@example.com", bob.as_str()] {
        let again = api.post(&path, json!({ "subject": subject, "user": user })).await;
        refused(&again, StatusCode::CONFLICT, "api.conflict");
    }
    let second = api.post(&path, json!({ "subject": "second", "user": bob.as_str() })).await;
    assert_eq!(second.status, StatusCode::CREATED);
    let list = api.get(&path).await.json();
    assert_eq!(list["items"], json!([link.clone(), second.json()]));
    let cursor = api.get(&format!("{path}?limit=1")).await.json()["next"].as_str().unwrap().to_owned();
    let rest = api.get(&format!("{path}?limit=1&cursor={cursor}")).await.json();
    assert_eq!(rest, json!({ "items": [second.json()], "next": null }));

    let shown = api.get(&at(&path, subject)).await;
    assert_eq!((shown.status, shown.json()), (StatusCode::OK, link));
    assert_eq!(api.delete(&at(&path, subject)).await.status, StatusCode::NO_CONTENT);
    refused(&api.get(&at(&path, subject)).await, StatusCode::NOT_FOUND, "api.not_found");
    refused(&api.delete(&at(&path, subject)).await, StatusCode::NOT_FOUND, "api.not_found");
    refused(&api.get("/issuers/made-up/subjects").await, StatusCode::NOT_FOUND, "api.not_found");
    for (body, status) in [
        (json!({ "subject": "x", "user": "nobody" }), StatusCode::BAD_REQUEST),
        (json!({ "subject": "", "user": "alice" }), StatusCode::BAD_REQUEST),
        (json!({ "subject": "a\nb", "user": "alice" }), StatusCode::BAD_REQUEST),
        (json!({ "subject": "a".repeat(256), "user": "alice" }), StatusCode::BAD_REQUEST),
        (json!({ "subject": "x" }), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(api.post(&path, body.clone()).await.status, status, "{body}");
    }
    assert_eq!(api.get(&path).await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_link_that_was_made_again_for_another_person_is_not_removed() {
    let (server, api) = start().await;
    server.user("alice").await;
    server.user("bob").await;
    let path = format!("{}/subjects", created(&api.post("/issuers", issuer()).await));
    let one = at(&path, "a");
    let etag_of = async |user: &str| {
        let made = api.post(&path, json!({ "subject": "a", "user": user })).await;
        let etag = made.header("etag").to_owned();
        assert_eq!(version(&api.get(&one).await), version(&made));
        etag
    };
    let remove = async |etag: &str| api.send(Method::DELETE, &one, &[("If-Match", etag)], None).await;
    let before = etag_of("alice").await;
    assert_eq!(remove(&before).await.status, StatusCode::NO_CONTENT);
    let now = etag_of("bob").await;
    assert!(now.len() > 10 && now != before, "{now}");
    for wrong in [before.as_str(), "\"made-up\""] {
        refused(&remove(wrong).await, StatusCode::PRECONDITION_FAILED, "api.other_version");
    }
    assert_eq!(api.get(&one).await.json()["username"], "bob");
    assert_eq!(remove(&now).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_link_is_made_once_for_each_idempotency_key() {
    let (server, api) = start().await;
    server.user("alice").await;
    let path = format!("{}/subjects", created(&api.post("/issuers", issuer()).await));
    let keyed = async |user: &str| -> Answer {
        let body = json!({ "subject": "a", "user": user });
        api.send(Method::POST, &path, &[("Idempotency-Key", "one")], Some(body)).await
    };
    let first = keyed("alice").await;
    let again = keyed("alice").await;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!((first.json(), first.header("location")), (again.json(), again.header("location")));
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(keyed("bob").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn only_who_may_do_everything_changes_a_trusted_issuer() {
    let (server, owner) = start().await;
    server.user("alice").await;
    let config = Api::with(&server, "grantor.config.write grantor.users.write grantor.keys.write").await;
    let forbidden = async |answer: Answer| refused(&answer, StatusCode::FORBIDDEN, "api.forbidden");
    forbidden(config.post("/issuers", issuer()).await).await;
    let create = [("If-None-Match", "*")];
    forbidden(config.put(&at("/issuers", ISSUER), &create, issuer()).await).await;
    let path = created(&owner.post("/issuers", issuer()).await);
    let subjects = format!("{path}/subjects");
    let link = json!({ "subject": "a", "user": "alice" });
    assert_eq!(owner.post(&subjects, link).await.status, StatusCode::CREATED);
    let before = owner.get(&path).await.json();
    forbidden(config.patch(&path, json!({ "jwks": key_set() })).await).await;
    forbidden(config.put(&path, &[("If-Match", "*")], issuer()).await).await;
    forbidden(config.delete(&path).await).await;
    forbidden(config.delete(&format!("{path}?dry_run=true")).await).await;
    forbidden(config.post(&subjects, json!({ "subject": "b", "user": "alice" })).await).await;
    forbidden(config.delete(&format!("{subjects}/a")).await).await;
    assert_eq!(config.get(&path).await.json(), before);
    assert_eq!(config.get(&subjects).await.json()["items"].as_array().unwrap().len(), 1);
}
