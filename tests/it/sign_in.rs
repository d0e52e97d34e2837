//! The sign-in page and sessions.

use std::time::Duration;

use crate::support::server::PASSWORD;
use crate::support::{Browser, TestServer};

fn session(browser: &Browser) -> Option<&String> {
    browser.cookies.get("grantor-session")
}

#[tokio::test]
async fn a_person_signs_in_by_username_or_address_in_any_spelling() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("Zoë").await;
    for name in [
        "Zoë",
        "zoë",
        "ZOE\u{308}",
        "zoë@example.com",
        " Zoë@Example.COM ",
        "\tZoë\u{200b}",
        "\u{feff}zoë@example.com\u{200e}\r\n",
    ] {
        let mut browser = server.browser();
        let page = browser.open(&web.url_with(&[])).await;
        assert!(browser.sign_in(&page, name).await.is_consent(), "{name}");
    }
}

#[tokio::test]
async fn unknown_wrong_and_disabled_users_get_the_same_answer() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    server.user("mallory").await;
    server.sql("UPDATE users SET disabled_at = 1 WHERE username = 'mallory'").await;
    server.user("nopass").await;
    server.sql("UPDATE users SET password_hash = NULL WHERE username = 'nopass'").await;
    let mut bodies = Vec::new();
    for (name, password) in
        [("alice", "wrong"), ("nobody", PASSWORD), ("mallory", PASSWORD), ("nopass", PASSWORD)]
    {
        let mut browser = server.browser();
        let page = browser.open(&web.url_with(&[])).await;
        let answer = browser.submit(&page, &[("username", name), ("password", password)]).await;
        assert_eq!(answer.status, 422);
        assert_eq!(session(&browser), None);
        let body = answer.body.replace(&answer.form_token(), "").replace(&answer.form_action(), "");
        bodies.push(body.replace(&format!("value=\"{name}\""), "").replace(&flow_in(&answer.body), ""));
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:#?}");
    assert!(bodies[0].contains("The username or the password is wrong."));
}

fn flow_in(body: &str) -> String {
    body.split("flow=").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_session_gets_a_new_id_at_every_sign_in_and_the_old_one_ends() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    browser.cookies.insert("grantor-session".into(), "chosen-by-an-attacker".into());
    let first_page = browser.open(&web.url_with(&[])).await;
    browser.sign_in(&first_page, "alice").await;
    let first = session(&browser).unwrap().clone();
    assert_ne!(first, "chosen-by-an-attacker");
    assert_eq!(first.len(), 43, "256 bits");

    let mut again = browser.clone_with_cookies();
    again.sign_in(&first_page, "alice").await;
    assert_ne!(session(&again), Some(&first));
    assert!(browser.open(&web.url_with(&[])).await.is_sign_in(), "the former session is over");
    assert!(again.open(&web.url_with(&[])).await.is_consent());
}

#[tokio::test]
async fn a_session_ends_after_8_hours_without_use_and_after_7_days_in_any_case() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    web.code(&mut browser).await;
    let url = web.url_with(&[]);
    for _ in 0..23 {
        server.clock.advance(Duration::from_secs(7 * 3600));
        assert_ne!(browser.get(&url).await.get("code"), "", "used every 7 hours");
        until_seen(&server).await;
    }
    server.clock.advance(Duration::from_secs(7 * 3600));
    assert!(browser.open(&url).await.is_sign_in(), "7 days and 0 hours");

    let page = browser.open(&url).await;
    browser.sign_in(&page, "alice").await;
    server.clock.advance(Duration::from_secs(8 * 3600));
    assert!(browser.open(&url).await.is_sign_in(), "8 hours idle");
}

/// The time of the last use is stored outside the request; waits until it is there.
async fn until_seen(server: &TestServer) {
    use grantor::clock::Clock;
    let now = Clock::Manual(server.clock.clone()).now().as_unix();
    while server.number("SELECT MAX(last_seen_at) FROM sessions").await != now {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_form_without_the_servers_token_or_from_another_site_is_refused() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let page = browser.open(&web.url_with(&[])).await;
    let (action, token) = (page.form_action(), page.form_token());
    let fields = [("username", "alice"), ("password", PASSWORD)];
    browser.post(&action, &fields).await.assert_page(400, "form.forged");

    let body = serde_urlencoded::to_string([("form_token", token.as_str()), fields[0], fields[1]]).unwrap();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let headers = [("content-type", "application/x-www-form-urlencoded"), (name, value)];
        let refused = browser.request(reqwest::Method::POST, &action, &headers, &body).await;
        refused.assert_page(400, "form.forged");
    }
    assert_eq!(session(&browser), None);
    let own = server.url.clone();
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", own.as_str())];
    let accepted = browser.request(reqwest::Method::POST, &action, &headers, &body).await;
    assert_eq!(accepted.status, 303);
}

#[tokio::test]
async fn another_browser_cannot_continue_a_flow_at_any_step() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let page = browser.open(&web.url_with(&[])).await;
    let mut thief = browser.stranger();
    thief.get(page.url.as_str()).await.assert_page(400, "flow.other_browser");
    thief
        .submit(&page, &[("username", "alice"), ("password", PASSWORD)])
        .await
        .assert_page(400, "flow.other_browser");

    let consent = browser.sign_in(&page, "alice").await;
    thief.get(consent.url.as_str()).await.assert_page(400, "flow.other_browser");
    thief.submit(&consent, &[("allow", "1")]).await.assert_page(400, "flow.other_browser");
    let resume = page.url.as_str().replace("/sign-in", "/authorize/resume");
    thief.get(&resume).await.assert_page(400, "flow.other_browser");

    // A cookie of the right name with a made-up secret does not help either.
    thief.cookies.insert("grantor-browser".into(), "A".repeat(43));
    thief.get(page.url.as_str()).await.assert_page(400, "flow.other_browser");
}

#[tokio::test]
async fn two_tabs_and_the_back_button_never_dead_end() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let first = browser.open(&web.url_with(&[("state", "first")])).await;
    let second = browser.open(&web.url_with(&[("state", "second")])).await;

    let consent = browser.sign_in(&second, "alice").await;
    let back = browser.allow(&consent).await;
    assert_eq!(back.get("state"), "second");
    assert_ne!(back.get("code"), "");

    // In the other tab the form still works, or else reloading its page does.
    let third = browser.open(&web.url_with(&[("state", "third"), ("prompt", "login")])).await;
    let reloaded = browser.open(first.url.as_str()).await;
    assert_eq!(reloaded.get("state"), "first");
    assert_ne!(reloaded.get("code"), "");
    let back = browser.sign_in(&third, "alice").await;
    assert_eq!(back.get("state"), "third");
    assert_ne!(back.get("code"), "");

    // Going back to the answered consent page leads on from there.
    for again in [browser.submit(&consent, &[("allow", "1")]).await, browser.open(consent.url.as_str()).await]
    {
        again.assert_page(200, "flow.answered");
        assert!(again.body.contains("Back to <bdi>The web application</bdi>"), "{again:?}");
    }
}

#[tokio::test]
async fn a_person_may_cancel() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let page = browser.open(&web.url_with(&[])).await;
    let back = browser.submit(&page, &[("username", ""), ("password", ""), ("cancel", "1")]).await;
    back.assert_redirect_error("access_denied", "sign_in.cancelled", &server.url);
    assert_eq!(back.get("state"), "the state");
}

#[tokio::test]
async fn cookies_are_strict_and_on_https_bound_to_the_host() {
    let server = TestServer::start_with(&[("public_url", "https://id.example.com")]).await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let asked = browser.get(&web.url_with(&[])).await;
    let set_cookie = asked.header("set-cookie");
    assert!(set_cookie.starts_with("__Host-grantor-browser="), "{set_cookie}");
    for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(set_cookie.contains(attribute), "{set_cookie}");
    }
    let location = asked.location().unwrap();
    assert!(location.starts_with("https://id.example.com/sign-in?flow="), "{location}");

    let path = location.trim_start_matches("https://id.example.com");
    let page = browser.get(path).await;
    let fields =
        [("form_token", page.form_token()), ("username", "alice".into()), ("password", PASSWORD.into())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let signed_in = browser.post(path, &fields).await;
    let set_cookie = signed_in.header("set-cookie");
    assert!(set_cookie.starts_with("__Host-grantor-session="), "{set_cookie}");
    assert!(set_cookie.contains("; Secure") && !set_cookie.contains("Domain"), "{set_cookie}");
    assert!(!set_cookie.contains("Max-Age"), "it ends with the browser");
}

#[tokio::test]
async fn on_loopback_without_tls_the_cookies_still_work() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let set_cookie = server.get(&web.url_with(&[])).await.header("set-cookie").to_owned();
    assert!(set_cookie.starts_with("grantor-browser=") && !set_cookie.contains("Secure"), "{set_cookie}");
}

#[tokio::test]
async fn a_missing_or_overlong_password_is_not_hashed() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let page = browser.open(&web.url_with(&[])).await;
    let long = "x".repeat(5_000);
    for password in ["", long.as_str()] {
        let answer = browser.submit(&page, &[("username", "alice"), ("password", password)]).await;
        assert_eq!(answer.status, 422);
    }
}
