//! Refused credentials: the first few are events of their own, the rest is summed up.

use std::time::Duration;

use serde_json::{Value, json};

use super::{acts, each};
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
