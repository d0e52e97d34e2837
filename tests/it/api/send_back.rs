//! What GET returned can be sent back by PUT, as it is.

use std::collections::BTreeSet;

use grantor::representation::contract::{BodyKind, operations};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Api, version};
use crate::support::{Answer, TestServer};

/// The operation, the path of an object, and whether PUT can also create it.
type Replaced = (&'static str, String, bool);

/// Makes an object of each kind, with more members than it needs.
async fn objects(server: &TestServer, api: &Api) -> Vec<Replaced> {
    server.service().await;
    let made = async |path: &str, body: Value| {
        let answer = api.made(path, body).await;
        let (_, path) = answer.header("location").split_once("/api/v1").expect("a path of the API");
        path.to_owned()
    };
    let client = json!({
        "client_id": "app", "client_name": "App", "client_name#de": "Anwendung", "kind": "web", "scope": "openid read",
        "redirect_uris": ["https://app.example.com/callback"], "client_uri": "https://app.example.com",
        "id_token_claims": "scopes", "response_types": ["code id_token"], "pkce": "require", "disabled": true,
    });
    let user = json!({
        "username": "jane", "name": "Jane", "email": "jane@example.com", "email_verified": true, "groups": ["staff"],
        "role": "auditor", "claims": { "address": { "country": "DE" } }, "user_code": "1234567890",
    });
    let scope = json!({
        "name": "transfer", "description": "Pay", "description#de": "Bezahlen", "consequence": "Money leaves", "claims": ["email"],
        "access_token_lifetime": 60,
    });
    let resource = json!({ "resource": "https://api.example/", "scope": "read", "clients": ["service"], "token_alg": "ES256" });
    let detail =
        json!({ "name": "payment", "schema": { "type": "object" }, "template": "Pay", "always_ask": true });
    let issuer = json!({
        "issuer": "https://idp.example", "jwks_uri": "https://idp.example/jwks", "scope": "read", "clients": ["service"],
        "assertion_audience": "token-endpoint",
    });
    let webhook = json!({ "name": "log", "url": "https://log.example.com/a?b=c", "types": ["client."] });
    let webhook = made("/webhooks", webhook).await;
    assert_eq!(api.patch(&webhook, json!({ "disabled": true })).await.status, StatusCode::OK);
    vec![
        ("putClient", made("/clients", client).await, true),
        ("replaceUser", made("/users", user).await, false),
        ("putScope", made("/scopes", scope).await, true),
        ("putResource", made("/resources", resource).await, true),
        ("putAuthorizationType", made("/authorization-types", detail).await, true),
        ("putIssuer", made("/issuers", issuer).await, true),
        ("putWebhook", webhook, false),
    ]
}

#[tokio::test]
async fn every_object_can_be_sent_back_as_it_was_read() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    let mut tried = BTreeSet::new();
    for (operation, path, can_create) in objects(&server, &api).await {
        tried.insert(operation);
        let read = api.get(&path).await;
        let etag = read.header("etag").to_owned();
        let replaced = api.put(&path, &[("If-Match", etag.as_str())], read.json()).await;
        assert_eq!(replaced.status, StatusCode::OK, "{operation}: {replaced:?}");
        // A replacement is a change of the user, also if it changes nothing.
        let without_time =
            |answer: &Answer| super::config::with(&answer.json(), &json!({ "updated_at": null }));
        assert_eq!(without_time(&replaced), without_time(&read), "{operation}");
        assert_eq!(version(&replaced), version(&read), "{operation}");
        if can_create {
            assert_eq!(api.delete(&path).await.status, StatusCode::NO_CONTENT, "{operation}");
            let created = api.put(&path, &[("If-None-Match", "*")], read.json()).await;
            assert_eq!(created.status, StatusCode::CREATED, "{operation}: {created:?}");
            assert_eq!(version(&created), version(&read), "{operation}");
        }
    }
    let replacing = operations().filter(|operation| matches!(operation.body, BodyKind::Replacement(_)));
    assert_eq!(tried, replacing.map(|operation| operation.id).collect());
}
