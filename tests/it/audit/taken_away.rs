//! A deletion that takes something from other objects: it needs the right to change them, and leaves an event for each.

use grantor::oauth::client::{Client, ClientKind, ClientMetadata};
use grantor::oauth::grant::scope::Scope;
use grantor::oauth::grant::trusted_issuer::IssuerKeys;
use grantor::oauth::id::ClientId;
use grantor::store::clients;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{acts, each};
use crate::api::{Api, refused};
use crate::support::relying_party::Registration;
use crate::support::{Answer, TestServer};
use crate::trusted_issuers::{IDP, trust};

const API: &str = "https://api.example.com";

/// Checks that an act was refused because of another object, which the answer names.
#[track_caller]
fn forbidden(answer: &Answer, named: &str) {
    refused(answer, StatusCode::FORBIDDEN, "api.forbidden");
    let body = answer.json();
    assert!(body["description"].as_str().unwrap().contains(named), "{body}");
}

fn keys() -> IssuerKeys {
    IssuerKeys::At("https://idp.example.com/jwks".into())
}

/// The object and the changes of each event of an act.
async fn changed(server: &TestServer, act: &str) -> Value {
    let events = acts(server, act).await;
    each(&events, "/object/id")
        .into_iter()
        .zip(each(&events, "/changes"))
        .map(|(id, is)| json!([id, is]))
        .collect()
}

#[tokio::test]
async fn a_scope_is_taken_from_issuers_and_resources_only_by_who_may_change_them() {
    let server = TestServer::start().await;
    trust(&server, IDP, keys(), &[]).await;
    server.resource(API, "pay read").await;
    let (config, owner) = (Api::with(&server, "grantor.config.write").await, Api::owner(&server).await);
    for path in ["/scopes/pay", "/scopes/pay?dry_run=true"] {
        forbidden(&config.delete(path).await, IDP);
    }
    assert_eq!(config.get("/scopes/pay").await.status, StatusCode::OK);
    assert_eq!(owner.delete("/scopes/pay").await.status, StatusCode::NO_CONTENT);
    let change = |before: &str, after: &str| json!([{ "member": "scope", "before": before, "after": after }]);
    let of_issuer = json!([[IDP, change("pay read", "read")]]);
    assert_eq!(changed(&server, "trusted_issuer.updated").await, of_issuer);
    assert_eq!(changed(&server, "resource.updated").await, json!([[API, change("pay read", "read")]]));
    assert_eq!(each(&acts(&server, "scope.deleted").await, "/object/id"), [json!("pay")]);

    // The API would then be open to clients without any scope.
    owner.patch("/issuers/https%3A%2F%2Fidp.example.com", json!({ "scope": "write" })).await;
    let last = config.delete("/scopes/read").await;
    refused(&last, StatusCode::CONFLICT, "api.conflict");
    assert!(last.json()["description"].as_str().unwrap().contains("delete it first"), "{last:?}");
}

#[tokio::test]
async fn a_scope_is_taken_from_a_client_of_the_management_api_only_by_an_owner() {
    let server = TestServer::start().await;
    server.register(Registration::service("priv").scopes("grantor.users.read read")).await;
    server.register(Registration::service("plain").scopes("read write")).await;
    let operator = Api::with(&server, "grantor.config.write grantor.clients.write").await;
    forbidden(&operator.delete("/scopes/read?force=true").await, "priv");
    assert_eq!(operator.get("/clients/plain").await.json()["scope"], "read write", "nothing was done");
    let owner = Api::owner(&server).await;
    assert_eq!(owner.delete("/scopes/read?force=true").await.status, StatusCode::NO_CONTENT);
    let change = |before: &str, after: &str| json!([{ "member": "scope", "before": before, "after": after }]);
    let expected = json!([
        ["plain", change("read write", "write")],
        ["priv", change("grantor.users.read read", "grantor.users.read")],
    ]);
    assert_eq!(changed(&server, "client.updated").await, expected);
}

#[tokio::test]
async fn each_of_many_clients_that_lose_a_scope_has_an_event() {
    let server = TestServer::start().await;
    for n in 0..120 {
        let (id, now) = (ClientId::new(format!("c{n:03}")), server.app.now());
        let metadata = ClientMetadata::new("C".to_owned(), ClientKind::Service);
        let metadata = ClientMetadata { scopes: Scope::from_stored("read write"), ..metadata };
        let client = Client::new(id, metadata);
        server.store(async move |tx| clients::save(tx, &client, now).await).await;
    }
    let operator = Api::with(&server, "grantor.config.write grantor.clients.write").await;
    assert_eq!(operator.delete("/scopes/read?force=true").await.status, StatusCode::NO_CONTENT);
    let events = acts(&server, "client.updated").await;
    let ids: Vec<Value> = (0..120).map(|n| format!("c{n:03}").into()).collect();
    assert_eq!(each(&events, "/object/id"), ids);
    assert!(events.iter().all(|event| event["actor"]["type"] == "api_key"), "{events:?}");
}

#[tokio::test]
async fn a_client_is_taken_from_what_names_it_only_by_who_may_change_that() {
    let server = TestServer::start().await;
    for id in ["gone", "gone2", "gone3"] {
        server.register(Registration::service(id).scopes("read")).await;
    }
    server.register(Registration::service("robot").scopes("grantor.users.read")).await;
    let owner = Api::owner(&server).await;
    trust(&server, IDP, keys(), &["gone"]).await;
    server.resource_with(API, "read", |api| api.servers = vec![ClientId::new("gone2")]).await;
    for (id, acting) in [("robot", "gone3"), ("gone", "gone3")] {
        let answer = owner.patch(&format!("/clients/{id}"), json!({ "may_act": acting })).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
    let narrow = Api::with(&server, "grantor.clients.write").await;
    for dry_run in ["", "?dry_run=true"] {
        forbidden(&narrow.delete(&format!("/clients/gone{dry_run}")).await, IDP);
        forbidden(&narrow.delete(&format!("/clients/gone2{dry_run}")).await, "grantor.config.write");
        forbidden(&narrow.delete(&format!("/clients/gone3{dry_run}")).await, "management API");
    }
    for id in ["gone", "gone2", "gone3"] {
        assert_eq!(narrow.get(&format!("/clients/{id}")).await.json()["disabled"], false, "{id}");
    }
    let both = Api::with(&server, "grantor.clients.write grantor.config.write").await;
    assert_eq!(both.delete("/clients/gone2").await.status, StatusCode::NO_CONTENT);
    let lost = |member: &str, before: Value, after: Value| json!([{ "member": member, "before": before, "after": after }]);
    let expected = json!([[API, lost("clients", json!(["gone2"]), json!([]))]]);
    assert_eq!(changed(&server, "resource.updated").await, expected);
    let before = acts(&server, "client.updated").await.len();
    for id in ["gone3", "gone"] {
        assert_eq!(owner.delete(&format!("/clients/{id}")).await.status, StatusCode::NO_CONTENT);
    }
    let expected = json!([[IDP, lost("clients", json!(["gone"]), json!([]))]]);
    assert_eq!(changed(&server, "trusted_issuer.updated").await, expected);
    let updated = changed(&server, "client.updated").await;
    let no_actor = lost("may_act", json!("gone3"), Value::Null);
    assert_eq!(
        updated.as_array().unwrap()[before..],
        [json!(["gone", no_actor]), json!(["robot", no_actor])]
    );
    assert_eq!(owner.get("/clients/robot").await.json()["may_act"], Value::Null);
}
