//! Cross-origin scripts: which origin may call which endpoint and read its answers.

use reqwest::Method;

use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, Operator, TestServer};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
/// The origin of the public application, taken from its redirect URI.
const SPA: &str = "https://spa.example";
/// The origin registered for the confidential application.
const FRONT: &str = "https://front.example:8443";
const EVIL: &str = "https://evil.example";

struct Fixture {
    server: TestServer,
    spa: Application,
    web: Application,
}

impl Fixture {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let spa = Registration::spa("spa").scopes("openid read").redirect_uri("https://spa.example/callback");
        let spa = server.register(spa).await;
        let web = server.register(Registration::web("web").scopes("openid read")).await;
        Operator::of(&server).done(&["client", "update", "web", "--origin", FRONT]);
        Self { server, spa, web }
    }

    async fn preflight(&self, path: &str, origin: &str) -> Answer {
        let asked = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        ];
        self.server.browser().request(Method::OPTIONS, path, &asked, "").await
    }

    async fn token(&self, origin: &str, body: &str) -> Answer {
        self.server.browser().request(Method::POST, "/token", &[FORM, ("origin", origin)], body).await
    }

    async fn userinfo(&self, origin: &str, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("origin", origin)];
        self.server.browser().request(Method::GET, "/userinfo", &headers, "").await
    }
}

#[track_caller]
fn assert_open(answer: &Answer, origin: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), origin, "{answer:?}");
    let exposed = answer.header("access-control-expose-headers");
    for name in ["www-authenticate", "retry-after", "x-request-id"] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
    assert_bounded(answer);
}

#[track_caller]
fn assert_shut(answer: &Answer) {
    assert!(!answer.headers.contains_key("access-control-allow-origin"), "{answer:?}");
    assert_bounded(answer);
}

/// Holds for every answer of an endpoint that is not open to all origins.
#[track_caller]
fn assert_bounded(answer: &Answer) {
    assert!(answer.headers.get_all("vary").iter().any(|vary| vary == "Origin"), "{answer:?}");
    assert!(!answer.headers.contains_key("access-control-allow-credentials"), "{answer:?}");
}

#[tokio::test]
async fn a_preflight_allows_the_origins_of_any_client_and_no_others() {
    let fixture = Fixture::new().await;
    for path in ["/token", "/userinfo", "/revoke", "/device_authorization"] {
        for origin in [SPA, FRONT] {
            let answer = fixture.preflight(path, origin).await;
            assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""), "{answer:?}");
            assert_open(&answer, origin);
            assert!(answer.header("access-control-allow-methods").split(", ").any(|name| name == "POST"));
            let headers = answer.header("access-control-allow-headers");
            assert!(headers.contains("authorization") && headers.contains("content-type"), "{headers}");
            assert!(answer.header("access-control-max-age").parse::<u32>().unwrap() > 0);
        }
        let near = [
            "https://spa.example.evil.example",
            "http://spa.example",
            "https://front.example",
            "null",
            "*",
            "\u{e9}",
        ];
        // The redirect URI of a confidential client does not make its origin an allowed one.
        for origin in near.into_iter().chain([EVIL, "https://app.example", "https://spa.example/"]) {
            assert_shut(&fixture.preflight(path, origin).await);
        }
    }
}

#[tokio::test]
async fn an_answer_to_a_client_is_readable_by_its_own_origins() {
    let fixture = Fixture::new().await;
    let spa = "grant_type=refresh_token&refresh_token=x&client_id=spa";
    let web = "grant_type=refresh_token&refresh_token=x&client_id=web&client_secret=wrong";
    for (body, own, other) in [(spa, SPA, FRONT), (web, FRONT, SPA)] {
        let answer = fixture.token(own, body).await;
        assert!(answer.status.is_client_error());
        assert_open(&answer, own);
        for origin in [other, EVIL] {
            assert_shut(&fixture.token(origin, body).await);
        }
    }
}

#[tokio::test]
async fn a_client_that_a_request_names_is_known_however_wrong_the_rest_is() {
    let fixture = Fixture::new().await;
    for body in [
        "client_id=spa",
        "client_id=spa&grant_type=x",
        "client_id=spa&grant_type=refresh_token&grant_type=x",
        "client_id=spa&client_secret=a&client_secret=b",
    ] {
        assert_open(&fixture.token(SPA, body).await, SPA);
        assert_shut(&fixture.token(FRONT, body).await);
    }
    // "web:wrong", as Basic credentials.
    let headers = [FORM, ("authorization", "Basic d2ViOndyb25n"), ("origin", FRONT)];
    let answer = fixture.server.browser().request(Method::POST, "/token", &headers, "grant_type=x").await;
    assert_eq!(answer.get("error"), "unsupported_grant_type", "{answer:?}");
    assert_open(&answer, FRONT);
}

#[tokio::test]
async fn an_answer_is_closed_where_the_client_is_not_known() {
    let fixture = Fixture::new().await;
    for body in ["", "grant_type=x", "grant_type=refresh_token&refresh_token=x&client_id=nobody"] {
        for origin in [SPA, FRONT, EVIL] {
            assert_shut(&fixture.token(origin, body).await);
        }
    }
    for (method, headers) in [
        (Method::POST, ("content-type", "text/plain")),
        (Method::DELETE, FORM),
        (Method::OPTIONS, ("access-control-request-method", "POST")),
    ] {
        let path = if method == Method::OPTIONS { "/introspect" } else { "/token" };
        let headers = [headers, ("origin", SPA)];
        let answer = fixture.server.browser().request(method, path, &headers, "").await;
        assert!(answer.status.is_client_error(), "{answer:?}");
        assert_shut(&answer);
    }
}

#[tokio::test]
async fn userinfo_is_readable_by_scripts_of_the_tokens_client() {
    let fixture = Fixture::new().await;
    let mut alice = fixture.server.alice().await;
    for (app, own, other) in [(&fixture.spa, SPA, FRONT), (&fixture.web, FRONT, SPA)] {
        let back = alice.authorize(&app.url_with(&[("scope", "openid")])).await;
        let token = app.redeem_by_hand(&back.get("code")).await.get("access_token");
        let answer = fixture.userinfo(own, &token).await;
        assert_eq!(answer.status, 200);
        assert_open(&answer, own);
        for origin in [other, EVIL] {
            let answer = fixture.userinfo(origin, &token).await;
            assert_eq!(answer.status, 200);
            assert_shut(&answer);
        }
    }
    for origin in [SPA, FRONT, EVIL] {
        let answer = fixture.userinfo(origin, "unknown").await;
        assert_eq!(answer.status, 401);
        assert_shut(&answer);
    }
}

#[tokio::test]
async fn discovery_and_keys_are_open_to_all() {
    let server = TestServer::start().await;
    for path in
        ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks", "/healthz"]
    {
        for method in [Method::GET, Method::OPTIONS, Method::PUT] {
            let answer = server.browser().request(method, path, &[("origin", EVIL)], "").await;
            assert_eq!(answer.header("access-control-allow-origin"), "*", "{answer:?}");
            assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        }
    }
}

#[tokio::test]
async fn origins_are_registered_by_command_and_end_with_the_client() {
    let fixture = Fixture::new().await;
    let operator = Operator::of(&fixture.server);
    let refused = operator.refused(&["client", "update", "web", "--origin", "https://front.example/"]);
    assert!(refused.contains("write \"https://front.example\""), "{refused}");
    assert_eq!(operator.json(&["client", "show", "web"])["origins"], serde_json::json!([FRONT]));
    operator.done(&["client", "update", "web", "--name", "Other"]);
    assert_open(&fixture.preflight("/token", FRONT).await, FRONT);
    operator.done(&["client", "update", "web", "--no-origins"]);
    assert_shut(&fixture.preflight("/token", FRONT).await);
    operator.done(&["client", "update", "spa", "--disable"]);
    assert_shut(&fixture.preflight("/token", SPA).await);
    operator.done(&["client", "update", "spa", "--enable", "--redirect-uri", "https://new.example/cb"]);
    assert_shut(&fixture.preflight("/token", SPA).await);
    assert_open(&fixture.preflight("/token", "https://new.example").await, "https://new.example");
    operator.done(&["client", "delete", "spa", "--yes"]);
    assert_shut(&fixture.preflight("/token", "https://new.example").await);
}
