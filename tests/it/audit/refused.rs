//! Refused credentials: the first few are events of their own, the rest is summed up.

use std::time::Duration;

use grantor::clock::Seconds;
use grantor::oauth::identity::role::Role;
use serde_json::{Value, json};

use super::{acts, each};
use crate::api::Api;
use crate::console::Visitor;
use crate::support::{Application, Browser, TestServer};

/// Types a wrong password.
async fn guess(server: &TestServer, web: &Application, username: &str, password: &str) {
    let mut browser = Browser::new(&server.url);
    let page = browser.open(&web.url_with(&[])).await;
    browser.submit(&page, &[("username", username), ("password", password)]).await;
}

#[tokio::test]
async fn wrong_passwords_are_recorded_first_one_by_one_and_then_by_their_number() {
    let server = TestServer::start_with(&[("limits.free_passwords", "100")]).await;
    let web = server.web().await;
    let alice = server.user("alice").await;
    for _ in 0..9 {
        guess(&server, &web, "alice", "wrong").await;
    }
    guess(&server, &web, "typed.into.the.wrong.field", "wrong").await;
    let refused = acts(&server, "session.refused").await;
    let of_alice = |refused: &[Value]| -> Vec<Value> {
        refused.iter().filter(|event| event["user"] == alice.as_str()).cloned().collect()
    };
    let single = of_alice(&refused);
    let expected = json!({
        "act": "session.refused",
        "object": { "type": "user", "id": alice.as_str(), "name": null },
        "actor": { "type": "stranger", "id": null, "name": null, "client": null },
        "user": alice.as_str(),
        "client": null,
        "address": "127.0.0.1",
        "reason": "sign_in.failed",
        "changes": [],
    });
    assert_eq!(single, vec![expected; 5]);
    assert_eq!(refused.len(), 6, "{refused:?}");
    assert!(!format!("{refused:?}").contains("typed"), "it may be a password");

    server.clock.advance(Duration::from_secs(60));
    let refused = of_alice(&acts(&server, "session.refused").await);
    assert_eq!(refused.len(), 6);
    assert_eq!(refused[5]["changes"], json!([{ "member": "times", "before": null, "after": 4 }]));
    assert_eq!(refused[5]["address"], "127.0.0.1");
}

#[tokio::test]
async fn a_guess_that_has_to_wait_is_recorded() {
    let server = TestServer::start_with(&[("limits.free_passwords", "1")]).await;
    let web = server.web().await;
    server.user("alice").await;
    for _ in 0..2 {
        guess(&server, &web, "alice", "wrong").await;
    }
    let refused = acts(&server, "session.refused").await;
    assert_eq!(each(&refused, "/reason"), [json!("sign_in.failed"), json!("sign_in.too_many_guesses")]);
}

#[tokio::test]
async fn a_client_that_does_not_prove_who_it_is_is_recorded() {
    let server = TestServer::start().await;
    let mut service = server.service().await;
    service.secret = Some("wrong".into());
    for _ in 0..7 {
        let answer = service.token(&[("grant_type", "client_credentials")]).await;
        answer.assert_json_error(401, "invalid_client", "client.secret_wrong");
    }
    let refused = acts(&server, "client.refused").await;
    assert_eq!(each(&refused, "/reason"), vec![json!("client.secret_wrong"); 5]);
    assert_eq!(each(&refused, "/client"), vec![json!("service"); 5]);
    assert_eq!(each(&refused, "/actor/type"), vec![json!("stranger"); 5]);
    server.clock.advance(Duration::from_secs(60));
    let refused = acts(&server, "client.refused").await;
    assert_eq!(refused[5]["changes"][0]["after"], 2);
}

#[tokio::test]
async fn a_wrong_or_ended_credential_of_the_management_api_is_recorded() {
    let server = TestServer::start().await;
    let owner = Api::owner(&server).await;
    let end = (server.app.now() + Seconds::new(3600)).iso();
    let body = json!({ "name": "short", "scope": "grantor.audit.read", "expires_at": end });
    let made = owner.post("/api-keys", body).await.json();
    let wrong = async |authorization: &str| {
        let answer = Browser::new(&server.url)
            .request(reqwest::Method::GET, "/api/v1/events", &[("authorization", authorization)], "")
            .await;
        assert_eq!(answer.status, 401, "{answer:?}");
    };
    for authorization in
        ["Bearer x", "Bearer grantor_sk_made_up", "Basic YTpi", "", "Bearer y", "Bearer z", "Bearer 1"]
    {
        wrong(authorization).await;
    }
    Browser::new(&server.url).get("/api/v1/events").await;
    let refused = acts(&server, "api_key.refused").await;
    assert_eq!(
        each(&refused, "/reason"),
        vec![json!("api.credential_wrong"); 5],
        "the first five, and none without one"
    );
    assert_eq!(refused[0]["object"], json!({ "type": "api_key", "id": "", "name": null }));
    assert_eq!(refused[0]["actor"]["type"], "stranger");
    assert_eq!(refused[0]["address"], "127.0.0.1");
    assert!(!format!("{refused:?}").contains("made_up"));

    server.clock.advance(Duration::from_secs(7200));
    wrong(&format!("Bearer {}", made["key"].as_str().unwrap())).await;
    let refused = acts(&server, "api_key.refused").await;
    let ended = refused.iter().find(|event| event["reason"] == "api.key_expired");
    assert_eq!(ended.unwrap()["object"]["id"], made["id"], "{refused:?}");
    let sum = refused.iter().find(|event| event["changes"] != json!([]));
    assert_eq!(sum.unwrap()["changes"][0]["after"], 2, "{refused:?}");
}

#[tokio::test]
async fn an_act_that_is_forbidden_to_who_asks_is_recorded() {
    let server = TestServer::start().await;
    let owner = Api::owner(&server).await;
    let body = json!({ "name": "users", "scope": "grantor.users.read grantor.users.write" });
    let made = owner.post("/api-keys", body).await.json();
    let mut key = owner.at(&server.url);
    key.key = made["key"].as_str().unwrap().to_owned();
    let alice = server.user("alice").await;
    assert_eq!(key.get("/clients").await.status, 403);
    let role = json!({ "role": "owner" });
    let path = format!("/users/{alice}");
    assert_eq!(key.patch(&path, role.clone()).await.status, 403);
    assert_eq!(key.patch(&format!("{path}?dry_run=true"), role).await.status, 403);
    for rehearsal in ["/keys?dry_run=true", "/clients?dry_run=true"] {
        let answer = key.post(rehearsal, json!({})).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["reason"]), (403, &json!("api.scope_missing")));
    }
    assert_eq!(key.get("/users/made-up").await.status, 404);
    let mut auditor = Visitor::with(&server, "carol", Some(Role::Auditor)).await;
    assert_eq!(auditor.open("/admin/new/clients").await.status, 403);

    let recorded = acts(&server, "management.forbidden").await;
    let object = json!({ "type": "api_key", "id": made["id"], "name": null });
    let by_key: Vec<&Value> = recorded.iter().filter(|event| event["object"] == object).collect();
    let [scope, climb] = by_key[..] else { panic!("{recorded:?}") };
    assert_eq!(scope["reason"], "api.scope_missing");
    assert_eq!(scope["changes"][0]["after"], "GET /api/v1/clients");
    assert_eq!(climb["reason"], "api.forbidden");
    assert_eq!(climb["changes"][0]["after"], format!("PATCH /api/v1/users/{alice}"));
    assert_eq!((&climb["actor"]["id"], &climb["actor"]["name"]), (&made["id"], &json!("users")));
    let carol = recorded.iter().find(|event| event["object"]["type"] == "user").expect("an event");
    assert_eq!(carol["changes"][0]["after"], "GET /admin/new/clients");
    assert_eq!(carol["object"]["id"], carol["actor"]["id"]);
}
