//! Authorization responses as signed tokens (JWT Secured Authorization Response Mode for OAuth 2.0, JARM).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantor::oauth::client::Client;
use grantor::oauth::grant::scope::Scope;
use grantor::oauth::request::response_type::ResponseType;
use grantor::oauth::signing_key::SigningAlgorithm;
use serde_json::{Value, json};

use crate::support::chromium::Chromium;
use crate::support::jwt::{is_signed, parts};
use crate::support::relying_party::Registration;
use crate::support::site::{Site, arrival};
use crate::support::{Answer, Application, TestServer};

const JWT: (&str, &str) = ("response_mode", "jwt");

async fn register(server: &TestServer, id: &str, change: impl FnOnce(&mut Client)) -> Application {
    let mut registration = Registration::web(id);
    change(&mut registration.client);
    server.register(registration).await
}

/// The claims of a response that is a token and nothing else, and that a key of the server signed.
async fn response(server: &TestServer, app: &Application, answer: &Answer) -> Value {
    let token = match answer.location() {
        Some(location) => {
            let rest = location.strip_prefix(&app.redirect_uri).expect("the redirect URI");
            let (name, token) = rest[1..].split_once('=').expect("one parameter");
            assert_eq!(name, "response", "{location}");
            token.to_owned()
        }
        None => {
            assert_eq!(answer.form_action(), app.redirect_uri);
            let fields = answer.hidden_fields();
            let [(name, token)] = fields.as_slice() else { panic!("one field: {fields:?}") };
            assert_eq!(name, "response");
            token.clone()
        }
    };
    assert!(is_signed(server, &token).await, "{token}");
    let [header, claims] = parts(&token);
    assert_eq!(header["typ"], "JWT");
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(server.url), &json!(app.id)), "{claims}");
    let lifetime = claims["exp"].as_i64().unwrap() - server.app.now().as_unix();
    assert!((1..=600).contains(&lifetime), "{lifetime}");
    claims
}

#[track_caller]
fn assert_error(server: &TestServer, claims: &Value, error: &str, reason: &str) {
    assert_eq!((claims["error"].as_str(), claims["code"].as_str()), (Some(error), None), "{claims}");
    assert_eq!(claims["error_uri"], format!("{}/errors/{reason}", server.url), "{claims}");
    assert!(claims["error_description"].is_string(), "{claims}");
}

#[tokio::test]
async fn a_code_comes_in_a_signed_token_in_the_place_that_the_request_names() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    for (mode, separator) in
        [("jwt", Some("?")), ("query.jwt", Some("?")), ("fragment.jwt", Some("#")), ("form_post.jwt", None)]
    {
        let answer = alice.authorize(&web.url_with(&[("response_mode", mode)])).await;
        let place = answer.location().map(|location| location[web.redirect_uri.len()..][..1].to_owned());
        assert_eq!(place.as_deref(), separator, "{mode}");
        let claims = response(&server, &web, &answer).await;
        let names: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["aud", "code", "exp", "iss", "state"], "{mode}");
        assert_eq!(claims["state"], "the state");
        let tokens = web.redeem_by_hand(claims["code"].as_str().unwrap()).await;
        assert_eq!(tokens.status, 200, "{mode} {tokens:?}");
    }
}

#[tokio::test]
async fn every_error_that_is_redirected_is_signed_too() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    for (change, error, reason) in [
        (("scope", "nonsense"), "invalid_scope", "scope.unknown"),
        (("prompt", "none"), "login_required", "sign_in.required"),
        (("prompt", "none login"), "invalid_request", "prompt.none_combined"),
        (("code_challenge", ""), "invalid_request", "pkce.challenge_missing"),
        (("response_type", "token"), "unsupported_response_type", "response_type.unsupported"),
        (("request_uri", "https://app.example/r"), "request_uri_not_supported", "request_uri.unsupported"),
        (("request", "nonsense"), "invalid_request_object", "request_object.malformed"),
    ] {
        let answer = server.browser().get(&web.url_with(&[JWT, change])).await;
        let claims = response(&server, &web, &answer).await;
        assert_error(&server, &claims, error, reason);
        assert_eq!(claims["state"], "the state");
    }
    // A mode that ends with jwt and does not exist shows that the application reads tokens.
    let answer = server.get(&web.url_with(&[("response_mode", "web_message.jwt")])).await;
    let claims = response(&server, &web, &answer).await;
    assert_error(&server, &claims, "invalid_request", "response_mode.unsupported");

    // The person refuses, and another one takes too long.
    let page = alice.open(&web.url_with(&[JWT])).await;
    let page = alice.sign_in(&page, "alice").await;
    let refused = alice.submit(&page, &[("deny", "1")]).await;
    assert_error(&server, &response(&server, &web, &refused).await, "access_denied", "consent.denied");
    let mut late = server.browser();
    let page = late.open(&web.url_with(&[JWT])).await;
    server.clock.advance(Duration::from_secs(3601));
    let expired = late.sign_in(&page, "alice").await;
    assert_error(&server, &response(&server, &web, &expired).await, "access_denied", "flow.expired");

    // To an unregistered redirect URI nothing is sent, in any mode.
    let elsewhere = [JWT, ("redirect_uri", "https://evil.example/")];
    server.get(&web.url_with(&elsewhere)).await.assert_page(400, "redirect_uri.host_mismatch");
}

#[tokio::test]
async fn tokens_come_in_the_fragment_and_in_a_query_only_if_they_are_encrypted() {
    let server = TestServer::start().await;
    let change = |client: &mut Client| {
        client.response_types = vec![ResponseType::CodeIdTokenToken];
        client.scopes = Scope::from_stored("openid");
    };
    let app = register(&server, "app", change).await;
    let mut alice = server.alice().await;
    let hybrid = [("response_type", "code id_token token"), ("scope", "openid"), ("nonce", "n")];
    let url = |mode| app.url_with(&[&hybrid[..], &[("response_mode", mode)]].concat());
    let answer = alice.authorize(&url("jwt")).await;
    assert!(answer.location().unwrap().contains("#response="), "{answer:?}");
    let claims = response(&server, &app, &answer).await;
    for text in ["access_token", "id_token", "code", "expires_in", "token_type", "scope"] {
        assert!(claims[text].is_string(), "{text}: {claims}");
    }
    let refused = server.get(&url("query.jwt")).await;
    assert!(refused.location().unwrap().contains("#response="), "{refused:?}");
    let claims = response(&server, &app, &refused).await;
    assert_error(&server, &claims, "invalid_request", "response_mode.query");
}

#[tokio::test]
async fn the_registered_algorithm_signs() {
    let server = TestServer::start_with(&[("keys.algorithms", "RS256 PS256 ES256 EdDSA")]).await;
    let mut alice = server.alice().await;
    for algorithm in [None, Some(SigningAlgorithm::Ps256), Some(SigningAlgorithm::EdDsa)] {
        let id = algorithm.map_or("usual", SigningAlgorithm::as_str);
        let app = register(&server, id, |client| client.messages.response_alg = algorithm).await;
        let answer = alice.authorize(&app.url_with(&[JWT])).await;
        response(&server, &app, &answer).await;
        let [header, _] = parts(&answer.get("response"));
        assert_eq!(header["alg"], algorithm.unwrap_or(SigningAlgorithm::Rs256).as_str());
    }
}

#[tokio::test]
async fn a_response_without_a_key_of_the_algorithm_is_a_page_and_uses_nothing_up() {
    let server = TestServer::start().await;
    let change = |client: &mut Client| client.messages.response_alg = Some(SigningAlgorithm::Ps256);
    let (app, mut alice) = (register(&server, "app", change).await, server.alice().await);
    let page = alice.open(&app.url_with(&[JWT])).await;
    let page = alice.sign_in(&page, "alice").await;
    alice.allow(&page).await.assert_page(500, "server.failed");
    assert_eq!(server.number("SELECT COUNT(*) FROM codes").await, 0);
}

#[tokio::test]
async fn a_pushed_request_and_a_posted_one_can_ask_for_a_signed_response() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&web.request_with(&[JWT])).unwrap();
    let form: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let pushed = web.post("/par", &form).await;
    let uri = pushed.get("request_uri");
    let query = serde_urlencoded::to_string([("client_id", web.id.as_str()), ("request_uri", &uri)]).unwrap();
    let answer = alice.authorize(&format!("{}/authorize?{query}", server.url)).await;
    assert!(response(&server, &web, &answer).await["code"].is_string());
    let begun = alice.post("/authorize", &form).await;
    let answer = alice.follow(begun).await;
    assert!(response(&server, &web, &answer).await["code"].is_string());
}

#[tokio::test]
async fn a_browser_posts_the_signed_response_by_itself() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    server.user("alice").await;
    let landed = arrival("here");
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = requests.clone();
    let site = Site::start(move |path| {
        seen.lock().unwrap().push(path.to_owned());
        landed.clone()
    });
    let uri = format!("http://localhost:{}/callback", site.port);
    let web = server.register(Registration::web("web").redirect_uri(&uri)).await;
    chromium.open(&web.url_with(&[("response_mode", "form_post.jwt")])).await;
    chromium.sign_in_and_allow("alice").await;
    let requests = requests.lock().unwrap().clone();
    let posted = requests.iter().find_map(|path| path.strip_prefix("/callback response="));
    let token = posted.unwrap_or_else(|| panic!("one parameter: {requests:?}"));
    assert!(is_signed(&server, token).await, "{token}");
    let [_, claims] = parts(token);
    assert!(claims["code"].as_str().is_some_and(|code| code.starts_with("gac_")), "{claims}");
}
