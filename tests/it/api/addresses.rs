//! Ids that operators choose are parts of addresses, so each object can be reached.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Api, faulty, refused};
use crate::support::{CommandLine, TestServer};

/// The lists of objects whose ids can be chosen, each with the member that has the id, and an object.
fn kinds() -> [(&'static str, &'static str, Value); 4] {
    [
        ("/clients", "client_id", json!({ "client_name": "App", "kind": "service" })),
        ("/scopes", "name", json!({ "description": "Do it" })),
        ("/authorization-types", "name", json!({ "schema": { "type": "object" }, "template": "Pay" })),
        ("/issuers/https%3A%2F%2Fidp.example/subjects", "subject", json!({ "user": "alice" })),
    ]
}

#[tokio::test]
async fn an_id_that_addresses_lose_is_refused_and_every_other_one_can_be_reached() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    server.service().await;
    server.user("alice").await;
    let issuer = json!({ "issuer": "https://idp.example", "jwks_uri": "https://idp.example/jwks", "scope": "read", "clients": ["service"] });
    assert_eq!(api.post("/issuers", issuer).await.status, StatusCode::CREATED);
    for (list, member, object) in kinds() {
        let create = async |id: &str| {
            let mut body = object.clone();
            body[member] = id.into();
            api.post(list, body).await
        };
        for id in [".", ".."] {
            let answer = create(id).await;
            refused(&answer, StatusCode::BAD_REQUEST, "api.member_invalid");
            assert_eq!(faulty(&answer)[0].0, format!("/{member}"), "{list} {id}");
            assert!(
                answer.json()["description"].as_str().expect("a text").contains("addresses"),
                "{answer:?}"
            );
        }
        for id in ["...", ".a", "a..", "a/../b", "%2e%2e", "?", "#", ";", "+", "%"] {
            let answer = create(id).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{list} {id}: {answer:?}");
            let (_, path) = answer.header("location").split_once("/api/v1").expect("a path of the API");
            assert_eq!(api.get(path).await.json()[member], *id, "{list} {id}");
            assert_eq!(api.delete(path).await.status, StatusCode::NO_CONTENT, "{list} {id}");
        }
    }
}

#[tokio::test]
async fn commands_refuse_such_an_id_with_the_same_sentence() {
    let cli = CommandLine::new().await;
    for arguments in [
        ["client", "create", "--kind", "service", "--name", "App", "--id", ".."].as_slice(),
        &["scope", "create", "..", "--description", "Do it"],
    ] {
        let refused = cli.refused(arguments);
        assert!(refused.contains(".. cannot be an id"), "{arguments:?}: {refused}");
    }
}

#[tokio::test]
async fn an_address_with_characters_that_are_not_shown_is_refused_everywhere() {
    let server = TestServer::start().await;
    let api = Api::owner(&server).await;
    for hidden in ["\t", "\n", "\u{1b}[31m", " ", "\u{200b}", "\u{202e}", "\u{feff}"] {
        let address = format!("https://app.example/a{hidden}b");
        let webhook = api.post("/webhooks", json!({ "name": "log", "url": address })).await;
        assert_eq!(faulty(&webhook)[0].0, "/url", "{webhook:?}");
        for member in ["client_uri", "policy_uri", "tos_uri", "jwks_uri", "backchannel_logout_uri"] {
            let mut client = json!({ "client_name": "a", "kind": "web", "scope": "openid" });
            client["redirect_uris"] = json!(["https://app.example/cb"]);
            client[member] = json!(address);
            let answer = api.post("/clients", client).await;
            let faults = faulty(&answer);
            assert!(faults.iter().any(|(field, _)| *field == format!("/{member}")), "{member}: {answer:?}");
        }
        let issuer = json!({ "issuer": "https://issuer.example", "jwks_uri": address });
        let answer = api.post("/issuers", issuer).await;
        assert!(faulty(&answer).iter().any(|(field, _)| field == "/jwks_uri"), "{answer:?}");
    }
}
