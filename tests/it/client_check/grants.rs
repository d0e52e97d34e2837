//! The check of token requests beside the real ones: refreshes, backchannel requests, assertions and exchanges.

use grantor::clock::Timestamp;
use grantor::oauth::client::{GrantType, TokenFormat};
use grantor::oauth::grant::scope::Scope;
use grantor::oauth::grant::trusted_issuer::{IssuerKeys, TrustedIssuer};
use grantor::oauth::id::ClientId;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::store::trusted_issuers;
use serde_json::{Value, json};

use super::{check, lasting, openid_client, reasons, step_of};
use crate::api::Api;
use crate::ciba;
use crate::support::jwt::{claims, jwks, key};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Operator, TestServer};
use crate::trusted_issuers::{BEARER, IDP, SUBJECT, gateway, said, trust};

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const CIBA: &str = "urn:openid:params:grant-type:ciba";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// The reason of a refusal, as a list; empty for a request that was accepted.
fn reason(answer: &Answer) -> Vec<String> {
    let answer = answer.json();
    let page = answer["error_uri"].as_str().and_then(|uri| uri.rsplit('/').next());
    page.map(str::to_owned).into_iter().collect()
}

#[tokio::test]
async fn a_refresh_is_checked_by_the_grant_that_gives_the_client_its_refresh_tokens() {
    let server = TestServer::start().await;
    let (operator, mut alice) = (Operator::of(&server), server.alice().await);
    let device = Registration::native("tv").grants(&[GrantType::DeviceCode, GrantType::RefreshToken]);
    let mut device = device.scopes("openid read");
    device.client.redirect_uris.clear();
    let device = server.register(device).await;
    let bank = Registration::web("bank").grants(&[GrantType::Ciba, GrantType::RefreshToken]);
    let mut bank = bank.scopes("openid read");
    bank.client.redirect_uris.clear();
    let bank = server.register(bank).await;

    let code = device.device_code(&mut server.browser(), &[("scope", "openid read")]).await;
    let of_device = device.token(&[("grant_type", DEVICE_CODE), ("device_code", &code)]).await;
    let asked = bank.post("/bc-authorize", &[("scope", "openid read"), ("login_hint", "alice")]).await;
    ciba::answer(&mut alice, "allow").await;
    let of_bank = bank.token(&[("grant_type", CIBA), ("auth_req_id", &asked.get("auth_req_id"))]).await;
    for (app, tokens) in [(device, of_device), (bank, of_bank)] {
        // A refresh may leave the scope out, and may narrow it.
        let mut token = tokens.get("refresh_token");
        for scope in [None, Some("read")] {
            let more: Vec<(&str, &str)> = scope.map(|scope| ("scope", scope)).into_iter().collect();
            let form = [&[("grant_type", "refresh_token"), ("refresh_token", &token)], &more[..]].concat();
            let answer = app.token(&form).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            token = answer.get("refresh_token");
            let mut options = vec!["--grant-type", "refresh_token", "--user", "alice"];
            options.extend(scope.into_iter().flat_map(|scope| ["--scope", scope]));
            let check = check(&operator, &server, &app.id, &options);
            assert_eq!((&check["allowed"], reasons(&check)), (&json!(true), Vec::new()), "{check}");
            assert_eq!(check["tokens"]["refresh_token"], true, "{check}");
            assert_eq!(check["tokens"]["access_token"]["claims"]["scope"], answer.json()["scope"]);
        }
    }
    let bare = Registration::service("bare").grants(&[GrantType::RefreshToken]);
    server.register(bare).await;
    let check = check(&operator, &server, "bare", &["--grant-type", "refresh_token"]);
    assert!(reasons(&check).contains(&"client.grant_not_allowed".to_owned()), "{check}");
}

#[tokio::test]
async fn a_backchannel_request_is_checked_as_its_endpoint_checks_it() {
    let server = TestServer::start_with(&[("oauth.jar", "report")]).await;
    let (operator, _alice) = (Operator::of(&server), server.alice().await);
    let bank =
        server.register(Registration::web("bank").grants(&[GrantType::Ciba]).scopes("openid read")).await;
    for (scope, expected) in [
        (None, Some("backchannel.scope")),
        (Some("read"), Some("backchannel.scope")),
        (Some("openid nonsense"), Some("scope.unknown")),
        (Some("openid email"), Some("scope.forbidden")),
        (Some("openid"), None),
        (Some("openid read"), None),
    ] {
        let more: Vec<(&str, &str)> = scope.map(|scope| ("scope", scope)).into_iter().collect();
        let answer = bank.post("/bc-authorize", &[&[("login_hint", "alice")], &more[..]].concat()).await;
        let expected: Vec<String> = expected.map(str::to_owned).into_iter().collect();
        assert_eq!(reason(&answer), expected, "{scope:?}: {answer:?}");
        let mut options = vec!["--grant-type", "ciba", "--user", "alice"];
        options.extend(scope.into_iter().flat_map(|scope| ["--scope", scope]));
        assert_eq!(reasons(&check(&operator, &server, "bank", &options)), expected, "{scope:?}");
    }
}

#[tokio::test]
async fn a_client_without_keys_cannot_sign_the_backchannel_requests_that_must_be_signed() {
    let server = TestServer::start_with(&[("oauth.jar", "require")]).await;
    server.user("alice").await;
    let bank = server.register(Registration::web("bank").grants(&[GrantType::Ciba]).scopes("openid")).await;
    let answer = bank.post("/bc-authorize", &[("login_hint", "alice"), ("scope", "openid")]).await;
    assert_eq!(reason(&answer), ["request_object.required"], "{answer:?}");
    let api = Api::owner(&server).await;
    let check =
        api.post("/clients/bank/check", json!({ "grant_type": CIBA, "scope": "openid" })).await.json();
    assert_eq!(reasons(&check), ["request_object.required"], "{check}");
}

#[tokio::test]
async fn an_assertion_is_checked_by_the_issuers_that_name_the_client() {
    let server = TestServer::start().await;
    let (operator, key) = (Operator::of(&server), key(SigningAlgorithm::Es256));
    let mut registration = gateway().scopes("openid read write pay");
    registration.client.token_format = TokenFormat::Jwt;
    let app = server.register(registration).await;
    let alice = server.user("alice").await;
    let compare = async |scope: Option<&str>, expected: Option<&str>| {
        let assertion = key.sign("JWT", &said(&server, &json!({}))).unwrap();
        let more: Vec<(&str, &str)> = scope.map(|scope| ("scope", scope)).into_iter().collect();
        let form = [&[("grant_type", BEARER), ("assertion", &assertion)], &more[..]].concat();
        let answer = app.token(&form).await;
        let expected: Vec<String> = expected.map(str::to_owned).into_iter().collect();
        assert_eq!(reason(&answer), expected, "{scope:?}: {answer:?}");
        let mut options = vec!["--grant-type", BEARER, "--user", "alice"];
        options.extend(scope.into_iter().flat_map(|scope| ["--scope", scope]));
        let check = check(&operator, &server, "gateway", &options);
        assert_eq!(reasons(&check), expected, "{scope:?}: {check}");
        if expected.is_empty() {
            let tokens = &check["tokens"];
            let said = &tokens["access_token"]["claims"];
            assert_eq!(lasting(said.clone()), lasting(claims(&answer.get("access_token"))), "{scope:?}");
            assert_eq!(said.get("auth_time"), None, "{check}");
            assert_eq!((&tokens["id_token"], &tokens["refresh_token"]), (&Value::Null, &json!(false)));
        }
    };
    compare(Some("read"), Some("assertion.issuer")).await;
    trust(&server, IDP, IssuerKeys::Here(jwks(&[&key])), &["gateway"]).await;
    compare(Some("read"), Some("assertion.subject")).await;
    server
        .store(async move |tx| trusted_issuers::link(tx, IDP, SUBJECT, &alice, Timestamp::from_unix(0)).await)
        .await;
    for (scope, expected) in [
        (None, None),
        (Some("read"), None),
        (Some("read pay"), None),
        (Some("write"), Some("scope.beyond_issuer")),
        (Some("openid read"), Some("scope.beyond_issuer")),
        (Some("nonsense"), Some("scope.unknown")),
    ] {
        compare(scope, expected).await;
    }
}

#[tokio::test]
async fn with_several_issuers_the_check_says_what_depends_on_them() {
    let server = TestServer::start().await;
    let (operator, key) = (Operator::of(&server), key(SigningAlgorithm::Es256));
    server.register(gateway()).await;
    let alice = server.user("alice").await;
    trust(&server, IDP, IssuerKeys::Here(jwks(&[&key])), &["gateway"]).await;
    let other = TrustedIssuer {
        issuer: "https://other.example.com".to_owned(),
        keys: IssuerKeys::Here(jwks(&[&key])),
        scopes: Scope::from_stored("write"),
        audience: None,
        clients: vec![ClientId::new("gateway")],
    };
    server
        .store(async move |tx| {
            trusted_issuers::save(tx, &other, Timestamp::from_unix(0)).await?;
            trusted_issuers::link(tx, IDP, SUBJECT, &alice, Timestamp::from_unix(0)).await
        })
        .await;
    let of =
        |more: &[&str]| check(&operator, &server, "gateway", &[&["--grant-type", BEARER], more].concat());
    let open = of(&["--scope", "write"]);
    assert_eq!(open["allowed"], true, "{open}");
    let note = |check: &Value, name: &str| step_of(check, name).unwrap()["note"].as_str().unwrap().to_owned();
    assert!(note(&open, "issuer").starts_with("it depends on the issuer"), "{open}");
    let said = note(&open, "scope");
    assert!(said.contains(&format!("scope.beyond_issuer with {IDP}")), "{said}");
    assert!(said.contains("write with https://other.example.com"), "{said}");
    assert_eq!(reasons(&of(&["--scope", "read write"])), ["scope.beyond_issuer"]);
    // Only one of them knows Alice.
    assert_eq!(reasons(&of(&["--scope", "write", "--user", "alice"])), ["scope.beyond_issuer"]);
    assert_eq!(of(&["--user", "alice"])["tokens"]["access_token"]["claims"]["scope"], "read");
}

#[tokio::test]
async fn an_exchange_gives_an_access_token_alone() {
    let server = TestServer::start().await;
    let grants = [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::TokenExchange];
    let web = openid_client(&server, |registration| {
        registration.client.grants = grants.to_vec();
        registration.client.token_format = TokenFormat::Jwt;
    })
    .await;
    let (operator, mut alice) = (Operator::of(&server), server.alice().await);
    let code = alice.authorize(&web.url_with(&[("scope", "openid read")])).await.get("code");
    let subject = web.redeem_by_hand(&code).await.get("access_token");
    let form = [
        ("grant_type", EXCHANGE),
        ("subject_token", subject.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
        ("scope", "openid read"),
    ];
    let answer = web.token(&form).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let options = ["--grant-type", EXCHANGE, "--user", "alice", "--scope", "openid read"];
    let found = check(&operator, &server, "web", &options);
    let tokens = &found["tokens"];
    assert_eq!((&tokens["id_token"], &tokens["refresh_token"]), (&Value::Null, &json!(false)), "{found}");
    assert_eq!((&answer.json()["id_token"], &answer.json()["refresh_token"]), (&Value::Null, &Value::Null));
    let said = &tokens["access_token"]["claims"];
    assert_eq!((said.get("acr"), said.get("auth_time")), (None, None), "{found}");
    let real = claims(&answer.get("access_token"));
    for name in ["sub", "aud", "scope", "client_id", "acr", "auth_time"] {
        assert_eq!(said[name], real[name], "{name} of {found}");
    }
    let several =
        ["--grant-type", EXCHANGE, "--resource", "https://a.example", "--resource", "https://b.example"];
    assert_eq!(reasons(&check(&operator, &server, "web", &several)), ["resource.several"]);
}
