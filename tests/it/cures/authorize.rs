//! Refused authorization requests and sign-outs.

use grantor::oauth::client::{ClientKind, Demand, GrantType, SubjectType};
use grantor::oauth::request::redirect_uri::RegisteredUri;

use super::{cured, reason};
use crate::authorization_details::{payment, payment_type, store};
use crate::support::relying_party::{REDIRECT_URI, Registration};
use crate::support::{Application, Operator, TestServer};

/// Lets the printed command cure a request without a person, which then gets a page or another answer without an error.
async fn passes(server: &TestServer, app: &Application, changes: &[(&str, &str)], expected: &str) -> String {
    let mut browser = server.browser();
    let url = app.url_with(changes);
    let cured = cured(server, expected, async || browser.get(&url).await).await;
    assert_eq!(reason(&cured.answer), "", "{}: {:?}", cured.command, cured.answer);
    cured.command
}

#[tokio::test]
async fn an_address_is_registered_by_the_command_whatever_characters_are_in_it() {
    let server = TestServer::start().await;
    let web = server.web().await;
    for (uri, expected) in [
        ("https://app.example/callback/", "redirect_uri.path_mismatch"),
        ("https://app.example/it's/$(id)?a=1&b=;c", "redirect_uri.path_mismatch"),
        ("https://app.example/%22", "redirect_uri.path_mismatch"),
        ("https://app.example:8443/callback", "redirect_uri.port_mismatch"),
        ("https://other.example/callback", "redirect_uri.host_mismatch"),
        ("http://localhost:3000/", "redirect_uri.host_mismatch"),
        ("https://localhost:3000/", "redirect_uri.scheme_mismatch"),
    ] {
        passes(&server, &web, &[("redirect_uri", uri)], expected).await;
    }
    let native = server.register(Registration::native("phone").redirect_uri("com.example.phone:/cb")).await;
    let own = [("redirect_uri", "com.example.phone:/it's")];
    passes(&server, &native, &own, "redirect_uri.path_mismatch").await;
}

#[tokio::test]
async fn a_client_without_addresses_gets_one_and_then_the_grant() {
    let server = TestServer::start().await;
    let mut registration = Registration::web("web").grants(&[GrantType::ClientCredentials]);
    registration.client.redirect_uris.clear();
    let web = server.register(registration).await;
    let (mut browser, url) = (server.browser(), web.url_with(&[("redirect_uri", REDIRECT_URI)]));
    let first = cured(&server, "redirect_uri.none_registered", async || browser.get(&url).await).await;
    assert_eq!(reason(&first.answer), "client.grant_not_allowed");
    passes(&server, &web, &[("redirect_uri", REDIRECT_URI)], "client.grant_not_allowed").await;
}

#[tokio::test]
async fn an_address_of_a_client_with_a_sector_comes_with_the_word_that_the_list_must_have_it() {
    let server = TestServer::start().await;
    let mut registration = Registration::web("web");
    registration.client.subject_type = SubjectType::Pairwise;
    registration.client.sector_identifier_uri = Some("https://app.example/sector.json".into());
    let web = server.register(registration).await;
    let other = [("redirect_uri", "https://other.example/cb")];
    let refused = server.browser().get(&web.url_with(&other)).await;
    let explained = super::explained(&server, &refused).await;
    assert!(explained["caution"].as_str().unwrap().contains("sector_identifier_uri"), "{explained}");
}

#[tokio::test]
async fn scopes_are_created_and_allowed() {
    let server = TestServer::start().await;
    let web = server.register(Registration::web("web").scopes("read")).await;
    let command = passes(&server, &web, &[("scope", "read write pay")], "scope.forbidden").await;
    assert_eq!(command, "grantor client update web --add-scope 'pay write'");
    for name in ["report", "it's&$(id)*"] {
        let (mut browser, url) = (server.browser(), web.url_with(&[("scope", name)]));
        let created = cured(&server, "scope.unknown", async || browser.get(&url).await).await;
        assert_eq!(reason(&created.answer), "scope.forbidden", "{}", created.command);
        passes(&server, &web, &[("scope", name)], "scope.forbidden").await;
    }
}

#[tokio::test]
async fn response_types_are_added_to_those_before() {
    let server = TestServer::start().await;
    let web = server.register(Registration::web("web").scopes("openid read")).await;
    let asked = |response_type| {
        [("response_type", response_type), ("nonce", "a-nonce-of-the-request"), ("scope", "openid")]
    };
    passes(&server, &web, &asked("code id_token"), "response_type.not_allowed").await;
    passes(&server, &web, &asked("id_token"), "response_type.not_allowed").await;
    let (mut browser, first) = (server.browser(), web.url_with(&asked("code id_token")));
    assert_eq!(reason(&browser.get(&first).await), "", "the first one stays");
}

#[tokio::test]
async fn a_confidential_client_that_does_not_know_pkce_may_do_without() {
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let server = TestServer::start().await;
    let web = server.register(Registration::web("web").pkce(Demand::Require)).await;
    passes(&server, &web, &without, "pkce.challenge_missing").await;
}

#[tokio::test]
async fn resources_and_types_of_authorization_details_are_added() {
    let server = TestServer::start().await;
    let mut registration = Registration::web("web");
    registration.client.resources =
        vec!["https://api.example/own".into(), "https://example.com/payments".into()];
    registration.client.authorization_details_types = vec!["its_own".into()];
    let web = server.register(registration).await;
    let uri = "https://api.example/it's/$(id)?a&b";
    let (mut browser, url) = (server.browser(), web.url_with(&[("resource", uri)]));
    server.resource("https://api.example/own", "read").await;
    server.resource("https://example.com/payments", "").await;
    let created = cured(&server, "resource.unknown", async || browser.get(&url).await).await;
    assert_eq!(reason(&created.answer), "resource.not_allowed", "{}", created.command);
    passes(&server, &web, &[("resource", uri)], "resource.not_allowed").await;

    store(&server, payment_type()).await;
    let mut payment = payment();
    payment.as_object_mut().unwrap().remove("locations");
    let details = format!("[{payment}]");
    let details = [("authorization_details", details.as_str())];
    passes(&server, &web, &details, "authorization_details.type_not_allowed").await;
}

#[tokio::test]
async fn a_client_is_enabled_again() {
    let server = TestServer::start().await;
    let web = server.web().await;
    Operator::of(&server).done(&["client", "update", "web", "--disable"]);
    server.clock.advance(std::time::Duration::from_secs(2));
    passes(&server, &web, &[], "client.disabled").await;
}

#[tokio::test]
async fn a_person_gets_every_group_that_is_missing() {
    let server = TestServer::start().await;
    let mut registration = Registration::web("web");
    registration.client.required_group = Some("it's staff".into());
    let (web, mut alice) = (server.register(registration).await, server.alice().await);
    Operator::of(&server).done(&["scope", "update", "read", "--require-group", "readers"]);
    server.clock.advance(std::time::Duration::from_secs(2));
    let url = web.url_with(&[]);
    let cured = cured(&server, "user.group_missing", async || alice.authorize(&url).await).await;
    let expected = r"grantor user update alice --add-group 'it'\''s staff' --add-group readers";
    assert_eq!((cured.command.as_str(), reason(&cured.answer).as_str()), (expected, ""));
    assert_ne!(cured.answer.get("code"), "");
}

#[tokio::test]
async fn an_address_after_a_sign_out_is_registered() {
    let server = TestServer::start().await;
    let mut registration = Registration::web("web").scopes("openid read");
    registration.client.post_logout_redirect_uris =
        vec![RegisteredUri::register("https://app.example/bye", ClientKind::Web).unwrap()];
    server.register(registration).await;
    let mut browser = server.browser();
    let address = "/logout?client_id=web&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fit's%3Fx%26y";
    let cured = cured(&server, "logout.redirect_uri", async || browser.get(address).await).await;
    assert_eq!(reason(&cured.answer), "", "{}: {:?}", cured.command, cured.answer);
}
