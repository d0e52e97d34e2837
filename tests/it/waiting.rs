//! Requests that wait for a person: what is stored for them and when, which browser may continue, and that each gets one
//! answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantor::cache::catalogue::Freshness;
use grantor::oauth::id::ClientId;
use grantor::oauth::request::response_type::ResponseType;
use reqwest::Method;

use crate::support::chromium::Chromium;
use crate::support::relying_party::Registration;
use crate::support::site::{Site, arrival};
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const FORM: &str = "application/x-www-form-urlencoded";
const FLOWS: &str = "SELECT COUNT(*) FROM flows";
const CODES: &str = "SELECT COUNT(*) FROM codes";
const LONGEST: &str = "SELECT CAST(MAX(LENGTH(request)) AS BIGINT) FROM flows";
/// The characters of an id in an address.
const ID: usize = 22;

/// What names the flow in the address of a page.
fn address(url: &str) -> String {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(name, _)| name == "flow").map(|(_, value)| value.into_owned()).unwrap()
}

/// The address after a request with a state of so many letters; `None` if the request is refused as too long.
async fn begun(server: &TestServer, app: &Application, length: usize) -> Option<String> {
    let answer = server.get(&app.url_with(&[("state", &"s".repeat(length))])).await;
    let location = answer.location().unwrap();
    if location.contains("error=") {
        answer.assert_redirect_error("invalid_request", "parameter.too_long", &server.url);
        // A longer state is refused by itself, and not returned.
        assert_eq!(answer.get("state").len(), if length <= 8192 { length } else { 0 });
        return None;
    }
    Some(address(&location))
}

/// The largest length for which `fits`, between `low`, which does, and `high`, which does not.
async fn largest(mut low: usize, mut high: usize, fits: impl AsyncFn(usize) -> bool) -> usize {
    while high - low > 1 {
        let middle = low.midpoint(high);
        if fits(middle).await { low = middle } else { high = middle }
    }
    low
}

/// Reads the client again, so that the cached record, which may be a second old, is gone.
async fn renewed(server: &TestServer) {
    server.app.cache.client(&ClientId::new("web"), Freshness::Now).await.unwrap();
}

#[track_caller]
fn assert_answered(answer: &Answer, heading: &str) {
    assert_eq!((answer.status.as_u16(), answer.location()), (200, None), "{answer:?}");
    answer.assert_page(200, "flow.answered");
    assert!(answer.body.contains(&format!("<h1 id=\"answered\">{heading}</h1>")), "{answer:?}");
}

/// Signs in and consents. Returns the pages on the way, and the answer to the application.
async fn completed(app: &Application, browser: &mut Browser) -> (Answer, Answer, Answer) {
    let sign_in = browser.open(&app.url_with(&[])).await;
    let consent = browser.sign_in(&sign_in, "alice").await;
    let back = browser.allow(&consent).await;
    assert_ne!(back.get("code"), "", "{back:?}");
    (sign_in, consent, back)
}

#[tokio::test]
async fn a_thousand_requests_of_strangers_store_no_row() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let fields = [("content-type", FORM)];
    for number in 0..500 {
        let state = format!("number {number}");
        let mut stranger = server.browser();
        assert!(
            stranger.get(&web.url_with(&[("state", &state)])).await.location().unwrap().contains("flow=")
        );
        let request = web.request_with(&[("state", &state), ("prompt", "none")]);
        let posted = stranger.request(Method::POST, "/authorize", &fields, &request).await;
        let refused = stranger.follow(posted).await;
        refused.assert_redirect_error("login_required", "sign_in.required", &server.url);
    }
    let page = alice.open(&web.url_with(&[])).await;
    let wrong = alice.submit(&page, &[("username", "alice"), ("password", "wrong")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(server.number(FLOWS).await, 0);
    assert!(alice.sign_in(&page, "alice").await.is_consent());
    assert_eq!(server.number(FLOWS).await, 1, "a sign-in is the first act of a person");
}

#[tokio::test]
async fn a_request_is_in_the_address_up_to_2_kilobytes_and_in_a_row_up_to_8() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    let sealed = async |length| begun(&server, &web, length).await.unwrap().len() > ID;
    let most_sealed = largest(500, 4000, sealed).await;
    assert!((2045..=2048).contains(&begun(&server, &web, most_sealed).await.unwrap().len()));
    server.sql("DELETE FROM flows").await;
    assert_eq!(begun(&server, &web, most_sealed + 1).await.unwrap().len(), ID);
    assert_eq!(server.number(FLOWS).await, 1);

    let most = largest(4000, 9000, async |length| begun(&server, &web, length).await.is_some()).await;
    assert!((7500..8000).contains(&most), "{most}");
    assert_eq!(begun(&server, &web, most + 1).await, None);
    server.sql("DELETE FROM flows").await;
    begun(&server, &web, most).await.unwrap();
    let size = server.number(LONGEST).await;
    assert!((8000..=8192).contains(&size), "{size}");

    // Both kinds are completed in the same way.
    for length in [most_sealed, most_sealed + 1, most] {
        let state = "s".repeat(length);
        let mut browser = server.browser();
        let asked = browser.open(&web.url_with(&[("state", &state)])).await;
        let back = browser.sign_in(&asked, "alice").await;
        let back = if back.is_consent() { browser.allow(&back).await } else { back };
        assert_eq!((back.get("state").len(), back.get("code").is_empty()), (length, false));
        assert_answered(&browser.open(asked.url.as_str()).await, "You are signed in");
    }
}

#[tokio::test]
async fn a_fat_request_stores_at_most_8_kilobytes() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.browser());
    for (name, value) in
        [("z", "%01"), ("state", "%01"), ("state", "%22"), ("state", "\\"), ("claims", "%22")]
    {
        let mut body = web.request_with(&[(name, "")]);
        body.push_str(&format!("&{name}="));
        let room = if name == "z" { 65_536 } else { 24_000 };
        while body.len() + value.len() <= room {
            body.push_str(value);
        }
        let answer = browser.post_raw("/authorize", FORM, body.into_bytes()).await;
        let location = answer.location().unwrap();
        assert_eq!(location.contains("flow="), name == "z", "{name} {value}: {location}");
    }
    // Quotes and backslashes take two bytes each in the row.
    for letter in ["\"", "\\", "\u{1f980}"] {
        for count in [1000, 1900, 3000, 3900, 4100] {
            browser.get(&web.url_with(&[("state", &letter.repeat(count))])).await;
        }
    }
    assert!(server.number(FLOWS).await > 0);
    assert!(server.number(LONGEST).await <= 8192);
}

#[tokio::test]
async fn an_address_that_this_server_did_not_make_is_unknown() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let page = browser.open(&web.url_with(&[])).await;
    let good = address(page.url.as_str());
    let other = TestServer::start().await;
    let elsewhere = other.browser().get(&other.web().await.url_with(&[])).await;
    let mut made_up = vec![
        address(&elsewhere.location().unwrap()),
        good[..good.len() - 1].to_owned(),
        good[1..].to_owned(),
        format!("{good}A"),
        good.repeat(2),
        "A".repeat(good.len()),
        "A".repeat(ID),
        "A".repeat(8000),
        ".".to_owned(),
    ];
    for at in (0..good.len()).step_by(97) {
        let letter = if good.as_bytes()[at] == b'A' { "B" } else { "A" };
        made_up.push(format!("{}{letter}{}", &good[..at], &good[at + 1..]));
    }
    for flow in made_up {
        for path in ["sign-in", "consent", "accounts", "authorize/resume"] {
            browser.get(&format!("/{path}?flow={flow}")).await.assert_page(400, "flow.unknown");
        }
    }
    // The id of a flow whose request is in its address leads nowhere without the address.
    assert!(browser.sign_in(&page, "alice").await.is_consent());
    let row = server.store(async |tx| tx.query("SELECT id FROM flows").optional::<(String,)>().await).await;
    browser.get(&format!("/consent?flow={}", row.unwrap().0)).await.assert_page(400, "flow.unknown");
}

#[tokio::test]
async fn ten_tabs_fit_into_the_headers_and_each_is_completed() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let mut tabs = Vec::new();
    for tab in 0..10 {
        // As large as it may be without a row.
        let state = format!("{tab}{}", "s".repeat(900));
        tabs.push(browser.open(&web.url_with(&[("state", &state)])).await);
        assert_eq!(browser.cookies.len(), 1, "one cookie for all tabs: {:?}", browser.cookies);
    }
    assert_eq!(server.number(FLOWS).await, 0);
    for (tab, page) in tabs.iter().enumerate() {
        assert!(page.is_sign_in() && page.url.as_str().len() < 2048 + 100, "{page:?}");
        let next = if tab == 0 {
            browser.sign_in(page, "alice").await
        } else {
            browser.open(page.url.as_str()).await
        };
        let back = if next.is_consent() { browser.allow(&next).await } else { next };
        assert!(back.get("state").starts_with(&tab.to_string()) && !back.get("code").is_empty(), "{back:?}");
        let cookies = browser.cookies.iter().map(|(name, value)| name.len() + value.len() + 3).sum::<usize>();
        assert!(cookies < 600, "{cookies}");
    }
}

#[tokio::test]
async fn a_post_from_another_site_leaves_the_other_tabs_as_they_are() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let first = browser.open(&web.url_with(&[("state", "first")])).await;
    let form = [("content-type", FORM), ("origin", "https://app.example")];
    let mut posted = Vec::new();
    for (state, filler) in [("second", 0), ("third", 4000)] {
        let state = format!("{state}{}", "s".repeat(filler));
        // A browser sends no Lax cookies with a cross-site POST, and keeps those of the answer.
        let mut cross_site = browser.stranger();
        let request = web.request_with(&[("state", &state)]);
        let answer = cross_site.request(Method::POST, "/authorize", &form, &request).await;
        browser.cookies.append(&mut cross_site.cookies);
        posted.push(browser.follow(answer).await);
        assert!(posted.last().unwrap().is_sign_in(), "{posted:?}");
    }
    let consent = browser.sign_in(&first, "alice").await;
    assert_eq!(browser.allow(&consent).await.get("state"), "first");
    for (page, state) in posted.iter().zip(["second", "third"]) {
        let back = browser.sign_in(page, "alice").await;
        assert!(back.get("state").starts_with(state) && !back.get("code").is_empty(), "{back:?}");
    }
    assert_eq!(browser.cookies.len(), 4, "{:?}", browser.cookies);
}

#[tokio::test]
async fn no_copy_of_an_answered_flow_is_answered_again() {
    let server = TestServer::start().await;
    let mut registration = Registration::web("web");
    registration.client.links.site = Some("https://app.example/home".into());
    let web = server.register(registration).await;
    let mut browser = server.alice().await;
    let (sign_in, consent, _) = completed(&web, &mut browser).await;
    let resume = consent.url.as_str().replace("/consent?", "/authorize/resume?");
    let accounts = consent.url.as_str().replace("/consent?", "/accounts?");
    let codes = server.number(CODES).await;
    for _ in 0..2 {
        let answers = [
            browser.open(sign_in.url.as_str()).await,
            browser.open(consent.url.as_str()).await,
            browser.open(&accounts).await,
            browser.open(&resume).await,
            browser.submit(&consent, &[("allow", "1")]).await,
            browser.submit(&consent, &[("deny", "1")]).await,
            browser.sign_in(&sign_in, "alice").await,
            browser.submit(&sign_in, &[("username", ""), ("password", ""), ("cancel", "1")]).await,
        ];
        for answer in answers {
            assert_answered(&answer, "You are signed in");
            assert_eq!(answer.attribute("id=\"onward\" href=\""), "https://app.example/home");
        }
    }
    assert_eq!(server.number(CODES).await, codes);
    browser.stranger().get(&resume).await.assert_page(400, "flow.other_browser");
    browser.sign_out().await;
    assert_answered(&browser.open(&resume).await, "This sign-in is over");
    Operator::of(&server).done(&["client", "update", "web", "--disable"]);
    server.clock.advance(Duration::from_secs(3600 + 24 * 3600 - 1));
    let late = browser.open(&resume).await;
    assert_answered(&late, "This sign-in is over");
    assert!(!late.body.contains("id=\"onward\""), "nobody is sent to a disabled client: {late:?}");
    server.clock.advance(Duration::from_secs(1));
    browser.get(&resume).await.assert_page(400, "flow.unknown");
}

#[tokio::test]
async fn a_refusal_is_an_answer_too() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let page = browser.open(&web.url_with(&[])).await;
    let cancelled = browser.submit(&page, &[("username", ""), ("password", ""), ("cancel", "1")]).await;
    cancelled.assert_redirect_error("access_denied", "sign_in.cancelled", &server.url);
    assert_answered(&browser.sign_in(&page, "alice").await, "This sign-in is over");

    let page = browser.open(&web.url_with(&[])).await;
    let consent = browser.sign_in(&page, "alice").await;
    let denied = browser.submit(&consent, &[("deny", "1")]).await;
    denied.assert_redirect_error("access_denied", "consent.denied", &server.url);
    assert_answered(&browser.submit(&consent, &[("allow", "1")]).await, "You are signed in");
    assert_eq!(server.number("SELECT COUNT(*) FROM consents").await, 0);

    // What the server decides about a signed-in person is the answer as well.
    web.code(&mut browser).await;
    let page = browser.open(&web.url_with(&[("prompt", "login")])).await;
    Operator::of(&server).done(&["client", "update", "web", "--require-group", "staff"]);
    renewed(&server).await;
    let refused = browser.sign_in(&page, "alice").await;
    refused.assert_redirect_error("access_denied", "user.group_missing", &server.url);
    Operator::of(&server).done(&["user", "update", "alice", "--group", "staff"]);
    assert_answered(&browser.open(page.url.as_str()).await, "You are signed in");
}

#[tokio::test]
async fn every_response_type_answers_a_flow_once() {
    let server = TestServer::start().await;
    let mut registration = Registration::web("app").scopes("openid email read");
    registration.client.response_types = ResponseType::ALL.to_vec();
    let (app, mut alice) = (server.register(registration).await, server.alice().await);
    completed(&app, &mut alice).await;
    for response_type in ResponseType::ALL {
        let response_type = response_type.as_str();
        let changes =
            [("response_type", response_type), ("scope", "openid"), ("nonce", "n"), ("prompt", "consent")];
        let consent = alice.open(&app.url_with(&changes)).await;
        let (codes, grants) = (server.number(CODES).await, "SELECT COUNT(*) FROM grants");
        assert!(alice.allow(&consent).await.location().is_some());
        let after = server.number(grants).await;
        assert_answered(&alice.submit(&consent, &[("allow", "1")]).await, "You are signed in");
        assert!(server.number(CODES).await <= codes + 1, "{response_type}");
        assert_eq!(server.number(grants).await, after, "{response_type}");
    }
}

#[tokio::test]
async fn an_expired_flow_leads_back_to_the_application_for_a_day() {
    for filler in [0, 3000] {
        let server = TestServer::start().await;
        let (web, mut browser) = (server.web().await, server.alice().await);
        let url = web.url_with(&[("nonce", "n"), ("state", &format!("s{}", "s".repeat(filler)))]);
        let page = browser.open(&url).await;
        server.clock.advance(Duration::from_secs(3599));
        assert!(browser.open(page.url.as_str()).await.is_sign_in());
        server.clock.advance(Duration::from_secs(1));
        for wait in [0, 24 * 3600 - 1] {
            server.clock.advance(Duration::from_secs(wait));
            let expired = browser.sign_in(&page, "alice").await;
            expired.assert_redirect_error("access_denied", "flow.expired", &server.url);
            assert_eq!(expired.get("state").len(), filler + 1);
        }
        server.clock.advance(Duration::from_secs(1));
        browser.get(page.url.as_str()).await.assert_page(400, "flow.unknown");
        assert_eq!(server.number("SELECT COUNT(*) FROM sessions").await, 0);
    }
}

#[tokio::test]
async fn a_flow_of_a_deleted_or_disabled_client_ends_on_a_page() {
    for (change, reason) in [("disable", "client.disabled"), ("delete", "client.unknown")] {
        let server = TestServer::start().await;
        let (web, mut browser) = (server.web().await, server.alice().await);
        let page = browser.open(&web.url_with(&[])).await;
        let mut other = browser.clone_with_cookies();
        let consent = other.sign_in(&page, "alice").await;
        let command: &[&str] = match change {
            "disable" => &["client", "update", "web", "--disable"],
            _ => &["client", "delete", "web", "--yes"],
        };
        Operator::of(&server).done(command);
        renewed(&server).await;
        browser.sign_in(&page, "alice").await.assert_page(400, reason);
        other.submit(&consent, &[("allow", "1")]).await.assert_page(400, reason);
        other.open(consent.url.as_str()).await.assert_page(400, reason);
    }
}

#[tokio::test]
async fn malformed_secrets_of_a_browser_are_replaced() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.user("alice").await;
    for secret in ["", "short", &"A".repeat(42), &"A".repeat(44), &"!".repeat(43), &"x".repeat(4000)] {
        let mut browser = server.browser();
        browser.cookies.insert("grantor-browser".into(), secret.into());
        let page = browser.open(&web.url_with(&[])).await;
        assert_eq!(browser.cookies["grantor-browser"].len(), 43, "{secret}");
        assert!(browser.sign_in(&page, "alice").await.is_consent(), "{secret}");
    }
}

#[tokio::test]
async fn the_back_button_after_a_sign_in_leads_on_to_the_application() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let site = Site::start(|_| arrival("Here"));
    let home = format!("http://localhost:{}/home", site.port);
    let mut registration =
        Registration::web("web").redirect_uri(&format!("http://localhost:{}/callback", site.port));
    registration.client.links.site = Some(home.as_str().into());
    registration.client.first_party = true;
    let web = server.register(registration).await;
    chromium.open(&web.url_with(&[])).await;
    chromium.sign_in("alice").await;
    chromium.arrive().await;
    let codes = server.number(CODES).await;
    chromium.page.back().await.unwrap();
    chromium.until("answered", |text| text == "You are signed in").await;
    chromium.click("onward").await;
    chromium.arrive().await;
    assert_eq!((chromium.url().await, server.number(CODES).await), (home, codes));

    // The browser may show the consent page as it was. Then its form leads to the same page.
    chromium.open(&web.url_with(&[("prompt", "consent")])).await;
    chromium.click("allow").await;
    chromium.arrive().await;
    chromium.page.back().await.unwrap();
    let shown = "return (document.getElementById('allow') || document.getElementById('answered')).id";
    if chromium.script(shown).await == "allow" {
        chromium.click("allow").await;
    }
    chromium.until("answered", |text| text == "You are signed in").await;
    assert_eq!(server.number(CODES).await, codes + 1);
}

/// The address of the way on; `None` if the page has none.
fn onward(answer: &Answer) -> Option<String> {
    let way = "<a id=\"onward\" href=\"";
    answer.body.contains(way).then(|| answer.attribute(way))
}

#[tokio::test]
async fn the_way_on_is_the_site_of_the_redirect_uri_unless_a_site_is_registered() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let mut with_site = Registration::web("site").redirect_uri("https://app.example:8443/a/callback?x=1");
    with_site.client.links.site = Some("https://home.example/".into());
    for (registration, site) in [
        (with_site, Some("https://home.example/")),
        (
            Registration::web("web").redirect_uri("https://app.example:8443/a/callback?x=1"),
            Some("https://app.example:8443/"),
        ),
        (Registration::spa("spa").redirect_uri("http://localhost:3000/cb"), Some("http://localhost:3000/")),
        (Registration::native("claimed").redirect_uri("https://app.example/cb"), None),
        (Registration::native("loopback").redirect_uri("http://127.0.0.1/cb"), None),
        (Registration::native("private").redirect_uri("com.example.app:/cb"), None),
    ] {
        let app = server.register(registration).await;
        let mut page = alice.open(&app.url_with(&[("prompt", "consent")])).await;
        if page.is_sign_in() {
            page = alice.sign_in(&page, "alice").await;
        }
        assert_ne!(alice.allow(&page).await.get("code"), "", "{page:?}");
        let codes = server.number(CODES).await;
        let again = alice.open(page.url.as_str()).await;
        assert_answered(&again, "You are signed in");
        assert_eq!(onward(&again).as_deref(), site, "{}", app.id);
        assert_eq!(server.number(CODES).await, codes);
    }
    // An address that is no longer registered leads nowhere.
    let web = Application::registered_at(&server.url, "web", None, "https://app.example:8443/a/callback?x=1");
    let page = alice.open(&web.url_with(&[("prompt", "consent")])).await;
    alice.allow(&page).await;
    Operator::of(&server).done(&["client", "update", "web", "--redirect-uri", "https://new.example/cb"]);
    renewed(&server).await;
    assert_eq!(onward(&alice.open(page.url.as_str()).await), None);
}

#[tokio::test]
async fn the_back_button_leads_on_to_the_origin_of_the_application_and_issues_no_second_code() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = seen.clone();
    let site = Site::start(move |request| {
        requests.lock().unwrap().push(request.to_owned());
        arrival("Here")
    });
    let origin = format!("http://localhost:{}", site.port);
    let web = server.register(Registration::web("web").redirect_uri(&format!("{origin}/callback"))).await;
    chromium.open(&web.url_with(&[])).await;
    chromium.sign_in_and_allow("alice").await;
    chromium.page.back().await.unwrap();
    let shown = "return (document.getElementById('allow') || document.getElementById('answered')).id";
    if chromium.script(shown).await == "allow" {
        chromium.click("allow").await;
    }
    chromium.until("answered", |text| text == "You are signed in").await;
    chromium.click("onward").await;
    chromium.arrive().await;
    assert_eq!(chromium.url().await, format!("{origin}/"));
    assert_eq!(server.number(CODES).await, 1);
    let callbacks = seen.lock().unwrap().iter().filter(|request| request.starts_with("/callback")).count();
    assert_eq!(callbacks, 1, "{:?}", seen.lock().unwrap());
}
