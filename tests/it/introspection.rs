//! Introspection (RFC 7662): who learns what about a token; signed on request (RFC 9701).

use std::time::Duration;

use grantor::oauth::client::{ClientKind, TokenFormat};
use grantor::oauth::id::ClientId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::dpop::ProofKey;
use crate::support::jwt::{is_signed, parts};
use crate::support::relying_party::{Registration, basic};
use crate::support::{Application, Browser, Operator, TestServer};

const API: &str = "https://api.example.com";
const INACTIVE: Value = Value::Null;

/// An application, the clients that serve an API it uses, and an unrelated client.
struct Fixture {
    server: TestServer,
    app: Application,
    api: Application,
    stranger: Application,
    alice: Browser,
}

impl Fixture {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let app = server.register(Registration::web("app").scopes("openid offline_access read write")).await;
        let api = server.register(Registration::service("api").scopes("")).await;
        let stranger = server.register(Registration::service("stranger")).await;
        server
            .resource_with(API, "read write", |resource| resource.servers = vec![ClientId::new("api")])
            .await;
        let alice = server.alice().await;
        Self { server, app, api, stranger, alice }
    }

    /// The access and the refresh token for the API, or for this server.
    async fn tokens(&mut self, resource: &str) -> (String, String) {
        let url = self.app.url_with(&[("scope", "openid read"), ("resource", resource)]);
        let back = self.alice.authorize(&url).await;
        let tokens = self.app.redeem_by_hand(&back.get("code")).await;
        (tokens.get("access_token"), tokens.get("refresh_token"))
    }

    /// What each of three clients learns about a token: the application, the API's server, and the stranger.
    async fn answers(&self, token: &str) -> [Value; 3] {
        let mut answers = [Value::Null, Value::Null, Value::Null];
        for (answers, caller) in answers.iter_mut().zip([&self.app, &self.api, &self.stranger]) {
            let answer = caller.introspect(token).await;
            *answers = if answer == json!({ "active": false }) { INACTIVE } else { answer };
        }
        answers
    }

    async fn is_inactive_for_everybody(&self, token: &str) {
        assert_eq!(self.answers(token).await, [INACTIVE, INACTIVE, INACTIVE]);
    }
}

#[tokio::test]
async fn only_a_tokens_client_and_its_api_learn_about_it() {
    let mut fixture = Fixture::new().await;
    let (now, issuer) = (fixture.server.app.now().as_unix(), fixture.server.url.clone());
    let id = Operator::of(&fixture.server).json(&["user", "show", "alice"])["id"].clone();
    let (for_api, refresh) = fixture.tokens(API).await;
    let [to_app, to_api, to_stranger] = fixture.answers(&for_api).await;
    let expected = json!({
        "active": true, "scope": "read", "client_id": "app", "token_type": "Bearer", "iat": now, "exp": now + 600,
        "sub": id, "aud": API, "iss": issuer, "jti": parts(&for_api)[1]["jti"],
    });
    assert_eq!((to_app, to_api, to_stranger), (expected.clone(), expected, INACTIVE));

    let (for_server, _) = fixture.tokens("").await;
    let [to_app, to_api, to_stranger] = fixture.answers(&for_server).await;
    assert_eq!(
        (&to_app["active"], &to_app["scope"], &to_app["aud"]),
        (&json!(true), &json!("openid read"), &json!(issuer))
    );
    assert_eq!((to_api, to_stranger), (INACTIVE, INACTIVE), "it is for another audience");

    let [to_app, to_api, to_stranger] = fixture.answers(&refresh).await;
    let expected = json!({
        "active": true, "scope": "openid read", "client_id": "app", "iat": now, "exp": now + 30 * 86_400,
        "sub": id, "iss": issuer,
    });
    assert_eq!((to_app, to_api, to_stranger), (expected, INACTIVE, INACTIVE));

    let own = fixture.stranger.token(&[("grant_type", "client_credentials")]).await.get("access_token");
    let [to_app, _, to_stranger] = fixture.answers(&own).await;
    assert_eq!((to_app, &to_stranger["sub"]), (INACTIVE, &json!("stranger")));
}

#[tokio::test]
async fn callers_that_do_not_authenticate_learn_nothing() {
    let mut fixture = Fixture::new().await;
    let (token, _) = fixture.tokens(API).await;
    fixture.server.register(Registration::of_kind("spa", ClientKind::Spa)).await;
    let mut browser = fixture.server.browser();
    for more in [vec![], vec![("client_id", "spa")], vec![("client_id", "api")]] {
        let form = [vec![("token", token.as_str())], more].concat();
        let refused = browser.post("/introspect", &form).await;
        refused.assert_json_error(401, "invalid_client", "client.authentication_missing");
    }
    let wrong = [("token", token.as_str()), ("client_id", "api"), ("client_secret", "wrong")];
    let refused = browser.post("/introspect", &wrong).await;
    refused.assert_json_error(401, "invalid_client", "client.secret_wrong");
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let refused = browser.request(Method::POST, "/introspect", &headers, &format!("token={token}")).await;
    refused.assert_json_error(401, "invalid_client", "client.authentication_missing");
    let refused = fixture.api.post("/introspect", &[("token_type_hint", "access_token")]).await;
    refused.assert_json_error(400, "invalid_request", "token.missing");
    let get = browser.get(&format!("/introspect?token={token}")).await;
    get.assert_json_error(405, "invalid_request", "request.method");
}

#[tokio::test]
async fn an_ended_token_is_inactive_for_everybody_at_once() {
    let mut fixture = Fixture::new().await;
    let operator = Operator::of(&fixture.server);
    for resource in [API, ""] {
        let (token, _) = fixture.tokens(resource).await;
        operator.done(&["user", "disable", "alice"]);
        assert_eq!(fixture.api.introspect(&token).await, json!({ "active": false }));
        operator.done(&["user", "enable", "alice"]);
        let (token, refresh) = fixture.tokens(resource).await;
        operator.done(&["client", "update", "app", "--disable"]);
        assert_eq!(fixture.api.introspect(&token).await, json!({ "active": false }));
        operator.done(&["client", "update", "app", "--enable"]);
        assert_eq!(fixture.app.introspect(&token).await["active"], true);
        assert_eq!(fixture.app.introspect(&refresh).await["active"], true);
        // Only the successor is valid now.
        let next = fixture.app.refresh_by_hand(&refresh).await;
        fixture.is_inactive_for_everybody(&refresh).await;
        assert_eq!(fixture.app.introspect(&next.get("refresh_token")).await["active"], true);
        let (token, refresh) = fixture.tokens(resource).await;
        let next = fixture.app.refresh_by_hand(&refresh).await;
        operator.done(&["session", "end", "--user", "alice", "--yes"]);
        for token in [&token, &next.get("access_token"), &next.get("refresh_token")] {
            fixture.is_inactive_for_everybody(token).await;
        }
        let (token, refresh) = fixture.tokens(resource).await;
        fixture.server.clock.advance(Duration::from_secs(600));
        fixture.is_inactive_for_everybody(&token).await;
        assert_eq!(fixture.app.introspect(&refresh).await["active"], true);
    }
}

#[tokio::test]
async fn made_up_tokens_are_inactive_and_nothing_more() {
    let mut fixture = Fixture::new().await;
    let (token, refresh) = fixture.tokens(API).await;
    let id_token = {
        let back = fixture.alice.authorize(&fixture.app.url_with(&[("scope", "openid read")])).await;
        fixture.app.redeem_by_hand(&back.get("code")).await.get("id_token")
    };
    let [head, body, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let none = grantor::secret::to_base64url(br#"{"alg":"none","typ":"at+jwt"}"#);
    for made_up in [
        "x",
        "gat_",
        "gat_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "eyJ",
        "eyJ.eyJ.eyJ",
        &id_token,
        &format!("{none}.{body}."),
        &format!("{head}.{body}."),
        &format!("{head}.{}.{signature}", &id_token.split('.').nth(1).unwrap()),
        &refresh[..refresh.len() - 2],
        &"x".repeat(8193),
        &"x".repeat(32 * 1024),
    ] {
        fixture.is_inactive_for_everybody(made_up).await;
    }
    let elsewhere = Fixture::new().await;
    elsewhere.is_inactive_for_everybody(&token).await;
    elsewhere.is_inactive_for_everybody(&refresh).await;
    let long = "x".repeat(32 * 1024 + 1);
    let refused = fixture.api.post("/introspect", &[("token", &long)]).await;
    refused.assert_json_error(400, "invalid_request", "parameter.too_long");
}

#[tokio::test]
async fn an_answer_is_signed_on_request() {
    let mut fixture = Fixture::new().await;
    let (token, _) = fixture.tokens(API).await;
    let authorization = basic("api", fixture.api.secret.as_deref().unwrap());
    let ask = async |accept: &str, token: &str| {
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", accept),
        ];
        let body = format!("token={token}");
        fixture.server.browser().request(Method::POST, "/introspect", &headers, &body).await
    };
    let plain = fixture.api.introspect(&token).await;
    for accept in [
        "application/token-introspection+jwt",
        "text/html, Application/Token-Introspection+JWT;q=0.9, */*;q=0.8",
    ] {
        let signed = ask(accept, &token).await;
        assert_eq!(signed.header("content-type"), "application/token-introspection+jwt");
        assert_eq!(signed.header("cache-control"), "no-store");
        assert!(signed.header("vary").split(", ").any(|name| name == "Accept"), "{signed:?}");
        assert!(is_signed(&fixture.server, &signed.body).await);
        let [header, claims] = parts(&signed.body);
        assert_eq!(header["typ"], "token-introspection+jwt");
        let expected = json!({
            "iss": fixture.server.url, "aud": "api", "iat": fixture.server.app.now().as_unix(), "token_introspection": plain,
        });
        assert_eq!(claims, expected);
    }
    let [_, claims] = parts(&ask("application/token-introspection+jwt", "made-up").await.body);
    assert_eq!(claims["token_introspection"], json!({ "active": false }));
    for accept in [
        "application/json",
        "*/*",
        "",
        "application/token-introspection+jwt;q=0, application/json",
        "application/json, application/token-introspection+jwt;q=0.1",
        "application/token-introspection+jwt;q=0.9, */*",
    ] {
        assert_eq!(ask(accept, &token).await.json(), plain, "{accept}");
    }
    // A signed introspection response is not an access token and cannot be introspected.
    let signed = ask("application/token-introspection+jwt", &token).await.body;
    fixture.is_inactive_for_everybody(&signed).await;
}

#[tokio::test]
async fn a_just_registered_server_of_an_api_may_introspect_at_once() {
    let mut fixture = Fixture::new().await;
    let (token, _) = fixture.tokens(API).await;
    assert_eq!(fixture.stranger.introspect(&token).await, json!({ "active": false }));
    let operator = Operator::of(&fixture.server);
    operator.done(&["resource", "update", API, "--client", "stranger"]);
    assert_eq!(fixture.stranger.introspect(&token).await["active"], true);
}

#[tokio::test]
async fn a_resource_under_the_issuers_own_uri_names_who_may_ask_about_tokens_for_this_server() {
    let mut fixture = Fixture::new().await;
    let (token, _) = fixture.tokens("").await;
    let (operator, issuer) = (Operator::of(&fixture.server), fixture.server.url.clone());
    assert_eq!(fixture.api.introspect(&token).await, json!({ "active": false }));
    operator.done(&["resource", "create", &issuer, "--client", "api"]);
    assert_eq!(fixture.api.introspect(&token).await["aud"], issuer);
    assert_eq!(fixture.stranger.introspect(&token).await, json!({ "active": false }));
    let (_, refresh) = fixture.tokens(&issuer).await;
    let tokens = fixture.app.refresh_by_hand(&refresh).await;
    assert_eq!(tokens.get("scope"), "openid read", "its tokens are as ever");
}

#[tokio::test]
async fn retiring_a_key_ends_the_tokens_that_were_verified_with_it_before() {
    let server = TestServer::start().await;
    let mut registration = Registration::service("job");
    registration.client.token_format = TokenFormat::Jwt;
    let job = server.register(registration).await;
    let token = job.token(&[("grant_type", "client_credentials")]).await.get("access_token");
    for _ in 0..2 {
        assert_eq!(job.introspect(&token).await["active"], true, "verified, and then remembered");
    }
    let (unsigned, signature) = token.rsplit_once('.').unwrap();
    for forged in [format!("{unsigned}."), format!("{unsigned}.{}A", &signature[1..])] {
        assert_eq!(
            job.introspect(&forged).await,
            json!({ "active": false }),
            "another signature is another token"
        );
    }
    let operator = Operator::of(&server);
    let [header, _] = parts(&token);
    operator.done(&["key", "rotate", "--algorithm", "ES256", "--now", "--yes"]);
    operator.done(&["key", "retire", header["kid"].as_str().unwrap(), "--yes"]);
    server.clock.advance(Duration::from_secs(2));
    assert_eq!(job.introspect(&token).await, json!({ "active": false }));
    let new = job.token(&[("grant_type", "client_credentials")]).await.get("access_token");
    assert_eq!(job.introspect(&new).await["active"], true);
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_says_so_in_every_answer() {
    let mut fixture = Fixture::new().await;
    let key = ProofKey::new();
    let cnf = json!({ "jkt": key.thumbprint() });
    for resource in [API, ""] {
        let (app, server) = (&fixture.app, &fixture.server);
        let url = app.url_with(&[("scope", "openid read"), ("resource", resource)]);
        let code = fixture.alice.authorize(&url).await.get("code");
        let first = app.proven(server, &app.redemption(&code), &key.proof(server)).await;
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", &first.get("refresh_token"))];
        let refreshed = app.proven(server, &refresh, &key.proof(server)).await;
        for answer in [first, refreshed] {
            assert_eq!(answer.get("token_type"), "DPoP");
            let token = answer.get("access_token");
            let introspection = fixture.app.introspect(&token).await;
            assert_eq!((&introspection["token_type"], &introspection["cnf"]), (&json!("DPoP"), &cnf));
            if resource == API {
                assert_eq!(parts(&token)[1]["cnf"], cnf);
            }
        }
    }
}
