//! HEAD changes nothing, at any path (RFC 9110 §9.2.1).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use grantor::oauth::client::ClientKind;
use grantor::oauth::request::redirect_uri::RegisteredUri;
use grantor::server::routes::methods;
use reqwest::Method;

use crate::support::database::every_row;
use crate::support::relying_party::Registration;
use crate::support::{Application, Browser, TestServer};

async fn application(server: &TestServer, id: &str) -> Application {
    let mut registration = Registration::web(id).scopes("openid offline_access read");
    registration.client.post_logout_redirect_uris =
        vec![RegisteredUri::register("https://app.example/bye", ClientKind::Web).unwrap()];
    server.register(registration).await
}

/// Queries that make a GET of one page or another do something.
async fn queries(app: &Application, other: &Application, alice: &mut Browser) -> Vec<String> {
    let back = alice.authorize(&app.url_with(&[("scope", "openid")])).await;
    let hint = app.redeem_by_hand(&back.get("code")).await.get("id_token");
    // A request that waits for consent, and one that a sign-in has brought to its end.
    let flow = |page: &str| page.split_once('?').expect("a query").1.to_owned();
    let consent = alice.get(&other.url_with(&[])).await.location().expect("the consent page");
    let page = alice.open(&app.url_with(&[("scope", "openid"), ("prompt", "login")])).await;
    let ready = alice
        .submit_only(&page, &[("username", "alice"), ("password", crate::support::server::PASSWORD)])
        .await;
    vec![
        String::new(),
        app.request_with(&[("scope", "openid")]),
        app.request_with(&[("scope", "openid"), ("prompt", "none")]),
        // Too long for an address, so that it takes a row.
        other.request_with(&[("state", &"x".repeat(3000))]),
        format!("id_token_hint={hint}"),
        format!("id_token_hint={hint}&post_logout_redirect_uri=https://app.example/bye"),
        flow(&consent),
        flow(&ready.location().expect("the end of the flow")),
        "user_code=BCDF-GHJK".to_owned(),
        "access_token=x".to_owned(),
    ]
}

/// Every row, except those that the server writes about requests beside them.
async fn rows(server: &TestServer) -> BTreeMap<&'static str, Vec<String>> {
    let mut all = every_row(&server.database.url).await;
    all.retain(|table, _| !matches!(*table, "events" | "event_chain" | "refusals"));
    // Counts of all requests, which the server writes once a minute.
    all.retain(|table, _| !matches!(*table, "hourly_counts" | "client_activity" | "client_uses"));
    // Where the audit trail is.
    all.entry("server_keys").and_modify(|rows| rows.retain(|row| !row.contains("event_height")));
    all
}

#[tokio::test]
async fn head_changes_nothing_anywhere() {
    let server = TestServer::start().await;
    let (app, other) = (application(&server, "app").await, server.web().await);
    let mut alice = server.alice().await;
    let queries = queries(&app, &other, &mut alice).await;
    let token =
        app.redeem_by_hand(&alice.authorize(&app.url_with(&[("scope", "openid")])).await.get("code")).await;
    let bearer = format!("Bearer {}", token.get("access_token"));
    // The next use of the session is due to be noted.
    server.clock.advance(Duration::from_secs(300));
    server.get("/jwks").await;
    let before = rows(&server).await;
    assert!(before.values().filter(|rows| !rows.is_empty()).count() > 5, "{before:?}");
    let cookies = alice.cookies.clone();

    let paths: BTreeSet<&str> =
        methods().map(|(path, _)| path.split('{').next().unwrap_or_default()).collect();
    assert!(paths.len() > 20, "{paths:?}");
    for path in &paths {
        for query in &queries {
            let url = format!("{path}?{query}");
            let headers = [("authorization", bearer.as_str()), ("accept", "text/html")];
            let answer = alice.request(Method::HEAD, &url, &headers, "").await;
            assert_eq!(answer.body, "", "{url}");
            assert_eq!(answer.headers.get("set-cookie"), None, "{url}: {answer:?}");
            assert!(!answer.status.is_redirection() && !answer.status.is_server_error(), "{url}: {answer:?}");
        }
    }
    // A use of the session would be noted beside the answer; this write comes after it.
    server.sql("UPDATE scopes SET description = description WHERE name = 'read'").await;
    assert_eq!(rows(&server).await, before);
    assert_eq!(alice.cookies, cookies);

    // The same addresses do change something by GET: this is what the comparison would find.
    for (path, query) in [("/authorize", 1), ("/authorize", 3), ("/authorize/resume", 7), ("/logout", 4)] {
        let before = rows(&server).await;
        alice.get(&format!("{path}?{}", queries[query])).await;
        assert_ne!(rows(&server).await, before, "GET {path} with query {query}");
    }
}

#[tokio::test]
async fn head_says_of_safe_answers_what_get_says() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    for path in ["/jwks", "/.well-known/openid-configuration", "/healthz", "/errors", "/errors/code.expired"]
    {
        let (get, head) = (browser.get(path).await, browser.request(Method::HEAD, path, &[], "").await);
        assert_eq!(head.status, get.status, "{path}");
        for header in ["content-type", "cache-control", "content-length"] {
            assert_eq!(head.header(header), get.header(header), "{header} of {path}");
        }
    }
    let refused = browser.request(Method::HEAD, "/userinfo", &[], "").await;
    assert_eq!(refused.status, 401, "{refused:?}");
    for path in ["/authorize", "/logout", "/sign-in"] {
        let head = browser.request(Method::HEAD, path, &[], "").await;
        assert_eq!((head.status.as_u16(), head.header("content-type")), (200, "text/html; charset=utf-8"));
        assert_eq!(head.header("cache-control"), "no-store");
        // The length would have to be that of the answer to GET (RFC 9110 §8.6).
        for header in ["content-length", "transfer-encoding"] {
            assert!(!head.headers.contains_key(header), "{header} of {path}: {head:?}");
        }
    }
}
