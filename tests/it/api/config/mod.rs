//! Scopes, resources and trusted issuers over the management API.

mod bodies;
mod issuers;
mod rehearsals;
mod resources;
mod scopes;
mod writers;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Api, refused};
use crate::support::Answer;

/// Everything but unreserved characters (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address of an object whose name may have any characters.
fn at(folder: &str, name: &str) -> String {
    format!("{folder}/{}", utf8_percent_encode(name, RESERVED))
}

/// A JWK Set with a public key.
fn key_set() -> Value {
    let key = grantor::jose::key::SigningKey::generate(grantor::oauth::signing_key::SigningAlgorithm::Es256);
    let jwk: Value = serde_json::from_str(&key.unwrap().public_jwk().unwrap()).unwrap();
    json!({ "keys": [jwk] })
}

/// Checks the answer with a new object. Returns the path of the object below `/api/v1`.
#[track_caller]
fn created(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.header("etag").starts_with('"'), "{answer:?}");
    let (_, path) = answer.header("location").split_once("/api/v1").expect("a path of the API");
    path.to_owned()
}

/// Checks that the answer has the object. Returns its ETag.
#[track_caller]
fn shows(answer: &Answer, expected: &Value) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.json(), *expected);
    answer.header("etag").to_owned()
}

/// An object with changes.
pub(super) fn with(object: &Value, changes: &Value) -> Value {
    let mut object = object.clone();
    for (name, value) in changes.as_object().expect("changes") {
        object[name] = value.clone();
    }
    object
}

/// Goes through all that every one of these objects can do. `given` is the body that makes it, `whole` the object as it is
/// shown, and `change` a member with another value.
async fn goes_through_its_life(
    api: &Api,
    folder: &str,
    name: &str,
    given: Value,
    whole: Value,
    change: Value,
) {
    let path = created(&api.post(folder, given.clone()).await);
    assert_eq!(path, at(folder, name));
    let first = shows(&api.get(&path).await, &whole);
    refused(&api.post(folder, given.clone()).await, StatusCode::CONFLICT, "api.conflict");
    let list = api.get(&format!("{folder}?q={}", utf8_percent_encode(name, NON_ALPHANUMERIC))).await.json();
    assert_eq!(list, json!({ "items": [whole], "next": null }));
    assert_eq!(api.get(&format!("{folder}?q=made-up")).await.json()["items"], json!([]));

    let changed = with(&whole, &change);
    let answer = api.patch(&path, change.clone()).await;
    let second = shows(&answer, &changed);
    assert_ne!(first, second);
    assert_eq!(shows(&api.get(&path).await, &changed), second);
    assert_eq!(shows(&api.patch(&path, json!({})).await, &changed), second, "nothing is changed");

    let stale = [("If-Match", first.as_str())];
    let other = "api.other_version";
    refused(&api.put(&path, &stale, given.clone()).await, StatusCode::PRECONDITION_FAILED, other);
    let patched = api.send(reqwest::Method::PATCH, &path, &stale, Some(change)).await;
    refused(&patched, StatusCode::PRECONDITION_FAILED, other);
    let deleted = api.send(reqwest::Method::DELETE, &path, &stale, None).await;
    refused(&deleted, StatusCode::PRECONDITION_FAILED, other);
    refused(&api.put(&path, &[], given.clone()).await, StatusCode::BAD_REQUEST, "api.condition_missing");
    let create = [("If-None-Match", "*")];
    refused(&api.put(&path, &create, given.clone()).await, StatusCode::PRECONDITION_FAILED, other);
    assert_eq!(shows(&api.get(&path).await, &changed), second, "nothing was changed by what was refused");

    let replaced = api.put(&path, &[("If-Match", second.as_str())], given.clone()).await;
    assert_eq!(shows(&replaced, &whole), first, "the same settings are the same version");
    let replaced = api.put(&path, &[("If-Match", "*")], whole.clone()).await;
    assert_eq!(shows(&replaced, &whole), first, "it can be sent back as it was read");

    let deleted = api.send(reqwest::Method::DELETE, &path, &[("If-Match", first.as_str())], None).await;
    assert_eq!((deleted.status, deleted.body.as_str()), (StatusCode::NO_CONTENT, ""));
    for gone in [api.get(&path).await, api.delete(&path).await, api.patch(&path, json!({})).await] {
        refused(&gone, StatusCode::NOT_FOUND, "api.not_found");
    }
    assert_eq!(created(&api.put(&path, &create, given).await), path);
    shows(&api.get(&path).await, &whole);
}
