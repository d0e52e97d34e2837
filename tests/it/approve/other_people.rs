//! Only the person who is asked can answer, and no one else learns who that is.

use super::{MESSAGE, address, ask, length, list, poll, question, shop};
use crate::support::{Answer, Browser, Operator, TestServer};

/// How many requests wait for their answer.
async fn waiting(server: &TestServer) -> i64 {
    let open = "SELECT COUNT(*) FROM backchannel_requests WHERE session_id IS NULL AND denied_at IS NULL";
    server.number(open).await
}

#[track_caller]
fn is_for_another(page: &Answer) {
    assert_eq!(page.status, 403, "{page:?}");
    assert!(page.body.contains("This request is for another account"), "{page:?}");
    for secret in ["alice", MESSAGE, "shop"] {
        assert!(!page.body.contains(secret), "{secret}: {page:?}");
    }
}

async fn signed_in(server: &TestServer, username: &str) -> Browser {
    server.user(username).await;
    let mut browser = server.browser();
    let page = browser.open("/approve").await;
    browser.sign_in(&page, username).await;
    browser
}

#[tokio::test]
async fn another_account_cannot_answer_and_does_not_learn_whose_request_it_is() {
    let server = TestServer::start().await;
    let (app, mut alice) = (server.register(shop("shop")).await, server.alice().await);
    ask(&app).await;
    let at = address(&list(&mut alice).await, 1);
    let mut bob = signed_in(&server, "bob").await;
    assert_eq!(length(&bob.open("/approve").await), 0);
    let page = bob.open(&at).await;
    is_for_another(&page);
    assert!(page.body.contains("bob@example.com"), "{page:?}");
    // With the account of somebody else again.
    server.user("carol").await;
    let sign_in = bob.open(&page.attribute("id=\"another\" class=\"button primary\" href=\"")).await;
    let page = bob.sign_in(&sign_in, "carol").await;
    is_for_another(&page);
    assert_eq!(waiting(&server).await, 1);
    // The person uses the same browser: both stay signed in.
    let sign_in = bob.open(&page.attribute("id=\"another\" class=\"button primary\" href=\"")).await;
    let page = bob.sign_in(&sign_in, "alice").await;
    assert!(page.is_consent() && page.body.contains("alice@example.com"), "{page:?}");
    let home = bob.open("/").await;
    for name in ["alice", "bob", "carol"] {
        assert!(home.body.contains(&format!("{name}@example.com")), "{name}: {home:?}");
    }
    let done = bob.submit(&page, &[("allow", "1")]).await;
    assert!(done.body.contains("id=\"allowed\""), "{done:?}");
}

#[tokio::test]
async fn who_has_only_the_link_changes_nothing() {
    let server = TestServer::start().await;
    let (app, mut alice) = (server.register(shop("shop")).await, server.alice().await);
    let id = ask(&app).await;
    let at = address(&list(&mut alice).await, 1);
    let page = question(&mut alice).await;
    let mut mallory = server.browser();
    let sign_in = mallory.open(&at).await;
    assert!(sign_in.is_sign_in() && !sign_in.body.contains("alice"), "{sign_in:?}");
    assert!(!sign_in.body.contains(MESSAGE), "{sign_in:?}");
    let home = mallory.submit(&sign_in, &[("username", ""), ("password", ""), ("cancel", "1")]).await;
    assert_eq!(home.url.path(), "/", "{home:?}");
    // A copy of the question in another browser, and in that of another person.
    for answer in ["allow", "deny"] {
        server.browser().submit(&page, &[(answer, "1")]).await.assert_page(400, "flow.other_browser");
        let mut bob = signed_in(&server, if answer == "allow" { "bob" } else { "carol" }).await;
        let (name, value) =
            alice.cookies.iter().find(|(name, _)| name.ends_with("browser")).expect("a cookie");
        bob.cookies.insert(name.clone(), value.clone());
        let refused = bob.submit(&page, &[(answer, "1")]).await;
        assert!(!refused.body.contains("id=\"allowed\"") && !refused.body.contains("id=\"denied\""));
        // Choosing an account on the way, and going back instead.
        let chooser = bob.open(&page.form_action().replace("/consent?", "/accounts?")).await;
        bob.submit(&chooser, &[("cancel", "1")]).await;
    }
    assert_eq!(waiting(&server).await, 1);
    poll(&app, &id).await.assert_json_error(400, "authorization_pending", "auth_req_id.pending");
    let done = alice.submit(&page, &[("allow", "1")]).await;
    assert!(done.body.contains("id=\"allowed\""), "{done:?}");
}

#[tokio::test]
async fn several_people_in_one_browser_see_whose_request_each_is_and_answer_as_that_person() {
    let server = TestServer::start().await;
    let app = server.register(shop("shop")).await;
    let mut browser = signed_in(&server, "bob").await;
    server.user("alice").await;
    let id = ask(&app).await;
    let other = super::ask_with(&app, &[("login_hint", "bob")]).await;
    let page = browser.open("/approve").await;
    assert_eq!(length(&page), 1, "only bob is here: {page:?}");
    let sign_in = browser.open("/sign-in?approve=1&another=1").await;
    let page = browser.sign_in(&sign_in, "alice").await;
    assert_eq!(length(&page), 2, "{page:?}");
    for name in ["alice@example.com", "bob@example.com", "2 requests wait"] {
        assert!(page.body.contains(name), "{name}: {page:?}");
    }
    for place in [1, 2] {
        let question = browser.open(&address(&page, place)).await;
        let is_alices = question.body.contains(MESSAGE);
        let own = if is_alices { "alice@example.com" } else { "bob@example.com" };
        assert!(question.is_consent() && question.body.contains(own), "{question:?}");
        let button = if is_alices { "allow" } else { "deny" };
        browser.submit(&question, &[(button, "1")]).await;
    }
    assert_eq!(poll(&app, &id).await.status, 200);
    poll(&app, &other).await.assert_json_error(400, "access_denied", "auth_req_id.denied");
}

#[tokio::test]
async fn a_person_who_has_lost_the_group_is_told_and_so_is_the_application() {
    let server = TestServer::start().await;
    let (app, mut alice) = (server.register(shop("shop")).await, server.alice().await);
    let id = ask(&app).await;
    let at = address(&list(&mut alice).await, 1);
    Operator::of(&server).done(&["client", "update", "shop", "--require-group", "staff"]);
    alice.open(&at).await.assert_page(400, "user.group_missing");
    poll(&app, &id).await.assert_json_error(400, "access_denied", "auth_req_id.denied");
}

#[tokio::test]
async fn the_page_keeps_nothing_for_strangers() {
    let server = TestServer::start_with(&[("sign_up.enabled", "true")]).await;
    let mut stranger = server.browser();
    let sign_in = stranger.open("/approve").await;
    assert!(sign_in.is_sign_in() && !sign_in.body.contains("id=\"sign-up\""), "{sign_in:?}");
    let home = stranger.submit(&sign_in, &[("username", ""), ("password", ""), ("cancel", "1")]).await;
    assert_eq!(home.url.path(), "/");
    // The forms on the way to the two pages are not the same.
    let device = stranger.open("/device").await;
    let token = device.form_token();
    let form = [("form_token", token.as_str()), ("username", "a"), ("password", "b")];
    stranger.post(&sign_in.form_action(), &form).await.assert_page(400, "form.forged");
    assert_eq!(server.number("SELECT COUNT(*) FROM flows").await, 0);
}
