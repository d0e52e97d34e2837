//! Links by which a person sets a password: made by an operator, opened by anyone, used once by the form.

use std::time::Duration;

use futures_util::future::join_all;
use grantor::clock::Timestamp;
use grantor::oauth::reason::Reason;
use reqwest::Method;
use serde_json::Value;

use crate::support::chromium::Chromium;
use crate::support::server::PASSWORD;
use crate::support::{Answer, Browser, Cluster, Operator, TestServer};

const NEW: &str = "another password of hers";
const FIELDS: [(&str, &str); 2] = [("password", NEW), ("repeated", NEW)];

/// The path and query of the link that a command printed as JSON.
fn path(made: &Value) -> String {
    let link = made["link"].as_str().expect("a link");
    link[link.find("/password").expect("a path")..].to_owned()
}

fn reset(server: &TestServer, user: &str) -> String {
    path(&Operator::of(server).json(&["user", "reset-link", user]))
}

async fn is_over(browser: &mut Browser, link: &str) -> bool {
    let page = browser.get(link).await;
    if page.status == 200 {
        return false;
    }
    page.assert_page(400, Reason::PasswordLinkOver.word());
    true
}

fn is_done(page: &Answer) -> bool {
    page.status == 200 && page.body.contains("id=\"password-set\"")
}

#[tokio::test]
async fn an_invited_person_sets_a_password_and_signs_in_with_it() {
    let server = TestServer::start().await;
    let (operator, web) = (Operator::of(&server), server.web().await);
    let invited = operator.json(&[
        "user",
        "invite",
        "--username",
        "alice",
        "--email",
        "a@example.com",
        "--group",
        "staff",
    ]);
    assert_eq!((&invited["username"], &invited["password_changed_at"]), (&"alice".into(), &Value::Null));
    assert_eq!(invited["groups"], serde_json::json!(["staff"]));
    let mut browser = server.browser();
    let sign_in = browser.open(&web.url_with(&[])).await;
    for password in ["", PASSWORD, NEW] {
        let refused = browser.submit(&sign_in, &[("username", "alice"), ("password", password)]).await;
        assert!(refused.is_sign_in(), "without a password no one signs in: {refused:?}");
    }
    let page = browser.get(&path(&invited)).await;
    assert!(!page.body.contains("signed out everywhere"), "nothing to sign out of: {page:?}");
    assert!(
        page.body.contains("<bdi>alice</bdi>") && page.body.contains("At least 15 characters"),
        "{page:?}"
    );
    let token = path(&invited).split_once("token=").unwrap().1.to_owned();
    let hash = server.store(async move |tx| {
        let stored: Option<(Vec<u8>,)> = tx.query("SELECT hash FROM password_links").optional().await?;
        Ok(stored.unwrap().0)
    });
    assert_eq!(hash.await, grantor::secret::Hash::of(&token).as_bytes(), "only its hash is stored");
    assert!(is_done(&browser.submit(&page, &FIELDS).await));
    let refused = browser.sign_in(&sign_in, "alice").await;
    assert!(refused.is_sign_in(), "not with another password: {refused:?}");
    let back = browser.submit(&sign_in, &[("username", "alice"), ("password", NEW)]).await;
    assert!(back.is_consent(), "{back:?}");
}

#[tokio::test]
async fn opening_a_link_uses_nothing_up_and_only_its_form_sets_a_password() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let link = reset(&server, "alice");
    for _ in 0..3 {
        let mut scanner = server.browser();
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(scanner.request(method, &link, &[], "").await.status, 200);
        }
    }
    let page = alice.get(&link).await;
    assert!(page.body.contains("You will be signed out everywhere"), "{page:?}");
    assert_eq!(page.header("referrer-policy"), "strict-origin", "the token is in the address");
    assert!(!page.body.contains(PASSWORD));
    // A form of another site, of another browser, and one without the page.
    let mut elsewhere = server.browser();
    elsewhere.get(&link).await;
    for (browser, headers) in [
        (&mut alice.clone_with_cookies(), &[("origin", "https://evil.example")][..]),
        (&mut alice.clone_with_cookies(), &[("sec-fetch-site", "cross-site")]),
        (&mut elsewhere, &[]),
        (&mut server.browser(), &[]),
    ] {
        let mut form = page.hidden_fields();
        form.extend(FIELDS.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let body = serde_urlencoded::to_string(&form).unwrap();
        let headers = [headers, &[("content-type", "application/x-www-form-urlencoded")]].concat();
        browser.request(Method::POST, "/password", &headers, &body).await.assert_page(400, "form.forged");
    }
    assert!(
        !alice.authorize(&web.url_with(&[])).await.get("code").is_empty(),
        "the old password is still right"
    );
    assert!(is_done(&alice.submit(&page, &FIELDS).await));
}

#[tokio::test]
async fn a_new_password_by_a_link_ends_sessions_and_grants_as_set_password_does() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let code = alice.authorize(&web.url_with(&[])).await.get("code");
    let refresh = web.redeem_by_hand(&code).await.get("refresh_token");
    let unredeemed = web.code(&mut alice).await;
    let link = reset(&server, "alice");
    let mut phone = server.browser();
    let page = phone.get(&link).await;
    assert!(is_done(&phone.submit(&page, &FIELDS).await));
    assert!(alice.open(&web.url_with(&[])).await.is_sign_in());
    web.refresh_by_hand(&refresh).await.assert_json_error(400, "invalid_grant", "refresh_token.revoked");
    web.redeem_by_hand(&unredeemed).await.assert_json_error(400, "invalid_grant", "code.unknown");
    assert!(!phone.cookies.contains_key("grantor-session"), "the link signs no one in");
    let word = "SELECT COUNT(*) FROM grants WHERE revoked_for = 'user.password_changed'";
    assert_eq!(server.number(word).await, 1);
}

#[tokio::test]
async fn a_link_is_over_when_it_was_used_replaced_or_overtaken() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let mut alice = server.alice().await;
    let first = reset(&server, "alice");
    let old_page = alice.get(&first).await;
    let second = reset(&server, "ALICE@example.com");
    assert!(is_over(&mut alice, &first).await, "a new link ends the old one");
    alice.submit(&old_page, &FIELDS).await.assert_page(400, "password_link.over");
    let page = alice.get(&second).await;
    assert!(is_done(&alice.submit(&page, &FIELDS).await));
    assert!(is_over(&mut alice, &second).await, "used");
    alice.submit(&page, &FIELDS).await.assert_page(400, "password_link.over");

    let third = reset(&server, "alice");
    operator.set_password("alice", PASSWORD);
    assert!(is_over(&mut alice, &third).await, "the operator set a password");

    let fourth = reset(&server, "alice");
    let page = alice.get(&fourth).await;
    operator.done(&["user", "disable", "alice"]);
    assert!(is_over(&mut alice, &fourth).await, "a disabled user");
    alice.submit(&page, &FIELDS).await.assert_page(400, "password_link.over");
    let refused = operator.refused(&["user", "reset-link", "alice"]);
    assert_eq!(refused, "the user alice is disabled, and could not use the link");

    operator.done(&["user", "delete", "alice", "--yes"]);
    assert_eq!(server.number("SELECT COUNT(*) FROM password_links").await, 0);
    for token in ["", "?token=", "?token=none", "?token=a&token=b", "?token=%00", "?token=%FF"] {
        assert!(is_over(&mut alice, &format!("/password{token}")).await, "{token}");
    }
}

#[tokio::test]
async fn a_link_ends_after_24_hours_and_its_row_is_deleted() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let made = Operator::of(&server).json(&["user", "reset-link", "alice"]);
    let expires_at = server.store(async move |tx| {
        let row: Option<(Timestamp,)> = tx.query("SELECT expires_at FROM password_links").optional().await?;
        Ok(row.unwrap().0)
    });
    let expires_at = expires_at.await;
    assert_eq!(made["link_expires_at"], expires_at.iso());
    let left = expires_at - server.app.now();
    assert!((86_390..=86_410).contains(&left.as_i64()), "{left:?}");
    server.clock.advance(Duration::from_secs(left.as_i64().unsigned_abs() - 1));
    let page = alice.get(&path(&made)).await;
    assert_eq!(page.status, 200);
    server.clock.advance(Duration::from_secs(1));
    assert!(is_over(&mut alice, &path(&made)).await);
    alice.submit(&page, &FIELDS).await.assert_page(400, "password_link.over");
}

#[tokio::test]
async fn a_password_that_the_policy_refuses_leaves_the_link_as_it_was() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let link = reset(&server, "alice");
    let page = alice.get(&link).await;
    for (password, repeated, said) in [
        ("fourteen chars", "fourteen chars", "Use at least 15 characters."),
        ("Qwerty123456789", "Qwerty123456789", "Many people use this password"),
        ("Alice@example.com", "Alice@example.com", "Your password must not be your name"),
        (NEW, "another password of hirs", "The two passwords are different."),
        (NEW, "", "The two passwords are different."),
    ] {
        let again = alice.submit(&page, &[("password", password), ("repeated", repeated)]).await;
        assert_eq!(again.status, 422, "{again:?}");
        assert!(
            again.body.contains(said) && again.body.contains("aria-invalid=\"true\""),
            "{said}: {again:?}"
        );
        assert!(!again.body.contains(NEW), "no password comes back");
    }
    assert!(is_done(&alice.submit(&page, &FIELDS).await));
}

#[tokio::test]
async fn the_password_may_be_typed_on_two_keyboards() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let page = alice.get(&reset(&server, "alice")).await;
    let (composed, decomposed) = ("caf\u{e9} au lait, encore", "cafe\u{301} au\u{a0}lait, encore");
    let again = alice.submit(&page, &[("password", composed), ("repeated", "cafe au lait, encore")]).await;
    assert!(again.status == 422 && again.body.contains("The two passwords are different."), "{again:?}");
    assert!(is_done(&alice.submit(&page, &[("password", composed), ("repeated", decomposed)]).await));
    for password in [composed, decomposed] {
        let mut browser = server.browser();
        let sign_in = browser.open(&web.url_with(&[])).await;
        let back = browser.submit(&sign_in, &[("username", "alice"), ("password", password)]).await;
        assert!(back.is_consent(), "{password}: {back:?}");
    }
}

#[tokio::test]
async fn of_many_forms_at_once_at_two_nodes_one_sets_the_password() {
    let cluster = Cluster::of(2).await;
    let mut alice = cluster.server.alice().await;
    let link = reset(&cluster.server, "alice");
    let page = alice.get(&link).await;
    let submitted = (0..16).map(|number| {
        let mut browser = Browser::new(&cluster.nodes[number % 2].url);
        browser.cookies = alice.cookies.clone();
        let password = format!("password number {number} of many");
        let mut form = page.hidden_fields();
        form.push(("password".to_owned(), password.clone()));
        form.push(("repeated".to_owned(), password.clone()));
        async move {
            let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let answer = browser.post("/password", &form).await;
            (answer.status.as_u16(), password)
        }
    });
    let answers = join_all(submitted).await;
    let won: Vec<_> = answers.iter().filter(|(status, _)| *status == 303).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|(status, _)| [303, 400].contains(status)), "{answers:?}");
    let web = cluster.server.web().await;
    let sign_in = alice.open(&web.url_with(&[])).await;
    let back = alice.submit(&sign_in, &[("username", "alice"), ("password", &won[0].1)]).await;
    assert!(back.is_consent(), "{back:?}");
}

#[tokio::test]
async fn a_browser_sets_a_password_by_a_link() {
    let Some(browser) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let link = reset(&server, "alice");
    browser.open(&format!("{}{link}", server.url)).await;
    browser.type_into("password", NEW).await;
    browser.type_into("repeated", NEW).await;
    browser.click("set-password").await;
    assert_eq!(browser.text_of("password-set").await, "Your password is set");
}
