//! The `claims` parameter: which claims are requested by name, where they are returned, and what the person is asked.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::jwt::claims;
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

async fn app(server: &TestServer) -> Application {
    server.register(Registration::web("app").scopes("openid profile email phone read")).await
}

fn url(app: &Application, scope: &str, wanted: &Value, more: &[(&str, &str)]) -> String {
    let wanted = wanted.to_string();
    app.url_with(&[&[("scope", scope), ("claims", wanted.as_str())], more].concat())
}

async fn tokens(app: &Application, browser: &mut Browser, scope: &str, wanted: &Value) -> Value {
    let back = browser.authorize(&url(app, scope, wanted, &[])).await;
    app.redeem_by_hand(&back.get("code")).await.json()
}

/// The claims that UserInfo returns beside `sub`.
async fn user_info(server: &TestServer, tokens: &Value) -> Value {
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let answer = server.browser().request(Method::GET, "/userinfo", &[("authorization", &bearer)], "").await;
    let mut user_info = answer.json();
    assert!(user_info.as_object_mut().unwrap().remove("sub").is_some());
    user_info
}

/// The claims about the person in an ID Token.
fn id_token_claims(tokens: &Value) -> Value {
    let mut claims = claims(tokens["id_token"].as_str().unwrap());
    claims
        .as_object_mut()
        .unwrap()
        .retain(|name, _| !grantor::oauth::token::id_token::CLAIMS.contains(&name.as_str()));
    claims
}

#[tokio::test]
async fn each_claim_is_returned_where_it_was_requested_also_after_a_refresh() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    Operator::of(&server).done(&["user", "update", "alice", "--name", "Alice", "--claim", "locale=en"]);
    let wanted = json!({
        "userinfo": { "name": null, "phone_number": { "essential": true } },
        "id_token": { "email": { "essential": true }, "locale": null, "auth_time": { "essential": true } },
    });
    let tokens = tokens(&app, &mut alice, "openid", &wanted).await;
    assert_eq!(id_token_claims(&tokens), json!({ "email": "alice@example.com", "locale": "en" }));
    assert_eq!(user_info(&server, &tokens).await, json!({ "name": "Alice" }), "she has no phone number");
    let refreshed = app.refresh_by_hand(tokens["refresh_token"].as_str().unwrap()).await.json();
    assert_eq!(id_token_claims(&refreshed), id_token_claims(&tokens));
    assert_eq!(user_info(&server, &refreshed).await, json!({ "name": "Alice" }));
}

#[tokio::test]
async fn a_requested_value_must_match() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    for (wish, only_email) in [
        (json!({ "value": "alice@example.com" }), json!({ "email": "alice@example.com" })),
        (
            json!({ "values": ["a@example.com", "alice@example.com"] }),
            json!({ "email": "alice@example.com" }),
        ),
        (json!({ "value": "bob@example.com", "essential": true }), json!({})),
    ] {
        let wanted = json!({ "userinfo": { "email": wish } });
        let tokens = tokens(&app, &mut alice, "openid", &wanted).await;
        assert_eq!(user_info(&server, &tokens).await, only_email, "{wanted}");
    }
}

#[tokio::test]
async fn forbidden_and_unknown_claims_are_left_out() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let wanted = json!({ "userinfo": { "address": null, "groups": null, "made_up": null, "iss": null, "email": null } });
    let tokens = tokens(&app, &mut alice, "openid", &wanted).await;
    assert_eq!(user_info(&server, &tokens).await, json!({ "email": "alice@example.com" }));
    // Without the scope `openid` it is not an OpenID Connect request.
    let back = alice.authorize(&url(&app, "read", &wanted, &[])).await;
    let code = app.redeem_by_hand(&back.get("code")).await;
    assert_eq!(code.status, 200, "{code:?}");
    assert_eq!(server.number("SELECT COUNT(*) FROM grants WHERE granted = '{\"scope\":\"read\"}'").await, 1);
}

#[tokio::test]
async fn the_person_is_asked_once_for_claims_that_no_scope_covers() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let email = json!({ "userinfo": { "email": null } });
    alice.authorize(&app.url_with(&[("scope", "openid")])).await;

    let silent = alice.get(&url(&app, "openid", &email, &[("prompt", "none")])).await;
    silent.assert_redirect_error("consent_required", "consent.required", &server.url);
    let page = alice.open(&url(&app, "openid", &email, &[])).await;
    assert!(page.is_consent() && page.body.contains("See your email address"), "{page:?}");
    assert!(page.body.contains("<code>email</code>"), "{page:?}");
    alice.allow(&page).await;

    let silent = alice.get(&url(&app, "openid", &email, &[("prompt", "none")])).await;
    assert!(!silent.get("code").is_empty(), "{silent:?}");
    let more = json!({ "userinfo": { "email": null, "phone_number": null } });
    assert!(alice.open(&url(&app, "openid", &more, &[])).await.is_consent());
    let covered = alice.open(&url(&app, "openid phone", &more, &[])).await;
    assert!(covered.is_consent() && !covered.body.contains("<code>phone_number</code>"), "{covered:?}");
}

#[tokio::test]
async fn only_the_requested_subject_returns_to_the_application() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let tokens = tokens(&app, &mut alice, "openid", &json!({})).await;
    let sub = claims(tokens["id_token"].as_str().unwrap())["sub"].as_str().unwrap().to_owned();
    let wanted = |sub: &str| json!({ "id_token": { "sub": { "value": sub } } });
    let silent: [(&str, &str); 1] = [("prompt", "none")];

    let back = alice.get(&url(&app, "openid", &wanted(&sub), &silent)).await;
    assert!(!back.get("code").is_empty(), "{back:?}");
    let other = alice.get(&url(&app, "openid", &wanted("somebody-else"), &silent)).await;
    other.assert_redirect_error("login_required", "sign_in.other_person", &server.url);
    assert!(alice.open(&url(&app, "openid", &wanted("somebody-else"), &[])).await.is_sign_in());

    let hint = tokens["id_token"].as_str().unwrap();
    let both = |sub: &str| url(&app, "openid", &wanted(sub), &[("prompt", "none"), ("id_token_hint", hint)]);
    assert!(!alice.get(&both(&sub)).await.get("code").is_empty());
    let contradiction = alice.get(&both("somebody-else")).await;
    contradiction.assert_redirect_error("login_required", "sign_in.other_person", &server.url);
}

#[tokio::test]
async fn a_malformed_or_unreachable_request_goes_back_to_the_application() {
    let server = TestServer::start().await;
    let (app, mut alice) = (app(&server).await, server.alice().await);
    let ask = async |alice: &mut Browser, text: &str| -> Answer {
        alice.get(&app.url_with(&[("scope", "openid"), ("claims", text)])).await
    };
    let deep = format!("{{\"userinfo\":{{\"email\":{{\"value\":{}", "[".repeat(4000));
    for text in ["nonsense", "[]", "{\"userinfo\":{\"email\":true}}", "{\"id_token\":\"sub\"}", deep.as_str()]
    {
        let answer = ask(&mut alice, text).await;
        answer.assert_redirect_error("invalid_request", "claims.malformed", &server.url);
    }
    let answer = ask(&mut alice, &format!("{{{}}}", " ".repeat(8200))).await;
    answer.assert_redirect_error("invalid_request", "parameter.too_long", &server.url);
    let answer = ask(&mut alice, r#"{"id_token":{"acr":{"essential":true,"values":["phr"]}}}"#).await;
    answer.assert_redirect_error("unmet_authentication_requirements", "acr.unmet", &server.url);
    let wanted = json!({ "id_token": { "acr": { "values": ["phr", "1"], "essential": true } } });
    let tokens = tokens(&app, &mut alice, "openid", &wanted).await;
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["acr"], "1");
}
