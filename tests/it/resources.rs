//! Resource indicators (RFC 8707), and access tokens that are JWTs (RFC 9068).

use std::time::Duration;

use grantor::clock::{Seconds, Timestamp};
use grantor::oauth::client::TokenFormat;
use grantor::oauth::grant::scope::ScopeRecord;
use grantor::oauth::request::response_type::ResponseType;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::store::scopes;
use serde_json::json;

use crate::support::jwt::{claims, is_signed, parts};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Browser, CHALLENGE, Operator, TestServer};

const API: &str = "https://api.example.com";
const OTHER: &str = "https://other.example.com/v1";
const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// A server with two APIs, an application that may use both, and Alice's browser.
async fn started() -> (TestServer, Application, Browser) {
    let server = TestServer::start().await;
    server.resource(API, "read write").await;
    server.resource(OTHER, "pay").await;
    let app =
        server.register(Registration::web("app").scopes("openid email offline_access read write pay")).await;
    let alice = server.alice().await;
    (server, app, alice)
}

/// An authorization URL that names several resources.
fn url(app: &Application, server: &TestServer, scope: &str, resources: &[&str]) -> String {
    let mut params = vec![
        ("client_id", app.id.as_str()),
        ("redirect_uri", &app.redirect_uri),
        ("response_type", "code"),
        ("scope", scope),
        ("state", "the state"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    params.extend(resources.iter().map(|uri| ("resource", *uri)));
    format!("{}/authorize?{}", server.url, serde_urlencoded::to_string(params).unwrap())
}

async fn redeemed(
    (server, app, browser): (&TestServer, &Application, &mut Browser),
    scope: &str,
    resources: &[&str],
) -> Answer {
    let back = browser.authorize(&url(app, server, scope, resources)).await;
    app.redeem_by_hand(&back.get("code")).await
}

async fn refreshed(app: &Application, token: &str, changes: &[(&str, &str)]) -> Answer {
    app.token(&[&[("grant_type", "refresh_token"), ("refresh_token", token)], changes].concat()).await
}

#[tokio::test]
async fn a_token_for_an_api_is_a_jwt_with_its_audience_and_its_scopes_alone() {
    let (server, app, mut alice) = started().await;
    let tokens = redeemed((&server, &app, &mut alice), "openid email read pay", &[&format!("{API}/")]).await;
    assert_eq!(tokens.get("scope"), "read");
    assert!(!tokens.get("id_token").is_empty(), "identity scopes are granted as ever");
    let token = tokens.get("access_token");
    assert!(is_signed(&server, &token).await);
    let [header, said] = parts(&token);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("ES256")));
    let person = claims(&tokens.get("id_token"));
    let now = server.app.now().as_unix();
    let expected = json!({
        "iss": server.url, "aud": API, "sub": person["sub"], "client_id": "app", "scope": "read", "acr": "1",
        "iat": now, "exp": now + 600, "auth_time": person["auth_time"], "jti": said["jti"],
    });
    assert_eq!(said, expected);
    server.user_info(&token).await.assert_json_error(401, "invalid_token", "bearer.audience");

    // A third token, for this server itself: the resource is the issuer.
    let issuer = server.url.clone();
    let more = refreshed(&app, &tokens.get("refresh_token"), &[("resource", &issuer)]).await;
    assert_eq!(more.get("scope"), "email openid pay");
    assert_eq!(server.user_info(&more.get("access_token")).await.json()["email"], "alice@example.com");
}

#[tokio::test]
async fn of_several_resources_each_token_is_for_one() {
    let (server, app, mut alice) = started().await;
    let back = alice.authorize(&url(&app, &server, "openid read pay", &[API, OTHER, API])).await;
    let form = |uri| [("resource", uri)];
    let code = back.get("code");
    let tokens = app.redeem_with(&code, &form(OTHER)).await;
    assert_eq!(claims(&tokens.get("access_token"))["aud"], OTHER);
    assert_eq!(tokens.get("scope"), "pay");
    let next = refreshed(&app, &tokens.get("refresh_token"), &form(API)).await;
    assert_eq!(
        (&claims(&next.get("access_token"))["aud"], next.get("scope").as_str()),
        (&json!(API), "read")
    );
    let refresh = next.get("refresh_token");
    let both = app
        .token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh),
            ("resource", API),
            ("resource", OTHER),
        ])
        .await;
    both.assert_json_error(400, "invalid_target", "resource.several");
    // Without `resource` the token is for this server, so the scopes of both APIs are left out.
    let unnamed = refreshed(&app, &refresh, &[]).await;
    assert_eq!(unnamed.get("scope"), "openid");
    assert!(unnamed.get("access_token").starts_with("gat_"));
    let changes = [("scope", "openid pay"), ("resource", API)];
    let narrowed = refreshed(&app, &unnamed.get("refresh_token"), &changes).await;
    narrowed.assert_json_error(400, "invalid_scope", "scope.not_of_resource");
}

#[tokio::test]
async fn a_resource_that_was_not_authorized_is_no_target() {
    let (server, app, mut alice) = started().await;
    let tokens = redeemed((&server, &app, &mut alice), "openid read", &[API]).await;
    let refresh = tokens.get("refresh_token");
    let refused = refreshed(&app, &refresh, &[("resource", OTHER)]).await;
    refused.assert_json_error(400, "invalid_target", "resource.widened");
    let tokens = redeemed((&server, &app, &mut alice), "openid read", &[]).await;
    let refused = refreshed(&app, &tokens.get("refresh_token"), &[("resource", API)]).await;
    refused.assert_json_error(400, "invalid_target", "resource.widened");
    assert!(!refreshed(&app, &tokens.get("refresh_token"), &[]).await.get("access_token").is_empty());

    let unknown = format!("{API}/v2");
    for (scope, resource, error, reason) in [
        ("read", unknown.as_str(), "invalid_target", "resource.unknown"),
        ("read", "api", "invalid_target", "resource.malformed"),
        ("read", "https://api.example.com#x", "invalid_target", "resource.malformed"),
        ("openid", API, "invalid_scope", "scope.not_of_resource"),
        ("pay", API, "invalid_scope", "scope.not_of_resource"),
    ] {
        let back = alice.authorize(&url(&app, &server, scope, &[resource])).await;
        back.assert_redirect_error(error, reason, &server.url);
    }
    let nine: Vec<String> = (0..9).map(|n| format!("{API}/{n}")).collect();
    let nine: Vec<&str> = nine.iter().map(String::as_str).collect();
    let back = alice.authorize(&url(&app, &server, "read", &nine)).await;
    back.assert_redirect_error("invalid_request", "parameter.repeated", &server.url);
}

#[tokio::test]
async fn a_service_gets_tokens_for_what_it_is_registered_for() {
    let (server, ..) = started().await;
    let free = server.service().await;
    let token = free.token(&[GRANT, ("scope", "read pay"), ("resource", API)]).await;
    assert_eq!(
        (claims(&token.get("access_token"))["aud"].as_str(), token.get("scope").as_str()),
        (Some(API), "read")
    );
    assert_eq!(claims(&token.get("access_token"))["sub"], "service");
    let opaque = free.token(&[GRANT, ("scope", "read")]).await;
    assert!(opaque.get("access_token").starts_with("gat_"), "for no resource");

    let mut bound = Registration::service("bound");
    bound.client.resources = vec![API.to_owned()];
    let bound = server.register(bound).await;
    let token = bound.token(&[GRANT]).await;
    assert_eq!(
        (claims(&token.get("access_token"))["aud"].as_str(), token.get("scope").as_str()),
        (Some(API), "read write")
    );
    let refused = bound.token(&[GRANT, ("resource", OTHER)]).await;
    refused.assert_json_error(400, "invalid_target", "resource.not_allowed");
    let poor = server.register(Registration::service("poor").scopes("secret")).await;
    let refused = poor.token(&[GRANT, ("resource", API)]).await;
    refused.assert_json_error(400, "invalid_target", "resource.not_allowed");
}

#[tokio::test]
async fn a_jwt_is_not_stored() {
    let (server, app, mut alice) = started().await;
    let mut service = Registration::service("service");
    service.client.token_format = TokenFormat::Jwt;
    let service = server.register(service).await;
    let tokens = redeemed((&server, &app, &mut alice), "openid read", &[API]).await;
    refreshed(&app, &tokens.get("refresh_token"), &[]).await;
    let token = service.token(&[GRANT]).await.get("access_token");
    assert_eq!(claims(&token)["aud"], server.url, "for no resource: for this server");
    assert_eq!(server.number("SELECT COUNT(*) FROM access_tokens").await, 0);
    server.user_info(&token).await.assert_json_error(401, "invalid_token", "bearer.without_person");
}

#[tokio::test]
async fn jwts_of_a_client_open_userinfo_until_their_grant_ends() {
    let server = TestServer::start().await;
    let mut registration = Registration::web("app").scopes("openid email");
    registration.client.token_format = TokenFormat::Jwt;
    let (app, mut alice) = (server.register(registration).await, server.alice().await);
    let operator = Operator::of(&server);
    let token = async |alice: &mut Browser| {
        redeemed((&server, &app, alice), "openid email", &[]).await.get("access_token")
    };
    let first = token(&mut alice).await;
    assert_eq!(server.user_info(&first).await.json()["email"], "alice@example.com");
    let refused = async |token: &str, reason: &str| {
        server.user_info(token).await.assert_json_error(401, "invalid_token", reason);
    };
    operator.done(&["user", "disable", "alice"]);
    refused(&first, "bearer.revoked").await;
    operator.done(&["user", "enable", "alice"]);
    let first = token(&mut alice).await;
    operator.done(&["client", "update", "app", "--disable"]);
    refused(&first, "bearer.revoked").await;
    operator.done(&["client", "update", "app", "--enable"]);
    assert_eq!(server.user_info(&first).await.status, 200);
    let second = token(&mut alice).await;
    operator.done(&["session", "end", "--user", "alice", "--yes"]);
    refused(&second, "bearer.revoked").await;
    let second = token(&mut alice).await;
    server.clock.advance(Duration::from_secs(600));
    refused(&second, "bearer.expired").await;

    // An ID Token is not an access token, and neither is a token with another key's signature.
    let tokens = redeemed((&server, &app, &mut alice), "openid", &[]).await;
    refused(&tokens.get("id_token"), "bearer.unknown").await;
    let forged = format!("{}x", tokens.get("access_token"));
    refused(&forged, "bearer.unknown").await;
    let elsewhere = TestServer::start().await;
    elsewhere.user_info(&tokens.get("access_token")).await.assert_json_error(
        401,
        "invalid_token",
        "bearer.unknown",
    );
}

#[tokio::test]
async fn the_shortest_of_client_resource_and_scope_is_how_long_a_token_lives() {
    let (server, ..) = started().await;
    let short = ScopeRecord {
        name: "short".into(),
        description: "For a moment".into(),
        access_token_lifetime: Some(Seconds::new(20)),
        ..ScopeRecord::default()
    };
    server.store(async move |tx| scopes::save(tx, &short, Timestamp::from_unix(0)).await).await;
    server
        .resource_with("urn:quick", "read short", |resource| {
            resource.access_token_lifetime = Some(Seconds::new(300));
        })
        .await;
    let mut long = Registration::service("long").scopes("read short");
    long.client.access_token_lifetime = Some(Seconds::new(3600));
    let long = server.register(long).await;
    for (form, seconds) in [
        (vec![GRANT, ("scope", "read")], 3600),
        (vec![GRANT, ("scope", "read"), ("resource", "urn:quick")], 300),
        (vec![GRANT, ("scope", "read short"), ("resource", "urn:quick")], 20),
        (vec![GRANT, ("scope", "read short")], 20),
    ] {
        let token = long.token(&form).await;
        assert_eq!(token.json()["expires_in"], seconds, "{form:?}");
        if let [_, body, _] = token.get("access_token").split('.').collect::<Vec<_>>()[..] {
            assert!(!body.is_empty());
            let said = claims(&token.get("access_token"));
            assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), seconds);
        }
    }
}

#[tokio::test]
async fn an_api_may_have_opaque_tokens_and_an_algorithm_of_its_own() {
    let server = TestServer::start().await;
    server.resource_with("urn:opaque", "read", |resource| resource.format = TokenFormat::Opaque).await;
    server
        .resource_with("urn:ed", "read", |resource| resource.algorithm = Some(SigningAlgorithm::EdDsa))
        .await;
    let service = server.service().await;
    let token = service.token(&[GRANT, ("resource", "urn:opaque")]).await;
    assert!(token.get("access_token").starts_with("gat_"), "{token:?}");
    assert_eq!(service.introspect(&token.get("access_token")).await["aud"], "urn:opaque");
    let token = service.token(&[GRANT, ("resource", "urn:ed")]).await.get("access_token");
    assert_eq!(parts(&token)[0]["alg"], "EdDSA");
    assert!(is_signed(&server, &token).await);
}

#[tokio::test]
async fn a_token_through_the_browser_is_for_the_resource_as_well() {
    let (server, ..) = started().await;
    let mut hybrid = Registration::web("hybrid").scopes("openid read pay");
    hybrid.client.response_types = ResponseType::ALL[1..].to_vec();
    let app = server.register(hybrid).await;
    let mut browser = server.browser();
    let changes =
        [("response_type", "id_token token"), ("scope", "openid read"), ("nonce", "n"), ("resource", API)];
    let back = browser.authorize(&app.url_with(&changes)).await;
    assert_eq!(claims(&back.get("access_token"))["aud"], API, "{back:?}");
    assert_eq!(back.get("scope"), "read");
}

#[tokio::test]
async fn pairwise_clients_have_pairwise_subjects_in_their_tokens() {
    let (server, _, mut alice) = started().await;
    let operator = Operator::of(&server);
    let apart = server.register(Registration::web("apart").scopes("openid read")).await;
    operator.done(&["client", "update", "apart", "--subject-type", "pairwise"]);
    let tokens = redeemed((&server, &apart, &mut alice), "openid read", &[API]).await;
    let sub = claims(&tokens.get("id_token"))["sub"].clone();
    assert_eq!(claims(&tokens.get("access_token"))["sub"], sub);
    assert_eq!(apart.introspect(&tokens.get("access_token")).await["sub"], sub);
    let id = operator.json(&["user", "show", "alice"])["id"].clone();
    assert_ne!(sub, id);
}

#[tokio::test]
async fn a_token_of_a_deleted_client_does_not_belong_to_a_new_one_with_its_id() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = ["client", "create", "--id", "job", "--name", "Job", "--kind", "service", "--scope", "read"];
    let create = [&create[..], &["--token-format", "jwt", "--secret", "a made-up secret"]].concat();
    operator.done(&create);
    // The command uses the system clock, and the server's does not run.
    server.sql("UPDATE clients SET created_at = 0").await;
    let job = Application::registered_at(&server.url, "job", Some("a made-up secret"), "");
    let token = job.token(&[GRANT]).await.get("access_token");
    assert_eq!(job.introspect(&token).await["active"], true);
    operator.done(&["client", "delete", "job", "--yes"]);
    operator.done(&create);
    server.sql("UPDATE clients SET created_at = created_at + 5").await;
    assert_eq!(job.introspect(&token).await, json!({ "active": false }));
}
