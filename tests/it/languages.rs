//! The language of pages: what the application asks for, what the person has chosen here, what the browser wants.

use std::time::Duration;

use grantor::clock::Clock;
use reqwest::Method;

use crate::support::browser::Answer;
use crate::support::relying_party::Registration;
use crate::support::{Browser, Operator, TestServer};

const TAGS: [&str; 8] = ["en", "de", "es", "fr", "it", "pt-BR", "ar", "ja"];

/// Opens a page in a browser that wants these languages.
async fn open(browser: &mut Browser, path: &str, wanted: &str) -> Answer {
    let headers = [("accept-language", wanted), ("accept", "text/html")];
    let mut answer = browser.request(Method::GET, path, &headers, "").await;
    for _ in 0..3 {
        let Some(location) = answer.location() else { break };
        answer = browser.request(Method::GET, &location, &headers, "").await;
    }
    answer
}

/// Asserts that everything says that a page is in this language.
#[track_caller]
fn assert_language(page: &Answer, tag: &str) {
    let dir = if tag == "ar" { "rtl" } else { "ltr" };
    assert!(page.body.contains(&format!("<html lang=\"{tag}\" dir=\"{dir}\">")), "{tag}: {page:?}");
    assert_eq!(page.header("content-language"), tag, "{page:?}");
}

/// Chooses a language at the foot of a page, as the form there does.
async fn choose(browser: &mut Browser, url: &str, language: &str, return_to: &str) -> Answer {
    send(browser, &[("origin", url), ("sec-fetch-site", "same-origin")], language, return_to).await
}

async fn send(browser: &mut Browser, headers: &[(&str, &str)], language: &str, return_to: &str) -> Answer {
    let form = serde_urlencoded::to_string([("language", language), ("return_to", return_to)]).unwrap();
    let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
    all.extend_from_slice(headers);
    browser.request(Method::POST, "/language", &all, &form).await
}

/// The path that the form for the language leads back to.
fn here(page: &Answer) -> String {
    page.attribute("name=\"return_to\" value=\"")
}

#[tokio::test]
async fn a_page_is_in_the_first_language_of_the_browser_that_exists_or_in_english() {
    let server = TestServer::start().await;
    for (wanted, tag) in [
        ("de", "de"),
        ("de-AT, fr;q=0.5", "de"),
        ("fr;q=0.1, es;q=0.9", "es"),
        ("pt", "pt-BR"),
        ("AR-eg", "ar"),
        ("tlh, nl;q=0.9, ja;q=0.1", "ja"),
        ("it;q=0, fr", "fr"),
        ("zh-TW", "en"),
        ("*", "en"),
        ("", "en"),
        ("?, ;;q=, de_DE, es;q=x", "en"),
    ] {
        let page = open(&mut server.browser(), "/", wanted).await;
        assert_eq!(page.status, 200);
        assert_language(&page, tag);
    }
    // Of several headers together as many tags count as of one.
    for (unknown, tag) in [(15, "de"), (16, "en")] {
        let many = vec!["tlh"; unknown].join(",");
        let headers = [("accept-language", many.as_str()), ("accept-language", "de")];
        let page = server.browser().request(Method::GET, "/", &headers, "").await;
        assert_language(&page, tag);
    }
    let page = open(&mut server.browser(), "/", "de").await;
    assert!(page.body.contains("Hier melden Sie sich bei Ihren Anwendungen an"), "{page:?}");
}

#[tokio::test]
async fn every_page_that_needs_no_request_exists_in_every_language() {
    let server = TestServer::start_with(&[("sign_up.enabled", "true")]).await;
    let web = server.web().await;
    let (sign_in, sign_up) = (web.url_with(&[]), web.url_with(&[("prompt", "create")]));
    let mut bodies = Vec::new();
    for tag in TAGS {
        for (path, status) in [
            ("/", 200),
            ("/device", 200),
            ("/logout", 200),
            ("/nowhere", 404),
            (&*sign_in, 200),
            (&*sign_up, 200),
        ] {
            let page = open(&mut server.browser(), path, tag).await;
            assert_eq!(page.status, status, "{tag} {path}: {page:?}");
            assert_language(&page, tag);
            let title = page.body.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
            bodies.push((path.to_owned(), title.unwrap().to_owned()));
        }
    }
    let all = bodies.len();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), all, "no language has the title of another: {bodies:#?}");
}

#[tokio::test]
async fn an_application_asks_for_languages_with_ui_locales_and_every_page_of_the_flow_follows() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let page = open(&mut browser, &web.url_with(&[("ui_locales", "xx tlh-x fr-CA de")]), "es").await;
    assert_language(&page, "fr");
    assert!(page.is_sign_in());
    let consent = browser.sign_in(&page, "alice").await;
    assert!(consent.is_consent());
    assert_language(&consent, "fr");
    // What does not exist here asks for nothing.
    for unknown in ["xx", "", "de_DE", "nl zh"] {
        let url = web.url_with(&[("ui_locales", unknown), ("prompt", "login")]);
        assert_language(&open(&mut browser, &url, "es").await, "es");
    }
    assert_language(&open(&mut server.browser(), "/logout?ui_locales=ja", "es").await, "ja");
}

#[tokio::test]
async fn a_choice_after_the_flow_began_beats_ui_locales_and_an_older_one_does_not() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut browser = server.alice().await;
    let url = web.url_with(&[("ui_locales", "fr")]);
    let page = open(&mut browser, &url, "es").await;
    assert_language(&page, "fr");

    // In the same second, on the page of the flow: the person is the last to say what they want.
    let back = choose(&mut browser, &server.url, "de", &here(&page)).await;
    assert_eq!(back.status, 303);
    assert_eq!(back.location(), Some(format!("{}{}", server.url, here(&page))));
    let page = open(&mut browser, &here(&page), "es").await;
    assert_language(&page, "de");
    let consent = browser.sign_in(&page, "alice").await;
    assert_language(&consent, "de");

    // A second later a flow begins: its application asks after the person has chosen.
    server.clock.advance(Duration::from_secs(1));
    let url = web.url_with(&[("ui_locales", "fr"), ("prompt", "login")]);
    let page = open(&mut browser, &url, "es").await;
    assert_language(&page, "fr");
    let page = open(&mut browser, &here(&page), "es").await;
    assert_language(&page, "fr");
    // Where no application asks, the choice counts before the browser's languages.
    let plain = open(&mut browser, &web.url_with(&[("prompt", "login")]), "es").await;
    assert_language(&plain, "de");
    assert_language(&open(&mut browser, "/", "es").await, "de");
    // The same choice once more is a new one.
    choose(&mut browser, &server.url, "de", "/").await;
    assert_language(&open(&mut browser, &here(&page), "es").await, "de");
}

#[tokio::test]
async fn a_choice_is_a_cookie_that_scripts_cannot_read() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let now = Clock::Manual(server.clock.clone()).now().as_unix();
    let answer = choose(&mut browser, &server.url, "pt-br", "/").await;
    assert_eq!(
        answer.header("set-cookie"),
        format!("grantor-language=pt-BR.{now}; HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000")
    );
    assert_language(&open(&mut browser, "/", "de").await, "pt-BR");
    // Values that are not ours count as no choice.
    for value in ["de", "de.", "de.x", "nl.1", ".1", "de.99999999999999999999", "de-AT.1"] {
        browser.cookies.insert("grantor-language".into(), value.into());
        assert_language(&open(&mut browser, "/", "es").await, "es");
    }
}

#[tokio::test]
async fn over_https_the_choice_is_bound_to_the_host() {
    let server = TestServer::start_with(&[("public_url", "https://id.example")]).await;
    let answer = choose(&mut server.browser(), "https://id.example", "de", "/device").await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-grantor-language=de."), "{cookie}");
    assert!(cookie.contains("; Secure"), "{cookie}");
    assert_eq!(answer.location().as_deref(), Some("https://id.example/device"));
}

#[tokio::test]
async fn a_form_from_elsewhere_or_for_no_language_chooses_nothing() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("origin", &server.url), ("sec-fetch-site", "same-site")],
    ] {
        let answer = send(&mut browser, headers, "de", "/device").await;
        assert_eq!(answer.status, 303);
        assert_eq!(answer.location(), Some(format!("{}/", server.url)), "{headers:?}");
        assert!(browser.cookies.is_empty(), "{headers:?}: {:?}", browser.cookies);
    }
    for language in ["", "nl", "de-AT", "de.1", "de; Path=/x"] {
        choose(&mut browser, &server.url, language, "/").await;
        assert!(browser.cookies.is_empty(), "{language}: {:?}", browser.cookies);
    }
    choose(&mut browser, &server.url, "de", "/").await;
    assert_eq!(browser.cookies.len(), 1);
}

#[tokio::test]
async fn the_choice_leads_back_to_pages_of_this_server_only() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let home = format!("{}/", server.url);
    for elsewhere in [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "evil.example",
        "@evil.example/",
        ":80@evil.example/",
        "javascript:alert(1)",
        "/a\r\nset-cookie: a=b",
        "/\tevil",
        "/ü",
        "",
    ] {
        let answer = choose(&mut browser, &server.url, "de", elsewhere).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, Some(home.clone())), "{elsewhere}");
    }
    for here in ["/", "/device?user_code=AB-CD", "/a//b", "/@evil.example", "/?return_to=//evil.example"] {
        let answer = choose(&mut browser, &server.url, "de", here).await;
        assert_eq!(answer.location(), Some(format!("{}{here}", server.url)));
    }
}

#[tokio::test]
async fn the_choice_stays_below_the_path_of_the_public_url() {
    let server = TestServer::start_with(&[("public_url", "https://id.example/auth")]).await;
    let mut browser = server.browser();
    let headers = [("origin", "https://id.example"), ("content-type", "application/x-www-form-urlencoded")];
    for (here, leads_to) in [
        ("/auth", "https://id.example/auth"),
        ("/auth/device?a=b", "https://id.example/auth/device?a=b"),
        ("/", "https://id.example/auth/"),
        ("/authority", "https://id.example/auth/"),
        ("/auth/../other", "https://id.example/auth/"),
        ("/auth/%2e%2e/other", "https://id.example/auth/"),
    ] {
        let body = serde_urlencoded::to_string([("language", "de"), ("return_to", here)]).unwrap();
        let answer = browser.request(Method::POST, "/auth/language", &headers, &body).await;
        assert_eq!(answer.location().as_deref(), Some(leads_to), "{here}: {answer:?}");
    }
}

#[tokio::test]
async fn a_posted_request_of_an_application_cannot_be_shown_again() {
    let server = TestServer::start().await;
    let answer = server
        .browser()
        .post_raw("/authorize?client_id=x", "application/x-www-form-urlencoded", b"client_id=nobody".to_vec())
        .await;
    answer.assert_page(400, "client.unknown");
    assert!(!answer.body.contains("/language\""), "{answer:?}");
}

#[tokio::test]
async fn the_metadata_lists_the_languages() {
    let server = TestServer::start().await;
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"] {
        let metadata = server.get(path).await.json();
        assert_eq!(metadata["ui_locales_supported"], serde_json::json!(TAGS), "{path}");
    }
}

#[tokio::test]
async fn an_error_page_speaks_the_persons_language_and_its_details_are_english() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let url = web.url_with(&[("client_id", "nobody")]);
    let page = open(&mut server.browser(), &url, "de").await;
    page.assert_page(400, "client.unknown");
    assert_language(&page, "de");
    assert!(page.body.contains("ist bei diesem Dienst nicht registriert"), "{page:?}");
    let (_, details) = page.body.split_once("<div lang=\"en\" dir=\"ltr\">").unwrap();
    assert!(details.contains("<dt>Error</dt>"), "{details}");
    let english = open(&mut server.browser(), &url, "en").await;
    let (_, same) = english.body.split_once("<div lang=\"en\" dir=\"ltr\">").unwrap();
    let without_id = |text: &str, page: &Answer| {
        let text = text.split("</details>").next().unwrap();
        text.replace(page.header("x-request-id"), "")
    };
    assert_eq!(without_id(details, &page), without_id(same, &english));

    // What programs read is English, whatever the browser wants.
    let refused = url.replace("nobody", "web").replace("scope=read", "scope=unknown");
    let answer = server.browser().request(Method::GET, &refused, &[("accept-language", "de")], "").await;
    answer.assert_redirect_error("invalid_scope", "scope.unknown", &server.url);
    let reference = open(&mut server.browser(), "/errors/client.unknown", "de").await;
    assert_eq!(reference.header("content-language"), "en");
}

#[tokio::test]
async fn a_standard_scope_is_described_in_the_language_of_the_page_until_the_operator_describes_it() {
    let server = TestServer::start().await;
    Operator::of(&server).done(&["scope", "update", "email", "--description", "Write to you"]);
    let web = server.register(Registration::web("web").scopes("openid email profile read")).await;
    let mut browser = server.alice().await;
    let url = web.url_with(&[("scope", "openid email profile read"), ("ui_locales", "de")]);
    let page = browser.open(&url).await;
    let page = browser.sign_in(&page, "alice").await;
    for text in [
        "Wissen, wer Sie sind",
        "Ihren Namen und die übrigen Angaben Ihres Profils sehen",
        "<bdi>Write to you</bdi>",
        "<bdi>Read your things</bdi>",
    ] {
        assert!(page.body.contains(text), "{text}: {page:?}");
    }
    assert!(!page.body.contains("E-Mail-Adresse sehen"), "{page:?}");
}
