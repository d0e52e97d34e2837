//! Resources, whose names are addresses.

use reqwest::StatusCode;
use serde_json::json;

use super::super::{Api, faulty, refused};
use super::{at, created, goes_through_its_life};
use crate::support::TestServer;

#[tokio::test]
async fn a_resource_goes_through_its_life() {
    let server = TestServer::start().await;
    server.service().await;
    let api = Api::with(&server, "grantor.config.write").await;
    let uri = "https://api.example.com/v1/calendar?tenant=a%2Fb";
    let given = json!({ "resource": uri, "scope": "write read", "clients": ["service", "service"] });
    let whole = json!({
        "resource": uri, "scope": "read write", "clients": ["service"], "token_format": "jwt", "token_alg": null,
        "access_token_lifetime": null,
    });
    let change =
        json!({ "token_format": "opaque", "token_alg": "EdDSA", "access_token_lifetime": 300, "scope": "" });
    goes_through_its_life(&api, "/resources", uri, given, whole, change).await;
}

#[tokio::test]
async fn a_resource_that_a_client_is_registered_for_stays() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let uri = "https://api.example.com/";
    created(&api.post("/resources", json!({ "resource": uri, "scope": "read" })).await);
    let other_spelling = json!({ "resource": "https://API.example.com:443", "scope": "read" });
    refused(&api.post("/resources", other_spelling).await, StatusCode::CONFLICT, "api.conflict");
    let service = json!({
        "client_id": "job", "client_name": "Job", "kind": "service", "scope": "read", "resources": [uri],
    });
    assert_eq!(api.post("/clients", service).await.status, StatusCode::CREATED);
    refused(&api.delete(&at("/resources", uri)).await, StatusCode::CONFLICT, "api.conflict");
    assert_eq!(api.delete("/clients/job").await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.delete(&at("/resources", uri)).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_resource_is_named_at_once() {
    let server = TestServer::start().await;
    server.spa().await;
    let api = Api::with(&server, "grantor.config.write").await;
    let invalid = json!({
        "resource": "calendar", "scope": "openid made-up", "clients": ["spa", "made-up"], "token_alg": "RS256",
        "access_token_lifetime": 0,
    });
    let answer = api.post("/resources", invalid.clone()).await;
    refused(&answer, StatusCode::BAD_REQUEST, "api.member_invalid");
    let fields: Vec<String> = faulty(&answer).into_iter().map(|(field, _)| field).collect();
    let expected =
        ["/resource", "/token_alg", "/access_token_lifetime", "/scope", "/scope", "/clients/0", "/clients/1"];
    assert_eq!(fields, expected);
    created(&api.post("/resources", json!({ "resource": "https://api.example" })).await);
    let mut patch = invalid;
    patch.as_object_mut().unwrap().remove("resource");
    let answer = api.patch(&at("/resources", "https://api.example"), patch).await;
    let fields: Vec<String> = faulty(&answer).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, expected[1..]);
}
