//! Tokens that are bound to a certificate (RFC 8705 §3 and §4).

use grantor::oauth::client::{ClientKind, TokenFormat};
use grantor::work::activity::store;
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use reqwest::Method;
use serde_json::Value;

use super::authority::{Shown, self_signed};
use super::{BEHIND, ask_with};
use crate::activity;
use crate::support::jwt::claims;
use crate::support::relying_party::{Registration, basic};
use crate::support::{Answer, Application, TestServer, VERIFIER};

/// A client whose tokens are bound.
pub(super) async fn bound(
    server: &TestServer,
    id: &str,
    kind: ClientKind,
    format: TokenFormat,
) -> Application {
    let mut registration = Registration::of_kind(id, kind);
    registration.client.certificate.bound_tokens = true;
    registration.client.token_format = format;
    if kind != ClientKind::Service {
        registration = registration.scopes("openid read offline_access");
    }
    server.register(registration).await
}

/// A token request of the client, with the certificate if there is one.
async fn token(
    server: &TestServer,
    app: &Application,
    form: &[(&str, &str)],
    shown: Option<&Shown>,
) -> Answer {
    let authorization = app.secret.as_deref().map(|secret| basic(&app.id, secret));
    let value = shown.map(Shown::header);
    let mut headers: Vec<(&str, &str)> = Vec::new();
    headers.extend(value.as_deref().map(|value| ("client-cert", value)));
    headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
    let own = [("client_id", app.id.as_str())];
    ask_with(server, "/token", &headers, &[form, &own[..]].concat()).await
}

async fn present(server: &TestServer, path: &str, token: &str, shown: Option<&Shown>) -> Answer {
    let (bearer, value) = (format!("Bearer {token}"), shown.map(Shown::header));
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(value.as_deref().map(|value| ("client-cert", value)));
    server.browser().request(Method::GET, path, &headers, "").await
}

fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_else(|| panic!("{name}: {json}"))
}

/// The answer to the client's code.
async fn redeemed(server: &TestServer, app: &Application, shown: Option<&Shown>) -> Answer {
    let mut alice = crate::support::Browser::new(&server.url);
    let code = alice.authorize(&app.url_with(&[("scope", "openid read offline_access")])).await.get("code");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", app.redirect_uri.as_str()),
        ("code_verifier", VERIFIER),
    ];
    token(server, app, &form, shown).await
}

#[tokio::test]
async fn no_token_is_bound_to_a_certificate_that_is_not_valid_now_or_not_for_clients() {
    let server = TestServer::start_with(&BEHIND).await;
    server.user("alice").await;
    let service = bound(&server, "service", ClientKind::Service, TokenFormat::Opaque).await;
    let native = bound(&server, "native", ClientKind::Spa, TokenFormat::Opaque).await;
    for (shown, reason) in [
        (
            self_signed("app", |params| params.not_after = date_time_ymd(2020, 1, 1)),
            "client_certificate.expired",
        ),
        (
            self_signed("app", |params| params.not_before = date_time_ymd(2120, 1, 1)),
            "client_certificate.not_yet_valid",
        ),
        (
            self_signed("app", |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }),
            "client_certificate.usage",
        ),
    ] {
        let of_its_own =
            token(&server, &service, &[("grant_type", "client_credentials")], Some(&shown)).await;
        of_its_own.assert_json_error(401, "invalid_client", reason);
        redeemed(&server, &native, Some(&shown)).await.assert_json_error(401, "invalid_client", reason);
    }
}

#[tokio::test]
async fn a_bound_token_is_good_with_its_certificate_alone() {
    let server = TestServer::start_with(&BEHIND).await;
    server.user("alice").await;
    let (shown, other) = (self_signed("app", |_| ()), self_signed("app", |_| ()));
    for (id, kind, format) in [
        ("web", ClientKind::Web, TokenFormat::Opaque),
        ("web-jwt", ClientKind::Web, TokenFormat::Jwt),
        ("native", ClientKind::Spa, TokenFormat::Opaque),
    ] {
        let app = bound(&server, id, kind, format).await;
        let without = redeemed(&server, &app, None).await;
        without.assert_json_error(400, "invalid_request", "client_certificate.required");
        let answer = redeemed(&server, &app, Some(&shown)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let json = answer.json();
        assert_eq!(json["token_type"], "Bearer", "{json}");
        let access_token = text(&json, "access_token").to_owned();
        let confirmation = serde_json::json!({ "x5t#S256": shown.thumbprint() });
        if format == TokenFormat::Jwt {
            assert_eq!(claims(&access_token)["cnf"], confirmation);
        }
        let good = present(&server, "/userinfo", &access_token, Some(&shown)).await;
        assert_eq!(good.status, 200, "{good:?}");
        for wrong in [None, Some(&other)] {
            let refused = present(&server, "/userinfo", &access_token, wrong).await;
            refused.assert_json_error(401, "invalid_token", "bearer.bound");
        }
        let inspector = server.register(Registration::service(&format!("inspector-{id}"))).await;
        let asking = if kind == ClientKind::Spa { None } else { Some(&app) };
        if let Some(app) = asking {
            let introspection = app.introspect(&access_token).await;
            assert_eq!(
                (&introspection["active"], &introspection["cnf"]),
                (&Value::Bool(true), &confirmation)
            );
            assert_eq!(introspection["token_type"], "Bearer");
        }
        drop(inspector);
    }
}

#[tokio::test]
async fn the_refresh_token_of_a_public_client_is_bound_and_that_of_a_confidential_one_is_not() {
    let server = TestServer::start_with(&BEHIND).await;
    server.user("alice").await;
    let (shown, other) = (self_signed("app", |_| ()), self_signed("app", |_| ()));
    let spa = bound(&server, "spa", ClientKind::Spa, TokenFormat::Opaque).await;
    let web = bound(&server, "web", ClientKind::Web, TokenFormat::Opaque).await;
    let refresh = async |app: &Application, refresh_token: &str, shown: Option<&Shown>| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        token(&server, app, &form, shown).await
    };
    let first = redeemed(&server, &spa, Some(&shown)).await.json();
    let refresh_token = text(&first, "refresh_token");
    refresh(&spa, refresh_token, Some(&other)).await.assert_json_error(
        400,
        "invalid_grant",
        "binding.mismatch",
    );
    refresh(&spa, refresh_token, None).await.assert_json_error(
        400,
        "invalid_request",
        "client_certificate.required",
    );
    let again = refresh(&spa, refresh_token, Some(&shown)).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(
        present(&server, "/userinfo", text(&again.json(), "access_token"), Some(&shown)).await.status,
        200
    );

    // A confidential client may change its certificate: its new tokens are bound to the new one.
    let first = redeemed(&server, &web, Some(&shown)).await.json();
    let second = refresh(&web, text(&first, "refresh_token"), Some(&other)).await;
    assert_eq!(second.status, 200, "{second:?}");
    let access_token = text(&second.json(), "access_token").to_owned();
    assert_eq!(present(&server, "/userinfo", &access_token, Some(&other)).await.status, 200);
    present(&server, "/userinfo", &access_token, Some(&shown)).await.assert_json_error(
        401,
        "invalid_token",
        "bearer.bound",
    );
}

#[tokio::test]
async fn a_client_that_is_not_registered_for_it_gets_unbound_tokens() {
    let server = TestServer::start_with(&BEHIND).await;
    let service = server.service().await;
    let shown = self_signed("app", |_| ());
    let answer = token(&server, &service, &[("grant_type", "client_credentials")], Some(&shown)).await;
    let introspection = service.introspect(text(&answer.json(), "access_token")).await;
    assert_eq!((&introspection["active"], introspection.get("cnf")), (&Value::Bool(true), None));
}

#[tokio::test]
async fn the_management_api_compares_the_certificate_too() {
    let server = TestServer::start_with(&BEHIND).await;
    let (shown, other) = (self_signed("tool", |_| ()), self_signed("tool", |_| ()));
    for format in [TokenFormat::Opaque, TokenFormat::Jwt] {
        let mut registration =
            Registration::service(&format!("tool-{}", format.as_str())).scopes("grantor.clients.read");
        registration.client.certificate.bound_tokens = true;
        registration.client.token_format = format;
        let tool = server.register(registration).await;
        let form = [("grant_type", "client_credentials"), ("scope", "grantor.clients.read")];
        let answer = token(&server, &tool, &form, Some(&shown)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let access_token = text(&answer.json(), "access_token").to_owned();
        let good = present(&server, "/api/v1/clients", &access_token, Some(&shown)).await;
        assert_eq!(good.status, 200, "{good:?}");
        for wrong in [None, Some(&other)] {
            let refused = present(&server, "/api/v1/clients", &access_token, wrong).await;
            assert_eq!(
                (refused.status.as_u16(), refused.json()["reason"].as_str()),
                (401, Some("bearer.bound")),
                "{refused:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_device_and_an_exchange_get_bound_tokens() {
    let server = TestServer::start_with(&BEHIND).await;
    let shown = self_signed("app", |_| ());
    let mut registration =
        Registration::native("tv").grants(&[grantor::oauth::client::GrantType::DeviceCode]);
    registration.client.certificate.bound_tokens = true;
    let device = server.register(registration.scopes("openid read")).await;
    let mut alice = server.alice().await;
    let code = device.device_code(&mut alice, &[("scope", "openid read")]).await;
    let form =
        [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", code.as_str())];
    let without = token(&server, &device, &form, None).await;
    without.assert_json_error(400, "invalid_request", "client_certificate.required");
    let answer = token(&server, &device, &form, Some(&shown)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let access_token = text(&answer.json(), "access_token").to_owned();
    assert_eq!(present(&server, "/userinfo", &access_token, Some(&shown)).await.status, 200);
    present(&server, "/userinfo", &access_token, None).await.assert_json_error(
        401,
        "invalid_token",
        "bearer.bound",
    );
}

#[tokio::test]
async fn a_certificate_meets_the_demand_for_a_proof_of_a_key() {
    let demand = ("oauth.dpop", "require");
    let server = TestServer::start_with(&[&BEHIND[..], &[demand]].concat()).await;
    server.user("alice").await;
    let shown = self_signed("app", |_| ());
    let app = bound(&server, "web", ClientKind::Web, TokenFormat::Opaque).await;
    let answer = redeemed(&server, &app, Some(&shown)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["token_type"].as_str()),
        (200, Some("Bearer")),
        "{answer:?}"
    );
    let refused = redeemed(&server, &app, None).await;
    refused.assert_json_error(400, "invalid_request", "client_certificate.required");
}

#[tokio::test]
async fn tokens_that_are_bound_to_a_certificate_count_as_bound_while_the_demand_is_reported() {
    let demand = ("oauth.dpop", "report");
    let server = TestServer::start_with(&[&BEHIND[..], &[demand]].concat()).await;
    server.user("alice").await;
    let shown = self_signed("app", |_| ());
    let app = bound(&server, "web", ClientKind::Web, TokenFormat::Opaque).await;
    assert_eq!(redeemed(&server, &app, Some(&shown)).await.status, 200);
    store(&server.app).await;
    let health = activity::health(&server, "web").await;
    let policies = health["policies"].as_array().unwrap();
    let dpop = policies.iter().find(|policy| policy["policy"] == "dpop").unwrap();
    assert_eq!(dpop["verdict"], "safe", "{dpop}");
}
