//! Response types beside `code`: ID Tokens and access tokens that pass through the browser, for clients registered for
//! them.

use std::str::FromStr as _;
use std::time::Duration;

use futures_util::future::{join, join_all};
use grantor::clock::Timestamp;
use grantor::oauth::grant::EndReason;
use grantor::oauth::id::SessionId;
use grantor::oauth::request::response_type::ResponseType;
use grantor::store::db::Tx;
use grantor::store::sessions;
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreProviderMetadata};
use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, AuthorizationCodeHash, ClientId, IssuerUrl, Nonce,
};
use serde_json::{Value, json};

use crate::support::jwt::claims;
use crate::support::relying_party::{Registration, send};
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const NONCE: (&str, &str) = ("nonce", "n-0S6_WzA2Mj");

/// An application that may use every response type.
async fn app(server: &TestServer) -> Application {
    let mut registration = Registration::web("app").scopes("openid email read");
    registration.client.response_types = ResponseType::ALL[1..].to_vec();
    server.register(registration).await
}

async fn asked(app: &Application, browser: &mut Browser, response_type: &str) -> Answer {
    let changes = [("response_type", response_type), ("scope", "openid email"), NONCE];
    browser.authorize(&app.url_with(&changes)).await
}

/// Verifies an ID Token by the `openidconnect` crate: signature, issuer, audience, times, nonce and both hashes.
async fn verify(server: &TestServer, app: &Application, back: &Answer) {
    let issuer = IssuerUrl::new(server.url.clone()).unwrap();
    let provider = CoreProviderMetadata::discover_async(issuer.clone(), &send).await.unwrap();
    let keys = provider.jwks().clone();
    let verifier = CoreIdTokenVerifier::new_public_client(ClientId::new(app.id.clone()), issuer, keys)
        .set_allowed_algs(provider.id_token_signing_alg_values_supported().clone());
    let token = CoreIdToken::from_str(&back.get("id_token")).unwrap();
    let claims = token.claims(&verifier, &Nonce::new(NONCE.1.into())).unwrap();
    let (algorithm, key) = (token.signing_alg().unwrap(), token.signing_key(&verifier).unwrap());
    let code = Some(back.get("code")).filter(|code| !code.is_empty()).map(AuthorizationCode::new);
    let code = code.map(|code| AuthorizationCodeHash::from_code(&code, algorithm, key).unwrap());
    assert_eq!(claims.code_hash(), code.as_ref());
    let token = Some(back.get("access_token")).filter(|token| !token.is_empty()).map(AccessToken::new);
    let token = token.map(|token| AccessTokenHash::from_token(&token, algorithm, key).unwrap());
    assert_eq!(claims.access_token_hash(), token.as_ref());
}

#[tokio::test]
async fn each_response_type_returns_what_its_name_says() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    for &response_type in ResponseType::ALL {
        let back = asked(&app, &mut alice, response_type.as_str()).await;
        let location = back.location().unwrap();
        let separator = if response_type == ResponseType::Code { "?" } else { "#" };
        assert!(location.starts_with(&format!("{}{separator}", app.redirect_uri)), "{location}");
        assert_eq!((back.get("state"), back.get("iss")), ("the state".into(), server.url.clone()));
        let has = |name: &str| !back.get(name).is_empty();
        assert_eq!(has("code"), response_type.has_code(), "{location}");
        assert_eq!(has("id_token"), response_type.has_id_token(), "{location}");
        for name in ["access_token", "token_type", "expires_in", "scope"] {
            assert_eq!(has(name), response_type.has_token(), "{name} in {location}");
        }
        if response_type.has_id_token() {
            verify(&server, &app, &back).await;
        }
        if response_type.has_token() {
            assert_eq!((back.get("token_type"), back.get("expires_in")), ("Bearer".into(), "600".into()));
            let reply = server.user_info(&back.get("access_token")).await.json();
            assert_eq!(reply["email"], "alice@example.com");
        }
        if response_type.has_code() {
            let tokens = app.redeem_by_hand(&back.get("code")).await.json();
            assert_eq!(claims(tokens["id_token"].as_str().unwrap())["nonce"], NONCE.1);
        }
    }
}

#[tokio::test]
async fn an_id_token_alone_carries_the_claims_that_userinfo_would_return() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    for (response_type, email) in [
        ("id_token", json!("alice@example.com")),
        ("id_token token", Value::Null),
        ("code id_token", Value::Null),
    ] {
        let back = asked(&app, &mut alice, response_type).await;
        assert_eq!(claims(&back.get("id_token"))["email"], email, "{response_type}");
    }
}

#[tokio::test]
async fn tokens_never_travel_in_a_query() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    for response_type in &ResponseType::ALL[1..] {
        let asked = |changes: &[(&str, &str)]| {
            let good = [("response_type", response_type.as_str()), ("scope", "openid"), NONCE];
            app.url_with(&[&good, changes].concat())
        };
        let refused = alice.get(&asked(&[("response_mode", "query")])).await;
        refused.assert_redirect_error("invalid_request", "response_mode.query", &server.url);
        let refusals = [
            (("scope", "nonsense"), "invalid_scope"),
            (("prompt", "none login"), "invalid_request"),
            (("response_mode", "query"), "invalid_request"),
        ];
        for (change, error) in refusals {
            let location = alice.get(&asked(&[change])).await.location().unwrap();
            assert!(location.starts_with(&format!("{}#error={error}&", app.redirect_uri)), "{location}");
        }
        let form = alice.authorize(&asked(&[("response_mode", "form_post")])).await;
        assert_eq!((form.status.as_u16(), form.location()), (200, None));
        assert_eq!(form.body.contains("name=\"id_token\""), response_type.has_id_token(), "{form:?}");
    }
}

#[tokio::test]
async fn a_client_gets_only_the_types_that_it_is_registered_for() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let uri = "https://app.example/callback";
    let create =
        ["client", "create", "--id", "intranet", "--name", "I", "--kind", "web", "--redirect-uri", uri];
    operator.done(&[&create[..], &["--scope", "openid read", "--response-type", "id_token code"]].concat());
    let shown = operator.json(&["client", "show", "intranet"]);
    assert_eq!(shown["response_types"], json!(["code", "code id_token"]));

    let app = Application::registered_at(&server.url, "intranet", None, uri);
    let mut alice = server.alice().await;
    let url = |response_type| app.url_with(&[("response_type", response_type), ("scope", "openid"), NONCE]);
    let refused = alice.get(&url("id_token")).await;
    refused.assert_redirect_error("unsupported_response_type", "response_type.not_allowed", &server.url);
    let location = refused.location().unwrap();
    assert!(location.starts_with(&format!("{uri}?error=")), "where it expects its codes: {location}");
    assert!(!alice.authorize(&url("code id_token")).await.get("id_token").is_empty());

    operator.done(&["client", "update", "intranet", "--response-type", "code"]);
    let refused = alice.get(&url("code id_token")).await;
    refused.assert_redirect_error("unsupported_response_type", "response_type.not_allowed", &server.url);

    let wrong = operator.refused(&["client", "update", "intranet", "--response-type", "token"]);
    assert!(wrong.contains("is not one of: code, id_token, "), "{wrong}");
    let without =
        operator.refused(&["client", "update", "intranet", "--scope", "read", "--response-type", "id_token"]);
    assert!(without.contains("needs the scope openid"), "{without}");
}

#[tokio::test]
async fn an_id_token_through_the_browser_needs_openid_and_a_nonce() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    for response_type in ["id_token", "id_token token", "code id_token", "code id_token token"] {
        let asked =
            |changes: &[(&str, &str)]| app.url_with(&[&[("response_type", response_type)], changes].concat());
        let refused = alice.get(&asked(&[("scope", "openid")])).await;
        refused.assert_redirect_error("invalid_request", "nonce.missing", &server.url);
        let refused = alice.get(&asked(&[("scope", "read"), NONCE])).await;
        refused.assert_redirect_error("invalid_request", "scope.without_openid", &server.url);
    }
    let back = alice.authorize(&app.url_with(&[("response_type", "code token")])).await;
    assert!(!back.get("access_token").is_empty(), "{back:?}");
    let no_code = [
        ("response_type", "id_token"),
        ("scope", "openid"),
        NONCE,
        ("code_challenge", ""),
        ("code_challenge_method", ""),
    ];
    assert!(!alice.authorize(&app.url_with(&no_code)).await.get("id_token").is_empty(), "no code to protect");
    let code = [("response_type", "code id_token"), ("scope", "openid"), NONCE, ("code_challenge", "")];
    let refused = alice.get(&app.url_with(&code)).await;
    refused.assert_redirect_error("invalid_request", "pkce.challenge_missing", &server.url);
}

#[tokio::test]
async fn a_sign_out_ends_tokens_that_came_through_the_browser() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let back = asked(&app, &mut alice, "code id_token token").await;
    let token = back.get("access_token");
    assert_eq!(server.user_info(&token).await.status, 200);
    alice.get(&format!("/logout?id_token_hint={}", back.get("id_token"))).await;
    let refused = server.user_info(&token).await;
    refused.assert_json_error(401, "invalid_token", "bearer.revoked");
    app.redeem_by_hand(&back.get("code")).await.assert_json_error(400, "invalid_grant", "session.ended");
}

#[tokio::test]
async fn a_token_through_the_browser_ends_like_any_other() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let token = asked(&app, &mut alice, "id_token token").await.get("access_token");
    server.clock.advance(Duration::from_secs(599));
    assert_eq!(server.user_info(&token).await.status, 200);
    server.clock.advance(Duration::from_secs(1));
    server.user_info(&token).await.assert_json_error(401, "invalid_token", "bearer.expired");
}

#[tokio::test]
async fn a_client_that_was_disabled_a_moment_ago_gets_nothing_through_the_browser() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    asked(&app, &mut alice, "id_token").await;
    // The cache still holds the record from before the change.
    server.sql("UPDATE clients SET disabled_at = 1, version = version + 1 WHERE id = 'app'").await;
    let url = app.url_with(&[("response_type", "id_token token"), ("scope", "openid"), NONCE]);
    alice.get(&url).await.assert_page(400, "client.disabled");
    assert_eq!(server.number("SELECT COUNT(*) FROM access_tokens").await, 0);
    assert_eq!(server.number("SELECT COUNT(*) FROM grants").await, 1, "the first one");
}

#[tokio::test]
async fn no_token_through_the_browser_survives_a_sign_out_of_the_same_moment() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let operator = Operator::of(&server);
    let url = app.url_with(&[("response_type", "id_token token"), ("scope", "openid"), NONCE]);
    for _ in 0..4 {
        alice.authorize(&url).await;
        let id = operator.json(&["session", "list"])[0]["id"].clone();
        let ask = async |_| alice.clone_with_cookies().get(&url).await;
        let end = async {
            let id = SessionId::new(id.as_str().unwrap());
            let end = async move |tx: &mut Tx| {
                sessions::end(tx, &id, EndReason::SessionEnded, Timestamp::from_unix(0)).await.map(drop)
            };
            server.store(end).await;
        };
        let (answers, ()) = join(join_all((0..32).map(ask)), end).await;
        for answer in answers.iter().filter(|answer| !answer.get("access_token").is_empty()) {
            let refused = server.user_info(&answer.get("access_token")).await;
            refused.assert_json_error(401, "invalid_token", "bearer.revoked");
        }
    }
}
