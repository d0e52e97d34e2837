//! Clients: one that has authenticated is counted for itself, and no stranger can use up what is its.

use std::time::Duration;

use grantor::oauth::client::GrantType;
use reqwest::Method;

use super::{FORM, PROXIED, assert_limited, send};
use crate::deadline::Lock;
use crate::support::relying_party::{Registration, basic};
use crate::support::{Answer, Application, TestServer};

const OPTIONS: [(&str, &str); 3] = [PROXIED, ("limits.token", "2"), ("limits.client", "6")];

/// A request for a token with these credentials, from some network.
async fn token(server: &TestServer, from: &str, (id, secret): (&str, &str)) -> Answer {
    let authorization = basic(id, secret);
    let headers = [FORM, ("x-forwarded-for", from), ("authorization", authorization.as_str())];
    server.browser().request(Method::POST, "/token", &headers, "grant_type=client_credentials").await
}

fn credentials(application: &Application) -> (&str, &str) {
    (&application.id, application.secret.as_deref().unwrap_or_default())
}

#[tokio::test]
async fn a_client_that_authenticates_is_not_limited_by_its_network_but_by_its_own_limit() {
    let server = TestServer::start_with(&OPTIONS).await;
    let service = server.service().await;
    let from = "203.0.113.1";
    for _ in 0..6 {
        assert_eq!(token(&server, from, credentials(&service)).await.status, 200);
    }
    for network in [from, "203.0.113.2"] {
        let limited = token(&server, network, credentials(&service)).await;
        limited.assert_json_error(429, "temporarily_unavailable", "limits.client");
        assert_limited(&limited, "token-client", 6, 10);
    }
    let other = server.register(Registration::service("other")).await;
    assert_eq!(token(&server, from, credentials(&other)).await.status, 200, "the network has room");
    let introspected = service.post("/introspect", &[("token", "none")]).await;
    assert_eq!(introspected.status, 200, "another endpoint has a limit of its own");
    server.clock.advance(Duration::from_secs(9));
    assert_limited(&token(&server, from, credentials(&service)).await, "token-client", 6, 1);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(token(&server, from, credentials(&service)).await.status, 200);
}

#[tokio::test]
async fn a_request_that_fails_after_authentication_counts_for_the_client() {
    let server = TestServer::start_with(&OPTIONS).await;
    let web = server.web().await;
    for _ in 0..6 {
        assert_eq!(web.redeem_by_hand("gac_none").await.get("reason"), "code.unknown");
    }
    assert_limited(&web.redeem_by_hand("gac_none").await, "token-client", 6, 10);
}

#[tokio::test]
async fn strangers_who_name_a_client_use_up_only_the_limit_of_their_own_network() {
    let server = TestServer::start_with(&OPTIONS).await;
    let service = server.service().await;
    let stranger = "203.0.113.9";
    for _ in 0..2 {
        assert_eq!(token(&server, stranger, (&service.id, "guessed")).await.status, 401);
    }
    for _ in 0..5 {
        assert_limited(&token(&server, stranger, (&service.id, "guessed")).await, "token", 2, 30);
    }
    for _ in 0..6 {
        assert_eq!(token(&server, "203.0.113.1", credentials(&service)).await.status, 200);
    }
}

#[tokio::test]
async fn strangers_who_use_the_id_of_a_public_client_do_not_limit_its_users() {
    let options =
        [PROXIED, ("limits.token", "2"), ("limits.client", "1"), ("limits.device_authorization", "2")];
    let server = TestServer::start_with(&options).await;
    let grants = [GrantType::AuthorizationCode, GrantType::DeviceCode];
    let native = server.register(Registration::native("native").grants(&grants)).await;
    let code = native.code(&mut server.alice().await).await;
    let post = async |from: &str, path: &str, form: &[(&str, &str)]| {
        let form = [form, &[("client_id", "native")]].concat();
        let body = serde_urlencoded::to_string(form).unwrap();
        server.browser().request(Method::POST, path, &[FORM, ("x-forwarded-for", from)], &body).await
    };
    for (path, status) in [("/token", 400), ("/device_authorization", 200)] {
        for _ in 0..2 {
            let form =
                [("grant_type", "authorization_code"), ("code", "gac_none"), ("code_verifier", "none")];
            assert_eq!(post("203.0.113.9", path, &form[..]).await.status, status);
        }
        assert_eq!(send(&server, "203.0.113.9", &Method::POST, path).await.status, 429);
    }
    assert_eq!(post("203.0.113.1", "/device_authorization", &[]).await.status, 200);
    assert_eq!(post("203.0.113.1", "/token", &native.redemption(&code)).await.status, 200);
}

#[tokio::test]
async fn requests_that_meet_an_outage_of_the_database_are_not_counted() {
    let server =
        TestServer::start_with(&[("limits.device_authorization", "2"), ("http.deadline", "1s")]).await;
    let tv = server.register(Registration::native("tv").grants(&[GrantType::DeviceCode])).await;
    let ask = async || tv.post("/device_authorization", &[]).await;
    // The whole database on SQLite.
    let lock = Lock::on(&server.database.url, "device_codes IN ACCESS EXCLUSIVE MODE").await;
    for _ in 0..3 {
        ask().await.assert_json_error(503, "temporarily_unavailable", "server.busy");
    }
    lock.release().await;
    for _ in 0..2 {
        assert_eq!(ask().await.status, 200);
    }
    assert_limited(&ask().await, "device_authorization", 2, 30);
}
