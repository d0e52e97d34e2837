//! Pushed authorization requests (RFC 9126).

mod used_up;

use std::time::Duration;

use grantor::oauth::client::Demand;
use reqwest::Method;

use crate::support::cluster::Cluster;
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, TestServer};

const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// The parameters of a request with `changes`, as they are pushed. The client authenticates by itself.
fn parameters(app: &Application, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&app.request_with(changes)).unwrap();
    pairs.into_iter().filter(|(name, _)| name != "client_id").collect()
}

async fn push(app: &Application, changes: &[(&str, &str)]) -> Answer {
    let pairs = parameters(app, changes);
    let form: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    app.post("/par", &form).await
}

/// The `request_uri` of a pushed request.
pub(crate) async fn pushed(app: &Application, changes: &[(&str, &str)]) -> String {
    let answer = push(app, changes).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let json = answer.json();
    assert_eq!(json["expires_in"], 60, "{json}");
    let uri = json["request_uri"].as_str().unwrap();
    assert!(uri.starts_with(PREFIX) && uri.len() >= PREFIX.len() + 43, "{uri}");
    uri.to_owned()
}

/// The address that the browser is sent to.
pub(crate) fn url(app: &Application, uri: &str) -> String {
    let query = serde_urlencoded::to_string([("client_id", app.id.as_str()), ("request_uri", uri)]).unwrap();
    let endpoint = app.url_with(&[]).split_once('?').unwrap().0.to_owned();
    format!("{endpoint}?{query}")
}

/// The code in an answer; empty if the answer leads to no application.
fn code(answer: &Answer) -> String {
    if answer.location().is_some() { answer.get("code") } else { String::new() }
}

/// A request of several kilobytes, which is stored in a row.
const LONG: usize = 4000;

#[tokio::test]
async fn a_pushed_request_becomes_a_code_with_or_without_pages_and_only_once() {
    let server = TestServer::start().await;
    let (web, spa) = (server.web().await, server.spa().await);
    let mut alice = server.alice().await;
    let long = "s".repeat(LONG);
    for app in [&web, &spa] {
        for state in ["the state", &long] {
            let address = url(app, &pushed(app, &[("state", state)]).await);
            // The first time with the pages, then with a session and consent.
            let answer = alice.authorize(&address).await;
            assert_eq!((answer.get("state").as_str(), answer.get("iss")), (state, server.url.clone()));
            let tokens = app.redeem_by_hand(&answer.get("code")).await;
            assert_eq!(tokens.status, 200, "{tokens:?}");
            for _ in 0..2 {
                alice.get(&address).await.assert_page(400, "pushed_request.used");
            }
        }
    }
}

#[tokio::test]
async fn before_the_answer_the_page_can_be_loaded_again_and_parameters_beside_it_count_for_nothing() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut alice = server.alice().await;
    for state in ["short", &"s".repeat(LONG)] {
        let address = url(&web, &pushed(&web, &[("state", state)]).await);
        let beside =
            "&redirect_uri=https://evil.example/&scope=nonsense&state=other&response_type=token&prompt=none";
        let first = alice.open(&format!("{address}{beside}")).await;
        let again = alice.open(&address).await;
        if !first.is_consent() {
            assert!(first.is_sign_in() && again.is_sign_in());
            let page = alice.sign_in(&again, "alice").await;
            assert!(page.is_consent(), "{page:?}");
            let answer = alice.allow(&page).await;
            assert_eq!(answer.get("state"), state);
        }
        // The other tab gets no second answer.
        let other = alice.sign_in(&first, "alice").await;
        assert_eq!(code(&other), "", "{other:?}");
        server.sql("DELETE FROM consents").await;
        server.sql("DELETE FROM sessions").await;
    }
}

#[tokio::test]
async fn a_posted_request_may_be_a_pushed_one() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut alice = server.alice().await;
    let uri = pushed(&web, &[]).await;
    let form = [("client_id", web.id.as_str()), ("request_uri", uri.as_str())];
    let begun = alice.post("/authorize", &form).await;
    let page = alice.follow(begun).await;
    let page = alice.sign_in(&page, "alice").await;
    assert_ne!(alice.allow(&page).await.get("code"), "");
    alice.get(&url(&web, &uri)).await.assert_page(400, "pushed_request.used");
}

#[tokio::test]
async fn a_request_is_refused_at_the_push_as_it_would_be_at_the_authorization_endpoint() {
    let server = TestServer::start().await;
    let (web, spa) = (server.web().await, server.spa().await);
    let before = rows(&server).await;
    for (changes, error, reason) in [
        (&[("response_type", "")][..], "invalid_request", "response_type.missing"),
        (&[("response_type", "token")], "unsupported_response_type", "response_type.unsupported"),
        (&[("scope", "nonsense")], "invalid_scope", "scope.unknown"),
        (&[("scope", "secret")], "forbidden_scope", "scope.forbidden"),
        (&[("code_challenge", "")], "invalid_request", "pkce.challenge_missing"),
        (&[("redirect_uri", "https://evil.example/")], "invalid_request", "redirect_uri.host_mismatch"),
        (&[("redirect_uri", "")], "invalid_request", "redirect_uri.missing"),
        (
            &[("request_uri", "urn:ietf:params:oauth:request_uri:x")],
            "invalid_request",
            "pushed_request.nested",
        ),
        (&[("request_uri", "https://app.example/r")], "invalid_request", "pushed_request.nested"),
        (&[("state", &"s".repeat(8100))], "invalid_request", "parameter.too_long"),
    ] {
        for app in [&web, &spa] {
            push(app, changes).await.assert_json_error(400, error, reason);
        }
    }
    let nameless = server.browser().post("/par", &[("response_type", "code")]).await;
    nameless.assert_json_error(401, "invalid_client", "client.authentication_missing");
    let mut form = parameters(&web, &[]);
    form.push(("client_id".into(), web.id.clone()));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let unproven = server.browser().post("/par", &form).await;
    unproven.assert_json_error(401, "invalid_client", "client.authentication_missing");
    let got = server.browser().request(Method::GET, "/par", &[], "").await;
    got.assert_json_error(405, "invalid_request", "request.method");
    assert_eq!(rows(&server).await, before, "nothing is stored");
}

async fn rows(server: &TestServer) -> i64 {
    server.number("SELECT COUNT(*) FROM flows").await
}

#[tokio::test]
async fn a_request_uri_is_bound_to_its_client_its_server_and_its_minute() {
    let server = TestServer::start_with(&[("oauth.pushed_request_lifetime", "60s")]).await;
    let (web, other) = (server.web().await, server.register(Registration::web("other")).await);
    let long = "s".repeat(LONG);
    for state in ["short", &long] {
        let uri = pushed(&web, &[("state", state)]).await;
        let mut changed = uri.clone();
        let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
        changed.push(last);
        let cut = &uri[..uri.len() - 4];
        for address in [
            url(&other, &uri),
            url(&web, &changed),
            url(&web, cut),
            url(&web, PREFIX),
            url(&web, &format!("{PREFIX}{}", "x".repeat(5000))),
        ] {
            server.get(&address).await.assert_page(400, "pushed_request.unknown");
        }
        let nameless = format!("{}/authorize?request_uri={uri}", server.url);
        server.get(&nameless).await.assert_page(400, "client_id.missing");
        // A flow's own address and a pushed request are no substitute for each other.
        let address = uri.trim_start_matches(PREFIX);
        let page = server.get(&format!("/sign-in?flow={address}")).await;
        assert_eq!(page.status, 400, "{page:?}");
        server.clock.advance(Duration::from_secs(59));
        assert!(server.browser().open(&url(&web, &uri)).await.is_sign_in(), "after 59 seconds");
        server.clock.advance(Duration::from_secs(2));
        let late = server.get(&url(&web, &uri)).await;
        late.assert_redirect_error("invalid_request_uri", "pushed_request.expired", &server.url);
        assert_eq!(late.get("state"), state);
    }
    let uri = pushed(&web, &[]).await;
    for (address, reason) in [
        (url(&web, "https://app.example/request"), "request_uri.unsupported"),
        (url(&web, &uri.to_uppercase()), "request_uri.unsupported"),
        (format!("{}&request_uri={uri}", url(&web, &uri)), "parameter.repeated"),
        (url(&web, &format!("{PREFIX}\0")), "parameter.malformed"),
        (url(&web, ""), "redirect_uri.missing"),
    ] {
        server.get(&address).await.assert_page(400, reason);
    }
}

#[tokio::test]
async fn a_sign_in_may_take_longer_than_the_request_uri() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let mut alice = server.alice().await;
    let page = alice.open(&url(&web, &pushed(&web, &[]).await)).await;
    server.clock.advance(Duration::from_secs(300));
    let page = alice.sign_in(&page, "alice").await;
    assert_ne!(alice.allow(&page).await.get("code"), "");
}

#[tokio::test]
async fn a_client_or_a_server_can_demand_that_requests_are_pushed() {
    let server = TestServer::start_with(&[("oauth.par", "require")]).await;
    let (web, mut free) = (server.web().await, Registration::web("free"));
    free.client.par = Some(Demand::Off);
    let free = server.register(free).await;
    let refused = server.get(&web.url_with(&[])).await;
    refused.assert_redirect_error("invalid_request", "pushed_request.required", &server.url);
    assert!(server.browser().open(&free.url_with(&[])).await.is_sign_in());
    assert!(server.browser().open(&url(&web, &pushed(&web, &[]).await)).await.is_sign_in());
    let metadata = server.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["pushed_authorization_request_endpoint"], format!("{}/par", server.url));
    assert_eq!(metadata["require_pushed_authorization_requests"], true);

    let lenient = TestServer::start().await;
    let (mut strict, mut watched) = (Registration::web("strict"), Registration::web("watched"));
    strict.client.par = Some(Demand::Require);
    watched.client.par = Some(Demand::Report);
    let (strict, watched) = (lenient.register(strict).await, lenient.register(watched).await);
    let refused = lenient.get(&strict.url_with(&[])).await;
    refused.assert_redirect_error("invalid_request", "pushed_request.required", &lenient.url);
    assert!(lenient.browser().open(&watched.url_with(&[])).await.is_sign_in());
    let metadata = lenient.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["require_pushed_authorization_requests"], false);
}

#[tokio::test]
async fn of_64_answers_at_once_on_two_nodes_one_has_a_code() {
    let cluster = Cluster::of(2).await;
    let web = cluster.server.web().await;
    let mut alice = cluster.server.alice().await;
    // With a session and consent, a request is answered at once.
    assert_ne!(alice.authorize(&web.url_with(&[])).await.get("code"), "");
    for state in ["short", &"s".repeat(LONG)] {
        let uri = pushed(&web, &[("state", state)]).await;
        // The balancer spreads them over the nodes.
        let answers = (0..64).map(|_| {
            let (mut browser, address) = (alice.clone_with_cookies(), url(&web, &uri));
            async move { browser.get(&address).await }
        });
        let answers = futures_util::future::join_all(answers).await;
        let codes = answers.iter().filter(|answer| !code(answer).is_empty()).count();
        assert_eq!(codes, 1, "{answers:?}");
        let others = answers.iter().filter(|answer| code(answer).is_empty());
        others.for_each(|answer| answer.assert_page(400, "pushed_request.used"));
    }
}

#[tokio::test]
async fn strangers_make_no_more_rows_with_long_requests_than_their_budget() {
    let server = TestServer::start_with(&[("limits.network_flows", "5"), ("limits.flows", "20")]).await;
    let spa = server.spa().await;
    let long = "s".repeat(LONG);
    let mut last = None;
    for _ in 0..8 {
        last = Some(push(&spa, &[("state", &long)]).await);
    }
    let last = last.unwrap();
    last.assert_json_error(429, "temporarily_unavailable", "flow.too_many");
    assert!(rows(&server).await <= 5);
    // A request of usual length needs no row.
    pushed(&spa, &[]).await;
}

#[tokio::test]
async fn scripts_of_a_registered_origin_can_push() {
    let server = TestServer::start().await;
    let spa = server.spa().await;
    let mut browser = Browser::new(&server.url);
    let body = spa.request_with(&[]);
    let headers = [("origin", "https://app.example"), ("content-type", "application/x-www-form-urlencoded")];
    let answer = browser.request(Method::POST, "/par", &headers, &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), "https://app.example");
}

#[tokio::test]
async fn an_empty_parameter_counts_as_one_that_was_not_sent() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let names = [
        "request",
        "request_uri",
        "response_mode",
        "nonce",
        "claims",
        "authorization_details",
        "prompt",
        "max_age",
        "id_token_hint",
        "login_hint",
        "ui_locales",
        "dpop_jkt",
        "resource",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
    ];
    for name in names {
        let uri = pushed(&web, &[(name, "")]).await;
        assert_ne!(alice.authorize(&url(&web, &uri)).await.get("code"), "", "{name}");
        let answer = alice.authorize(&web.url_with(&[(name, "")])).await;
        assert_ne!(answer.get("code"), "", "{name}");
    }
    pushed(&web, &[("request", ""), ("request_uri", "")]).await;
    // The client has proven its id.
    let mut form = parameters(&web, &[]);
    form.push(("client_id".into(), String::new()));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = web.post("/par", &form).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}
