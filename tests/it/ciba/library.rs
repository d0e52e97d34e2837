//! A client library that knows nothing of this server: openid-client for JavaScript.

use serde_json::json;

use super::{asking, question};
use crate::clients::{Program, Said};
use crate::support::TestServer;

#[tokio::test]
async fn openid_client_asks_for_a_person_and_waits_for_the_answer() {
    let server = TestServer::start_with(&[("ciba.poll_interval", "1s")]).await;
    let (bank, mut alice) = (server.register(asking("bank")).await, server.alice().await);
    let arguments = [server.url.as_str(), &bank.id, bank.secret.as_deref().unwrap()];
    let Some(mut program) = Program::of_node("openid_ciba.mjs", &arguments) else { return };
    for field in ["allow", "deny"] {
        let Said::Open(message) = program.says().await else { panic!("a request") };
        let page = question(&mut alice).await;
        assert!(page.body.contains(&message), "{message}: {page:?}");
        alice.submit(&page, &[(field, "1")]).await;
        program.hears("answered").await;
    }
    let Said::Done(done) = program.says().await else { panic!("a result") };
    assert_eq!(
        (&done["unknown"], &done["expires_in"], &done["denied"], &done["id_token"]),
        (&json!("unknown_user_id"), &json!(300), &json!("access_denied"), &json!(true)),
        "{done}"
    );
    assert!(done["scope"].as_str().is_some_and(|scope| scope.contains("read")), "{done}");
}
