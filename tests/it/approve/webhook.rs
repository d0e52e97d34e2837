//! The message for the program that sends the person a mail or a push message.

use std::time::Duration;

use serde_json::json;

use super::{MESSAGE, address, ask, ask_with, list, shop};
use crate::api::{Api, refused};
use crate::support::{Operator, TestServer};
use crate::webhooks::{ALLOWED, Receiver, hook};

const KIND: &str = "backchannel.requested";

#[tokio::test]
async fn a_webhook_that_names_the_type_gets_the_link() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let (api, mut receiver) = (Api::owner(&server).await, Receiver::start());
    let (app, mut alice) = (server.register(shop("shop")).await, server.alice().await);
    let hook = hook(&api, &receiver.url, json!([KIND])).await;
    ask(&app).await;
    let received = receiver.next_of(KIND, &hook.secret).await;
    let (message, at) = (received.json(), address(&list(&mut alice).await, 1));
    let data = &message["data"];
    assert_eq!(data["link"], at);
    assert!(at.ends_with(&format!("/approve/{}", data["id"].as_str().unwrap())), "{data}");
    assert_eq!(received.id(), data["id"].as_str().unwrap());
    let user = &data["user"];
    assert_eq!(
        (&user["username"], &user["email"], &user["name"], &user["email_verified"]),
        (&json!("alice"), &json!("alice@example.com"), &json!(null), &json!(false))
    );
    assert_eq!(data["client"], json!({ "client_id": "shop", "client_name": "The shop application" }));
    assert_eq!(data["binding_message"], MESSAGE);
    assert!(data["expires_at"].as_str() > message["timestamp"].as_str(), "{message}");
    ask_with(&app, &[("login_hint", "alice")]).await;
    assert_eq!(receiver.next_of(KIND, &hook.secret).await.json()["data"]["binding_message"], json!(null));
    assert!(alice.open(&at).await.is_consent());
}

#[tokio::test]
async fn a_webhook_that_does_not_name_the_type_does_not_get_it() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let api = Api::owner(&server).await;
    let app = server.register(shop("shop")).await;
    server.user("alice").await;
    for types in [json!([]), json!(["backchannel."]), json!(["user.", "backchannel.denied"])] {
        hook(&api, "http://127.0.0.1:1/", types).await;
    }
    let disabled = hook(&api, "http://127.0.0.1:1/", json!([KIND])).await;
    api.patch(&disabled.path, json!({ "disabled": true })).await;
    ask(&app).await;
    let messages = "SELECT COUNT(*) FROM webhook_deliveries WHERE type = 'backchannel.requested'";
    assert_eq!(server.number(messages).await, 0);
}

#[tokio::test]
async fn a_message_is_not_sent_when_the_request_is_over() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let (api, mut receiver) = (Api::owner(&server).await, Receiver::start());
    let app = server.register(shop("shop")).await;
    server.user("alice").await;
    receiver.answers("500 Internal Server Error");
    let hook = hook(&api, &receiver.url, json!([KIND])).await;
    ask_with(&app, &[("login_hint", "alice"), ("requested_expiry", "60")]).await;
    receiver.next_of(KIND, &hook.secret).await;
    receiver.answers("200 OK");
    server.clock.advance(Duration::from_secs(61));
    // The next message arrives. The old one would be first, and does not arrive.
    ask_with(&app, &[("login_hint", "alice"), ("binding_message", "the second")]).await;
    let next = receiver.next_of(KIND, &hook.secret).await;
    assert_eq!(next.json()["data"]["binding_message"], "the second");
    assert_eq!(receiver.taken(), 2);
}

#[tokio::test]
async fn who_may_not_see_people_cannot_have_their_addresses_sent() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let scope = "grantor.config.write grantor.audit.read";
    let api = Api::with(&server, scope).await;
    let body = json!({ "name": "x", "url": "http://127.0.0.1:1/", "types": [KIND] });
    refused(&api.post("/webhooks", body.clone()).await, reqwest::StatusCode::FORBIDDEN, "api.forbidden");
    let other = hook(&api, "http://127.0.0.1:1/", json!(["user."])).await;
    let answer = api.patch(&other.path, json!({ "types": [KIND] })).await;
    refused(&answer, reqwest::StatusCode::FORBIDDEN, "api.forbidden");
    let api = Api::with(&server, &format!("{scope} grantor.users.read")).await;
    assert_eq!(api.post("/webhooks", body).await.status, 201);
    Operator::of(&server).done(&[
        "webhook",
        "create",
        "--name",
        "Push",
        "--url",
        "https://hooks.example.com/",
        "--type",
        KIND,
    ]);
}
