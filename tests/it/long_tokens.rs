//! Whatever this server issues, it takes again: access tokens and ID Tokens of the largest size.

use grantor::clock::Timestamp;
use grantor::oauth::client::{GrantType, IdTokenClaims, TokenFormat};
use grantor::oauth::grant::scope::ScopeRecord;
use grantor::store::scopes;
use reqwest::Method;
use serde_json::json;

use crate::support::relying_party::Registration;
use crate::support::{Application, Browser, Operator, TestServer};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const BYE: &str = "https://app.example/bye";

/// Registers 63 scopes with names of the largest length. Returns their names.
async fn long_scopes(server: &TestServer) -> Vec<String> {
    let names: Vec<String> = (0..63).map(|number| format!("{number:0>128}")).collect();
    let all = names.clone();
    let save = async move |tx: &mut grantor::store::db::Tx| {
        for name in &all {
            let scope =
                ScopeRecord { name: name.clone(), description: "Long".into(), ..ScopeRecord::default() };
            scopes::save(tx, &scope, Timestamp::from_unix(0)).await?;
        }
        Ok(())
    };
    server.store(save).await;
    names
}

#[tokio::test]
async fn an_access_token_with_the_longest_scope_is_taken_at_every_endpoint() {
    let server = TestServer::start().await;
    let names = long_scopes(&server).await;
    let grants = [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::TokenExchange];
    let mut registration =
        Registration::web("app").grants(&grants).scopes(&format!("openid {}", names.join(" ")));
    registration.client.token_format = TokenFormat::Jwt;
    let app = server.register(registration).await;
    let mut alice = server.alice().await;
    let code = alice.authorize(&app.url_with(&[("scope", "")])).await.get("code");
    let token = app.redeem_by_hand(&code).await.get("access_token");
    assert!((11_000..16_000).contains(&token.len()), "{}", token.len());

    assert_eq!(server.user_info(&token).await.status, 200);
    let form = format!("access_token={token}");
    let posted = server.browser().request(Method::POST, "/userinfo", &[FORM], &form).await;
    assert_eq!(posted.status, 200, "{posted:?}");
    assert_eq!(app.introspect(&token).await["active"], true);
    let operator = Operator::of(&server);
    let inspected = operator.with_input(&["token", "inspect", "-", "--json"], &token);
    assert_eq!(inspected.status.code(), Some(0), "{inspected:?}");
    let exchange = [
        ("grant_type", GrantType::TokenExchange.as_str()),
        ("subject_token", &token),
        ("subject_token_type", ACCESS_TOKEN),
        ("actor_token", &token),
        ("actor_token_type", ACCESS_TOKEN),
        ("scope", "openid"),
    ];
    let exchanged = app.token(&exchange).await;
    assert_eq!(exchanged.status, 200, "{exchanged:?}");
    assert_eq!(app.post("/revoke", &[("token", &token)]).await.status, 200);
    assert_eq!(app.introspect(&token).await, json!({ "active": false }));
    server.user_info(&token).await.assert_json_error(401, "invalid_token", "bearer.revoked");
}

/// An application whose ID Tokens have all claims of a person, of the largest size that a person can have.
async fn with_long_id_tokens(server: &TestServer, alice: &mut Browser) -> (Application, String) {
    let operator = Operator::of(server);
    let names: Vec<String> = (0..7).map(|number| format!("long_{number}")).collect();
    let mut scope = vec!["scope", "create", "long", "--description", "Long"];
    let values: Vec<String> = names.iter().map(|name| format!("{name}={}", "\\".repeat(1150))).collect();
    let name = "\"".repeat(2000);
    let mut user = vec!["user", "update", "alice", "--name", &name];
    for (name, value) in names.iter().zip(&values) {
        scope.extend(["--claim", name]);
        user.extend(["--claim", value]);
    }
    operator.done(&scope);
    operator.done(&user);
    let mut registration = Registration::web("app").scopes("openid profile long");
    registration.client.id_token_claims = IdTokenClaims::Scopes;
    let bye = grantor::oauth::request::redirect_uri::RegisteredUri::from_stored(BYE);
    registration.client.post_logout_redirect_uris = vec![bye];
    let app = server.register(registration).await;
    let nonce = "\"".repeat(512);
    let code = alice
        .authorize(&app.url_with(&[("scope", "openid profile long"), ("nonce", &nonce)]))
        .await
        .get("code");
    let token = app.redeem_by_hand(&code).await.get("id_token");
    assert!((28_000..32 * 1024).contains(&token.len()), "{}", token.len());
    (app, token)
}

#[tokio::test]
async fn the_longest_id_token_is_a_hint_at_the_authorization_endpoint_and_takes_no_room_while_a_person_signs_in()
 {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let (app, hint) = with_long_id_tokens(&server, &mut alice).await;
    server.user("bob").await;
    let silent = app.url_with(&[("scope", "openid"), ("prompt", "none"), ("id_token_hint", &hint)]);
    assert_ne!(alice.get(&silent).await.get("code"), "");

    for post in [false, true] {
        let flows = server.number("SELECT COUNT(*) FROM flows").await;
        let mut browser = server.browser();
        let changes = [("scope", "openid"), ("id_token_hint", hint.as_str())];
        let page = match post {
            false => browser.open(&app.url_with(&changes)).await,
            true => {
                let body = app.request_with(&changes);
                let answer = browser.request(Method::POST, "/authorize", &[FORM], &body).await;
                browser.follow(answer).await
            }
        };
        assert!(page.is_sign_in(), "{page:?}");
        assert!(page.url.as_str().len() < 2200, "{}", page.url);
        assert_eq!(server.number("SELECT COUNT(*) FROM flows").await, flows, "it is in the address");
        let back = browser.sign_in(&page, "alice").await;
        let back = if back.is_consent() { browser.allow(&back).await } else { back };
        assert_ne!(back.get("code"), "", "{back:?}");
    }
    // Another person than the one of the hint cannot return.
    let mut browser = server.browser();
    let page = browser.open(&app.url_with(&[("scope", "openid"), ("id_token_hint", &hint)])).await;
    let other = browser.sign_in(&page, "bob").await;
    other.assert_redirect_error("login_required", "sign_in.other_person", &server.url);
    let forged = format!("{}x", &hint[..hint.len() - 1]);
    let refused = alice.get(&app.url_with(&[("scope", "openid"), ("id_token_hint", &forged)])).await;
    refused.assert_redirect_error("invalid_request", "id_token_hint.invalid", &server.url);
    let long = "x".repeat(32 * 1024 + 1);
    // In a form: a head of this size may be refused before it is read to its end.
    let body = app.request_with(&[("scope", "openid"), ("id_token_hint", &long)]);
    let refused = alice.request(Method::POST, "/authorize", &[FORM], &body).await;
    refused.assert_redirect_error("invalid_request", "parameter.too_long", &server.url);
}

#[tokio::test]
async fn the_longest_id_token_is_a_hint_at_the_sign_out() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    let (_, hint) = with_long_id_tokens(&server, &mut alice).await;
    let form = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE)];
    let query = serde_urlencoded::to_string(form).unwrap();
    // A form of the application leads to a GET, which has the session cookie.
    let posted = alice.request(Method::POST, "/logout", &[FORM], &query).await;
    let back = alice.follow(posted).await;
    assert_eq!(back.location().as_deref(), Some(BYE), "{back:?}");
    let again = alice.get(&format!("/logout?{query}")).await;
    assert_eq!(again.location().as_deref(), Some(BYE), "no one is signed in any more: {again:?}");
}
