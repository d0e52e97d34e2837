//! The consent page.

use grantor::cache::catalogue::Freshness;
use grantor::oauth::client::{ClientKind, Links};
use grantor::oauth::id::ClientId;
use grantor::store::logos;

use crate::support::relying_party::Registration;
use crate::support::{Operator, TestServer};

#[tokio::test]
async fn the_page_names_the_application_its_requests_and_its_address() {
    let server = TestServer::start().await;
    let mut registration = Registration::web("web");
    registration.client.name = "Calendar & Co".into();
    registration.client.links = Links {
        site: Some("https://app.example/".into()),
        policy: Some("https://app.example/privacy".into()),
        terms: Some("https://app.example/terms".into()),
        logo: Some("the-digest".into()),
    };
    let web = server.register(registration).await;
    let png = [0x89, b'P', b'N', b'G'];
    server.store(async move |tx| logos::save(tx, "the-digest", "image/png", &png).await).await;
    let mut browser = server.alice().await;
    let page = browser.open(&web.url_with(&[("scope", "read pay")])).await;
    let page = browser.sign_in(&page, "alice").await;

    for text in [
        "Calendar &amp; Co",
        "Read your things",
        "Pay with your money",
        ">alice</bdi>",
        "<bdi>app.example</bdi>",
        "https:&#x2f;&#x2f;app.example&#x2f;privacy",
        "https:&#x2f;&#x2f;app.example&#x2f;terms",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(!page.body.contains("Change your things"));

    let logo = server.get("/logos/the-digest").await;
    assert_eq!((logo.status.as_u16(), logo.header("content-type")), (200, "image/png"));
    assert_eq!(logo.header("x-content-type-options"), "nosniff");
    assert!(logo.header("content-security-policy").contains("sandbox"));
    assert_eq!(server.get("/logos/another").await.status, 404);
}

#[tokio::test]
async fn denying_goes_back_with_access_denied() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let page = browser.open(&web.url_with(&[])).await;
    let page = browser.sign_in(&page, "alice").await;
    let back = browser.submit(&page, &[("deny", "1")]).await;
    back.assert_redirect_error("access_denied", "consent.denied", &server.url);
    assert_eq!(back.get("state"), "the state");
    // Denying is not remembered: the person can still allow it later.
    let asked = browser.open(&web.url_with(&[])).await;
    assert_ne!(browser.allow(&asked).await.get("code"), "");
}

#[tokio::test]
async fn consent_is_remembered_and_asked_again_when_the_scopes_grow() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    browser.authorize(&web.url_with(&[("scope", "read write")])).await;
    assert_ne!(browser.open(&web.url_with(&[("scope", "read")])).await.get("code"), "");
    let more = browser.open(&web.url_with(&[("scope", "read pay")])).await;
    browser.allow(&more).await;
    assert_ne!(browser.open(&web.url_with(&[("scope", "read write pay")])).await.get("code"), "");

    // The consent is for this application and this person only.
    let other = server.register(Registration::web("other")).await;
    assert!(browser.open(&other.url_with(&[])).await.is_consent());
    server.user("bob").await;
    let mut bob = server.browser();
    let page = bob.open(&web.url_with(&[])).await;
    assert!(bob.sign_in(&page, "bob").await.is_consent());
}

#[tokio::test]
async fn a_first_party_application_needs_no_consent() {
    let server = TestServer::start().await;
    let mut registration = Registration::of_kind("own", ClientKind::Web);
    registration.client.first_party = true;
    let (own, mut browser) = (server.register(registration).await, server.alice().await);
    let page = browser.open(&own.url_with(&[])).await;
    assert_ne!(browser.sign_in(&page, "alice").await.get("code"), "");
}

#[tokio::test]
async fn a_page_that_was_shown_to_one_person_cannot_be_answered_by_another() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    server.user("bob").await;
    let sign_in = browser.open(&web.url_with(&[])).await;
    let alices = browser.sign_in(&sign_in, "alice").await;
    // In another tab, Bob signs in.
    browser.sign_in(&sign_in, "bob").await;
    let asked = browser.submit(&alices, &[("allow", "1")]).await;
    assert!(asked.is_consent() && asked.body.contains(">bob</bdi>"), "Bob is asked himself");
    assert_eq!(server.number("SELECT COUNT(*) FROM consents").await, 0);
}

#[tokio::test]
async fn when_the_session_ended_in_between_the_person_signs_in_and_is_asked_again() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let sign_in = browser.open(&web.url_with(&[])).await;
    let consent = browser.sign_in(&sign_in, "alice").await;
    server.sql("DELETE FROM sessions").await;
    let answer = browser.submit(&consent, &[("allow", "1")]).await;
    assert!(answer.is_sign_in());
    assert!(browser.sign_in(&answer, "alice").await.is_consent());
    assert_eq!(server.number("SELECT COUNT(*) FROM consents").await, 0);
}

#[tokio::test]
async fn a_double_click_on_allow_still_arrives() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let sign_in = browser.open(&web.url_with(&[])).await;
    let consent = browser.sign_in(&sign_in, "alice").await;
    // A double click sends both requests, and the browser shows the answer to the second.
    browser.submit_only(&consent, &[("allow", "1")]).await;
    let back = browser.submit(&consent, &[("allow", "1")]).await;
    assert_eq!(web.redeem_by_hand(&back.get("code")).await.status, 200);
}

#[tokio::test]
async fn a_scope_that_the_client_lost_in_between_is_not_granted() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let sign_in = browser.open(&web.url_with(&[("scope", "read write")])).await;
    let consent = browser.sign_in(&sign_in, "alice").await;
    Operator::of(&server).done(&["client", "update", "web", "--scope", "read"]);
    // Reads the client again, so that the cached record, which may be a second old, is gone.
    server.app.cache.client(&ClientId::new("web"), Freshness::Now).await.unwrap();
    let back = browser.submit(&consent, &[("allow", "1")]).await;
    back.assert_redirect_error("forbidden_scope", "scope.forbidden", &server.url);
}

#[tokio::test]
async fn a_consent_from_another_site_or_without_the_form_token_is_ignored() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let sign_in = browser.open(&web.url_with(&[])).await;
    let consent = browser.sign_in(&sign_in, "alice").await;
    let token = consent.form_token();
    let body = format!("form_token={token}&allow=1");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://evil.example")];
    let refused = browser.request(reqwest::Method::POST, &consent.form_action(), &headers, &body).await;
    refused.assert_page(400, "form.forged");
    for token in ["", "AAAA", &sign_in.form_token()] {
        let answer = browser.post(&consent.form_action(), &[("form_token", token), ("allow", "1")]).await;
        assert!(browser.follow(answer).await.is_consent(), "asked again");
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM consents").await, 0);
}

#[tokio::test]
async fn what_follows_from_a_sensitive_scope_is_said_beside_it() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let (web, mut browser) = (server.web().await, server.alice().await);
    for (scope, consequence) in [("pay", "It can move your <money>."), ("read", "It can read all of it.")] {
        operator.done(&["scope", "update", scope, "--consequence", consequence]);
    }
    let page = browser.open(&web.url_with(&[("scope", "read pay")])).await;
    let page = browser.sign_in(&page, "alice").await;
    assert!(page.body.contains("It can move your &lt;money&gt;."), "{}", page.body);
    assert!(!page.body.contains("It can read all of it."), "read is not sensitive: {}", page.body);
}

#[tokio::test]
async fn texts_of_the_operator_are_in_the_language_of_the_page() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let (web, mut browser) = (server.web().await, server.alice().await);
    operator.done(
        &[
            &[
                "client",
                "update",
                "web",
                "--name",
                "Calendar",
                "--name-in",
                "de=Kalender <1>",
                "--name-in",
                "ja=Karenda",
            ][..],
            &["--policy", "https://app.example/policy", "--policy-in", "de=https://app.example/datenschutz"],
        ]
        .concat(),
    );
    operator.done(
        &[
            &["scope", "update", "pay", "--description-in", "de=Mit Ihrem Geld zahlen"][..],
            &[
                "--consequence",
                "It can move your money.",
                "--consequence-in",
                "de-CH=Es kann Ihr Geld ausgeben.",
            ],
        ]
        .concat(),
    );
    let page = browser.open(&web.url_with(&[("scope", "read pay")])).await;
    browser.sign_in(&page, "alice").await;
    let mut shown = async |ui_locales: &str| {
        let url = web.url_with(&[("scope", "read pay"), ("ui_locales", ui_locales)]);
        let page = browser.open(&url).await;
        assert!(page.is_consent(), "{page:?}");
        page.body
    };
    for (ui_locales, expected) in [
        // The most exact one of the language, and the default where the language is missing.
        (
            "de-AT",
            [
                "<bdi lang=\"de\">Kalender &lt;1&gt;</bdi>",
                "https:&#x2f;&#x2f;app.example&#x2f;datenschutz",
                "<bdi lang=\"de\">Mit Ihrem Geld zahlen</bdi>",
                "<bdi lang=\"de-CH\">Es kann Ihr Geld ausgeben.</bdi>",
                "<bdi>Read your things</bdi>",
            ],
        ),
        // The page is in English, although the person reads German as well.
        (
            "en-GB de",
            [
                "<bdi>Calendar</bdi>",
                "https:&#x2f;&#x2f;app.example&#x2f;policy",
                "<bdi>Pay with your money</bdi>",
                "<bdi>It can move your money.</bdi>",
                "<bdi>Read your things</bdi>",
            ],
        ),
    ] {
        let body = shown(ui_locales).await;
        for text in expected {
            assert!(body.contains(text), "{ui_locales}: {text}: {body}");
        }
    }
    assert!(shown("ja").await.contains("<bdi lang=\"ja\">Karenda</bdi>"));
    // A changed name is seen at once, and another page has it too.
    operator.done(&["client", "update", "web", "--name-in", "de=Der Kalender"]);
    let sign_in = server.browser().open(&web.url_with(&[("ui_locales", "de")])).await;
    assert!(sign_in.body.contains("<bdi lang=\"de\">Der Kalender</bdi>"), "{}", sign_in.body);
}
