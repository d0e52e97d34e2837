//! Which events are recorded: acts with their transaction, and what programs do.

use grantor::oauth::client::ClientKind;
use grantor::operations::actor::{Actor, ActorKind};
use grantor::operations::terms::Terms;
use grantor::operations::users::UserChanges;
use grantor::operations::{Context, users};
use serde_json::{Value, json};

use super::{acts, all, each};
use crate::support::relying_party::Registration;
use crate::support::{Browser, TestServer};

/// An operator with an API key.
fn key() -> Actor {
    Actor {
        id: Some("key-1".into()),
        name: Some("deployment".into()),
        address: Some("203.0.113.7".parse().unwrap()),
        request_id: Some("request-1".into()),
        ..Actor::of(ActorKind::ApiKey)
    }
}

fn context(server: &TestServer) -> Context<'_> {
    server.app.operations(server.app.now(), key().into())
}

fn alicia() -> UserChanges {
    UserChanges { username: Some("alicia".into()), ..UserChanges::default() }
}

#[tokio::test]
async fn an_act_is_stored_with_its_actor_and_what_it_changed() {
    let server = TestServer::start().await;
    let id = server.user("alice").await;
    users::update(&context(&server), "alice", alicia()).await.unwrap();
    let [event] = &all(&server).await[..] else { panic!("one event") };
    let expected = json!({
        "id": event["id"],
        "number": 1,
        "time": server.app.now().iso(),
        "act": "user.updated",
        "object": { "type": "user", "id": id.as_str(), "name": "alicia" },
        "actor": { "type": "api_key", "id": "key-1", "name": "deployment", "client": null },
        "user": id.as_str(),
        "client": null,
        "address": "203.0.113.7",
        "request_id": "request-1",
        "reason": null,
        "changes": [{ "member": "username", "before": "alice", "after": "alicia" }],
    });
    assert_eq!(*event, expected);
}

#[tokio::test]
async fn a_rehearsal_and_a_refused_act_leave_no_event() {
    let server = TestServer::start().await;
    server.user("alice").await;
    let rehearsal = Context { terms: Terms { is_rehearsal: true, ..Terms::default() }, ..context(&server) };
    users::update(&rehearsal, "alice", alicia()).await.unwrap();
    assert!(users::update(&context(&server), "bob", alicia()).await.is_err());
    assert!(users::enable(&context(&server), "carol").await.is_err());
    assert_eq!(all(&server).await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_act_in_steps_and_one_on_several_objects_leave_an_event_for_each_object() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut alice = server.alice().await;
    let page = alice.open(&web.url_with(&[])).await;
    alice.sign_in(&page, "alice").await;
    users::disable(&context(&server), "alice").await.unwrap();
    let disabled = acts(&server, "user.disabled").await;
    assert_eq!(each(&disabled, "/object/name"), [json!("alice")]);
}

#[tokio::test]
async fn a_person_who_signs_in_consents_and_signs_out_is_recorded() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let alice_id = server.user("alice").await;
    let mut alice = Browser::new(&server.url);
    alice.authorize(&web.url_with(&[])).await;
    alice.sign_out().await;
    let events = all(&server).await;
    assert_eq!(each(&events, "/act"), ["session.begun", "consent.given", "session.signed_out"]);
    for event in &events {
        assert_eq!(event["user"], alice_id.as_str(), "{event}");
        assert_eq!(event["actor"]["type"], "person", "{event}");
        assert_eq!(event["actor"]["id"], alice_id.as_str(), "{event}");
        assert_eq!(event["actor"]["name"], "alice", "{event}");
        assert_eq!(event["address"], "127.0.0.1", "{event}");
        assert!(event["request_id"].is_string(), "{event}");
    }
    assert_eq!(each(&events, "/client"), [json!("web"), json!("web"), Value::Null]);
}

#[tokio::test]
async fn tokens_that_are_issued_are_recorded_unless_that_is_switched_off() {
    for (issuances, count) in [("true", 3), ("false", 0)] {
        let server = TestServer::start_with(&[("audit.issuances", issuances)]).await;
        let (web, service) = (server.web().await, server.service().await);
        let mut alice = server.alice().await;
        let tokens = web.redeem_by_hand(&web.code(&mut alice).await).await;
        web.refresh_by_hand(&tokens.get("refresh_token")).await;
        service.client_credentials().await;
        let issued = acts(&server, "token.issued").await;
        assert_eq!(issued.len(), count, "{issued:?}");
        let begun = acts(&server, "session.begun").await;
        let Some(first) = issued.first() else { continue };
        let grant = first["object"]["id"].clone();
        assert_eq!(
            issued,
            [
                json!({
                    "act": "token.issued",
                    "object": { "type": "token", "id": grant, "name": null },
                    "actor": { "type": "client", "id": "web", "name": null, "client": null },
                    "user": begun[0]["user"],
                    "client": "web",
                    "address": "127.0.0.1",
                    "reason": null,
                    "changes": [
                        { "member": "grant_type", "before": null, "after": "authorization_code" },
                        { "member": "scope", "before": null, "after": "read" },
                    ],
                }),
                json!({
                    "act": "token.issued",
                    "object": { "type": "token", "id": grant, "name": null },
                    "actor": { "type": "client", "id": "web", "name": null, "client": null },
                    "user": begun[0]["user"],
                    "client": "web",
                    "address": "127.0.0.1",
                    "reason": null,
                    "changes": [
                        { "member": "grant_type", "before": null, "after": "refresh_token" },
                        { "member": "scope", "before": null, "after": "read" },
                    ],
                }),
                json!({
                    "act": "token.issued",
                    "object": { "type": "token", "id": "service", "name": null },
                    "actor": { "type": "client", "id": "service", "name": null, "client": null },
                    "user": null,
                    "client": "service",
                    "address": "127.0.0.1",
                    "reason": null,
                    "changes": [
                        { "member": "grant_type", "before": null, "after": "client_credentials" },
                        { "member": "scope", "before": null, "after": "read write" },
                    ],
                }),
            ]
        );
    }
}

#[tokio::test]
async fn a_public_client_that_gets_tokens_has_not_proven_who_it_is() {
    let server = TestServer::start().await;
    let spa = server.register(Registration::of_kind("spa", ClientKind::Spa)).await;
    let mut alice = server.alice().await;
    spa.redeem_by_hand(&spa.code(&mut alice).await).await;
    let issued = acts(&server, "token.issued").await;
    let expected = json!({ "type": "stranger", "id": null, "name": null, "client": null });
    assert_eq!((each(&issued, "/actor"), each(&issued, "/client")), (vec![expected], vec![json!("spa")]));
}

#[tokio::test]
async fn a_token_that_its_client_revokes_is_recorded_once() {
    let server = TestServer::start().await;
    server.resource("https://api.example.com", "read write").await;
    let web = server.web().await;
    let mut alice = server.alice().await;
    let mut revoked = Vec::new();
    for resource in ["", "https://api.example.com"] {
        let back = alice.authorize(&web.url_with(&[("resource", resource)])).await;
        let tokens = web.redeem_by_hand(&back.get("code")).await;
        for token in ["access_token", "access_token", "refresh_token", "refresh_token"] {
            web.post("/revoke", &[("token", &tokens.get(token))]).await;
        }
        web.post("/revoke", &[("token", "unknown")]).await;
        revoked.extend(["token.revoked", "grant.revoked"]);
    }
    let events = all(&server).await;
    let events: Vec<Value> =
        events.into_iter().filter(|event| event["act"].as_str().unwrap().ends_with(".revoked")).collect();
    assert_eq!(each(&events, "/act"), revoked);
    let user = events[0]["user"].clone();
    assert!(user.is_string(), "{events:?}");
    for event in &events {
        assert_eq!(event["actor"]["id"], "web", "{event}");
        assert_eq!(event["user"], user, "{event}");
        assert_eq!(event["client"], "web", "{event}");
    }
    assert_eq!(each(&events, "/reason")[1], json!("token.revoked"));
}

#[tokio::test]
async fn a_grant_that_ends_because_of_a_replay_is_recorded_with_its_reason() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut alice = server.alice().await;
    let code = web.code(&mut alice).await;
    web.redeem_by_hand(&code).await;
    for _ in 0..3 {
        web.redeem_by_hand(&code).await.assert_json_error(400, "invalid_grant", "code.replayed");
    }
    let revoked = acts(&server, "grant.revoked").await;
    assert_eq!(each(&revoked, "/reason"), [json!("code.replayed")]);
    assert_eq!(each(&revoked, "/client"), [json!("web")]);
    assert!(revoked[0]["user"].is_string());
}
