//! The authorization endpoint: every refusal, and where it goes (RFC 6749 §4.1.2.1).

use std::time::Duration;

use grantor::oauth::client::{Demand, GrantType};
use reqwest::Method;

use crate::support::relying_party::Registration;
use crate::support::{CHALLENGE, Case, TestServer};

#[tokio::test]
async fn every_fault_after_a_good_client_and_redirect_uri_goes_back_to_the_application() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let long = "x".repeat(8 * 1024 + 1);
    let cases: [Case; 17] = [
        (&[("response_type", "")], "invalid_request", "response_type.missing"),
        (&[("response_type", "token")], "unsupported_response_type", "response_type.unsupported"),
        (&[("response_type", "code id_token")], "unsupported_response_type", "response_type.not_allowed"),
        (&[("response_type", "CODE")], "unsupported_response_type", "response_type.unsupported"),
        (&[("response_mode", "web_message")], "invalid_request", "response_mode.unsupported"),
        (&[("scope", "nonsense")], "invalid_scope", "scope.unknown"),
        (&[("scope", "read\u{a0}write")], "invalid_scope", "scope.malformed"),
        (&[("scope", "read \"")], "invalid_scope", "scope.malformed"),
        (&[("scope", "secret")], "forbidden_scope", "scope.forbidden"),
        (&[("scope", "read secret nonsense")], "invalid_scope", "scope.unknown"),
        (&[("code_challenge", "")], "invalid_request", "pkce.challenge_missing"),
        (&[("code_challenge_method", "plain")], "invalid_request", "pkce.method_unsupported"),
        (&[("code_challenge_method", "")], "invalid_request", "pkce.method_unsupported"),
        (&[("code_challenge", "short")], "invalid_request", "pkce.challenge_malformed"),
        (&[("request", "eyJhbGciOiJub25lIn0.e30.")], "invalid_request_object", "request_object.algorithm"),
        (&[("request_uri", "https://app.example/r")], "request_uri_not_supported", "request_uri.unsupported"),
        (&[("nonce", &long)], "invalid_request", "parameter.too_long"),
    ];
    for (changes, error, reason) in cases {
        let answer = server.get(&web.url_with(changes)).await;
        answer.assert_redirect_error(error, reason, &server.url);
        assert_eq!(answer.get("state"), "the state");
        assert!(answer.location().unwrap().starts_with("https://app.example/callback?error="));
        // The same request in the body of a POST.
        let body = web.request_with(changes);
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let posted = server.browser().request(Method::POST, "/authorize", &form, &body).await;
        assert_eq!(posted.location(), answer.location());
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_refused_and_a_repeated_state_is_not_echoed() {
    let server = TestServer::start().await;
    let web = server.web().await;
    for name in
        ["response_type", "scope", "code_challenge", "code_challenge_method", "response_mode", "nonce"]
    {
        let answer = server.get(&format!("{}&{name}=a&{name}=b", web.url_with(&[]))).await;
        answer.assert_redirect_error("invalid_request", "parameter.repeated", &server.url);
        assert_eq!(answer.get("state"), "the state");
    }
    let answer = server.get(&format!("{}&state=", web.url_with(&[]))).await;
    answer.assert_redirect_error("invalid_request", "parameter.repeated", &server.url);
    assert!(!answer.location().unwrap().contains("state="), "{answer:?}");
}

#[tokio::test]
async fn unknown_parameters_are_ignored_and_empty_ones_are_absent() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let url = format!("{}&unknown=1&unknown=2&flow=x&response_mode=&nonce=&request=", web.url_with(&[]));
    assert_ne!(browser.authorize(&url).await.get("code"), "");
}

#[tokio::test]
async fn an_unknown_or_disabled_client_is_a_page() {
    let server = TestServer::start().await;
    let web = server.web().await;
    server.get(&web.url_with(&[("client_id", "nobody")])).await.assert_page(400, "client.unknown");
    server.get(&web.url_with(&[("client_id", "")])).await.assert_page(400, "client_id.missing");
    let twice = server.get(&format!("{}&client_id=web", web.url_with(&[]))).await;
    twice.assert_page(400, "client_id.repeated");
    let empty_one = server.get(&format!("{}&client_id=", web.url_with(&[]))).await;
    empty_one.assert_page(400, "client_id.repeated");

    assert!(server.browser().open(&web.url_with(&[])).await.is_sign_in());
    server.sql("UPDATE clients SET disabled_at = 1, version = version + 1").await;
    // A good request may be answered from a cached record up to a second old; a refusal always reads the database.
    server.get(&web.url_with(&[("scope", "nonsense")])).await.assert_page(400, "client.disabled");
}

#[tokio::test]
async fn a_client_without_the_grant_is_refused() {
    let server = TestServer::start().await;
    let registration = Registration::web("batch").grants(&[GrantType::ClientCredentials]);
    let batch = server.register(registration).await;
    let answer = server.get(&batch.url_with(&[])).await;
    answer.assert_redirect_error("unauthorized_client", "client.grant_not_allowed", &server.url);
}

#[tokio::test]
async fn without_a_scope_a_client_gets_its_scopes_that_are_not_sensitive() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let code = browser.authorize(&web.url_with(&[("scope", "")])).await.get("code");
    assert_eq!(web.redeem_by_hand(&code).await.get("scope"), "read write");

    let only_sensitive = server.register(Registration::web("bank").scopes("pay")).await;
    let answer = server.get(&only_sensitive.url_with(&[("scope", "")])).await;
    answer.assert_redirect_error("invalid_scope", "scope.none", &server.url);
    let named = browser.authorize(&only_sensitive.url_with(&[("scope", "pay")])).await;
    assert_ne!(named.get("code"), "");
}

#[tokio::test]
async fn pkce_may_be_optional_for_confidential_clients_but_never_for_public_ones() {
    let none: [(&str, &str); 2] = [("code_challenge", ""), ("code_challenge_method", "")];
    let server = TestServer::start_with(&[("oauth.pkce", "off")]).await;
    let (web, spa) = (server.web().await, server.spa().await);
    let strict = server.register(Registration::web("strict").pkce(Demand::Require)).await;
    assert!(server.browser().open(&web.url_with(&none)).await.is_sign_in());
    for client in [&spa, &strict] {
        let answer = server.get(&client.url_with(&none)).await;
        answer.assert_redirect_error("invalid_request", "pkce.challenge_missing", &server.url);
    }
    // `code_challenge_method` without `code_challenge` is always an error.
    let answer = server.get(&web.url_with(&[("code_challenge", "")])).await;
    answer.assert_redirect_error("invalid_request", "pkce.challenge_missing", &server.url);
}

#[tokio::test]
async fn a_signed_in_person_who_has_consented_goes_straight_back() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    web.code(&mut browser).await;
    let answer = browser.get(&web.url_with(&[])).await;
    assert!(answer.location().unwrap().starts_with("https://app.example/callback?code="));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(server.number("SELECT COUNT(*) FROM flows").await, 1, "nothing waits for anybody");
}

#[tokio::test]
async fn a_post_from_another_site_goes_on_with_a_get_that_sees_the_session() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    web.code(&mut browser).await;

    // A browser sends no Lax cookies with a cross-site POST. The cookies of the answer are added to those it has.
    let mut cross_site = browser.stranger();
    let form = [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://app.example")];
    let kept = cross_site.request(Method::POST, "/authorize", &form, &web.request_with(&[])).await;
    assert_eq!(kept.status, 303);
    let location = kept.location().unwrap();
    assert!(location.starts_with(&format!("{}/authorize/resume?flow=", server.url)));

    // Another browser cannot use this address, signed in or not.
    server.get(&location).await.assert_page(400, "flow.other_browser");
    browser.get(&location).await.assert_page(400, "flow.other_browser");

    browser.cookies.append(&mut cross_site.cookies);
    assert_ne!(browser.get(&location).await.get("code"), "");
}

#[tokio::test]
async fn a_waiting_request_keeps_only_the_parameters_that_are_read_and_where_they_came_from() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let (junk, kept) = ("j".repeat(4_000), "k".repeat(2_000));
    let asked = server.get(&web.url_with(&[("junk", &junk), ("state", &kept)])).await;
    assert_eq!(asked.status, 303, "{asked:?}");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = web.request_with(&[("junk", &junk), ("state", &kept)]);
    let posted = server.browser().request(Method::POST, "/authorize", &form, &body).await;
    assert_eq!(posted.status, 303, "{posted:?}");

    assert_eq!(server.number("SELECT COUNT(*) FROM flows WHERE LENGTH(request) < 3000").await, 2);
    for kept in [
        r#"SELECT COUNT(*) FROM flows WHERE request LIKE '%[["query",%["state","kkk%'"#,
        r#"SELECT COUNT(*) FROM flows WHERE request LIKE '%[["form",%["state","kkk%'"#,
    ] {
        assert_eq!(server.number(kept).await, 1, "{kept}");
    }
    // A short request is in the address, without the junk.
    let location = server.get(&web.url_with(&[("junk", &junk)])).await.location().unwrap();
    assert!(location.len() < 1500, "{location}");
}

#[tokio::test]
async fn the_session_is_never_judged_on_a_post() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    web.code(&mut browser).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let kept = browser.request(Method::POST, "/authorize", &form, &web.request_with(&[])).await;
    assert_eq!(kept.status, 303);
    assert!(kept.location().unwrap().contains("/authorize/resume?flow="), "no code yet: {kept:?}");
}

#[tokio::test]
async fn a_finished_flow_leads_back_to_the_application() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    let page = browser.open(&web.url_with(&[])).await;
    server.clock.advance(Duration::from_secs(3600));
    for answer in [browser.get(page.url.as_str()).await, browser.sign_in(&page, "alice").await] {
        answer.assert_redirect_error("access_denied", "flow.expired", &server.url);
        assert_eq!(answer.get("state"), "the state");
    }
}

#[tokio::test]
async fn the_application_learns_that_the_database_is_unavailable() {
    let server = TestServer::start().await;
    let (web, mut browser) = (server.web().await, server.alice().await);
    web.code(&mut browser).await;
    server.sql("ALTER TABLE codes RENAME TO hidden_codes").await;
    let answer = browser.get(&web.url_with(&[])).await;
    answer.assert_redirect_error("server_error", "server.failed", &server.url);
    assert!(!answer.location().unwrap().contains("hidden"), "no detail leaves the server");
    assert_eq!(answer.get("state"), "the state");
}

#[tokio::test]
async fn the_challenge_of_the_example_is_accepted() {
    let server = TestServer::start().await;
    let web = server.web().await;
    let url = web.url_with(&[("code_challenge", CHALLENGE)]);
    assert_eq!(server.get(&url).await.status, 303);
}
