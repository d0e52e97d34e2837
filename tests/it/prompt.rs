//! How an application influences the pages: `prompt`, `max_age` and `login_hint`.

use std::time::Duration;

use reqwest::Method;

use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, Case, TestServer};

/// A server, and Alice, who has signed in and allowed `read`.
async fn consented() -> (TestServer, Application, Browser) {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    web.code(&mut browser).await;
    (server, web, browser)
}

#[tokio::test]
async fn without_a_page_the_application_learns_what_would_be_asked() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let silent = web.url_with(&[("prompt", "none")]);
    browser.get(&silent).await.assert_redirect_error("login_required", "sign_in.required", &server.url);
    web.code(&mut browser).await;
    assert_ne!(browser.get(&silent).await.get("code"), "", "signed in, and consented");

    let more = browser.get(&web.url_with(&[("prompt", "none"), ("scope", "read pay")])).await;
    more.assert_redirect_error("consent_required", "consent.required", &server.url);
    assert_eq!(more.get("state"), "the state");
    server.clock.advance(Duration::from_secs(61));
    let aged = browser.get(&web.url_with(&[("prompt", "none"), ("max_age", "60")])).await;
    aged.assert_redirect_error("login_required", "sign_in.required", &server.url);
    assert_eq!(server.number("SELECT COUNT(*) FROM flows").await, 1, "nobody was asked anything");

    // The same with the request in a body, which another site sends without the cookies.
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = web.request_with(&[("prompt", "none"), ("scope", "read pay")]);
    let posted = browser.request(Method::POST, "/authorize", &form, &body).await;
    let answer = browser.follow(posted).await;
    answer.assert_redirect_error("consent_required", "consent.required", &server.url);
}

#[tokio::test]
async fn a_signed_in_person_signs_in_again_if_the_application_wants_it() {
    for changes in [("prompt", "login"), ("max_age", "0"), ("max_age", "59")] {
        let (server, web, mut browser) = consented().await;
        server.clock.advance(Duration::from_secs(60));
        let before = browser.cookies["grantor-session"].clone();
        let page = browser.open(&web.url_with(&[changes])).await;
        assert!(page.is_sign_in(), "{changes:?}: {page:?}");
        assert!(page.body.contains("value=\"alice\""), "who was signed in stands in the form");
        // Skipping the page leads back to it.
        let skipped = page.url.as_str().replace("/sign-in?", "/authorize/resume?");
        assert!(browser.open(&skipped).await.is_sign_in(), "{changes:?}");
        let back = browser.sign_in(&page, "alice").await;
        assert_ne!(back.get("code"), "", "{changes:?}: {back:?}");
        assert_ne!(browser.cookies["grantor-session"], before, "a new session");
    }
}

#[tokio::test]
async fn a_sign_in_for_one_request_does_not_count_for_another() {
    let (_server, web, mut browser) = consented().await;
    let url = web.url_with(&[("prompt", "login")]);
    let (first, second) = (browser.open(&url).await, browser.open(&url).await);
    assert_ne!(browser.sign_in(&first, "alice").await.get("code"), "");
    let second = browser.open(second.url.as_str()).await;
    assert!(second.is_sign_in(), "the other tab asked for a sign-in of its own: {second:?}");
    assert_ne!(browser.sign_in(&second, "alice").await.get("code"), "");
}

#[tokio::test]
async fn a_sign_in_that_is_recent_enough_is_good_enough() {
    let (server, web, mut browser) = consented().await;
    server.clock.advance(Duration::from_secs(60));
    assert_ne!(browser.get(&web.url_with(&[("max_age", "60")])).await.get("code"), "");
}

#[tokio::test]
async fn consent_is_asked_again_if_the_application_wants_it() {
    let (server, web, mut browser) = consented().await;
    let url = web.url_with(&[("prompt", "consent")]);
    let page = browser.open(&url).await;
    assert!(page.is_consent(), "{page:?}");
    let skipped = page.url.as_str().replace("/consent?", "/authorize/resume?");
    assert!(browser.open(&skipped).await.is_consent());
    let back = browser.submit(&page, &[("deny", "1")]).await;
    back.assert_redirect_error("access_denied", "consent.denied", &server.url);
    let again = browser.open(&url).await;
    assert_ne!(browser.allow(&again).await.get("code"), "");
    assert!(browser.open(&url).await.is_consent(), "a yes counts for its own request");

    let mut registration = Registration::web("own");
    registration.client.first_party = true;
    let own = server.register(registration).await;
    assert_ne!(browser.open(&own.url_with(&[])).await.get("code"), "");
    assert!(browser.open(&own.url_with(&[("prompt", "consent")])).await.is_consent());
}

#[tokio::test]
async fn both_pages_are_shown_in_turn_if_both_are_requested() {
    let (_server, web, mut browser) = consented().await;
    let page = browser.open(&web.url_with(&[("prompt", "consent login")])).await;
    let consent = browser.sign_in(&page, "alice").await;
    assert!(consent.is_consent(), "{consent:?}");
    assert_ne!(browser.allow(&consent).await.get("code"), "");
}

#[tokio::test]
async fn the_login_hint_fills_the_form_as_text() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let shown = async |hint: &str| -> Answer {
        let page = server.browser().open(&web.url_with(&[("login_hint", hint)])).await;
        assert!(page.is_sign_in(), "{page:?}");
        page
    };
    assert!(shown("bob@example.com").await.body.contains("value=\"bob@example.com\""));
    let hostile = shown("\"><script>alert(1)</script>").await;
    assert!(!hostile.body.contains("<script>alert"), "{hostile:?}");
    assert!(shown(&"x".repeat(255)).await.body.contains("value=\"\""), "longer than any name");
    for (pasted, filled) in [
        ("\u{feff} bob@example.com\t\r\n", "bob@example.com"),
        ("\u{200b}bob\u{200e}", "bob"),
        ("bob smith", "bob smith"),
        (" \t\u{2060}", ""),
    ] {
        let page = shown(pasted).await;
        assert!(page.body.contains(&format!("value=\"{filled}\"")), "{pasted:?}: {}", page.body);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_goes_back_with_its_reason() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let cases: [Case; 7] = [
        (&[("prompt", "create")], "invalid_request", "prompt.unknown"),
        (&[("prompt", "login now")], "invalid_request", "prompt.unknown"),
        (&[("prompt", "none login")], "invalid_request", "prompt.none_combined"),
        (&[("prompt", "consent none")], "invalid_request", "prompt.none_combined"),
        (&[("max_age", "-1")], "invalid_request", "max_age.malformed"),
        (&[("max_age", "4294967296")], "invalid_request", "max_age.malformed"),
        (&[("max_age", "soon")], "invalid_request", "max_age.malformed"),
    ];
    for (changes, error, reason) in cases {
        server.get(&web.url_with(changes)).await.assert_redirect_error(error, reason, &server.url);
    }
    for name in ["prompt", "max_age", "login_hint"] {
        let answer = server.get(&format!("{}&{name}=1&{name}=1", web.url_with(&[]))).await;
        answer.assert_redirect_error("invalid_request", "parameter.repeated", &server.url);
    }
}
