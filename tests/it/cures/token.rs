//! Refused token requests.

use std::time::Duration;

use grantor::oauth::client::assertion::JWT_BEARER;
use grantor::oauth::client::{AuthMethod, GrantType};
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::random_id;
use serde_json::json;

use super::{cured, reason};
use crate::support::jwt::{jwks, key};
use crate::support::relying_party::{Registration, basic};
use crate::support::{Operator, TestServer};

const CREDENTIALS: &str = "client_credentials";

#[tokio::test]
async fn a_new_secret_takes_the_place_of_a_lost_one() {
    let server = TestServer::start().await;
    server.register(Registration::web("web").grants(&[GrantType::ClientCredentials])).await;
    let mut secret = "a lost secret".to_owned();
    let ask = async |secret: &str| {
        server.token(&[("client_id", "web"), ("client_secret", secret), ("grant_type", CREDENTIALS)]).await
    };
    let refused = ask(&secret).await;
    let explained = super::explained(&server, &refused).await;
    assert_eq!(explained["reason"], "client.secret_wrong", "{explained}");
    let output = Operator::of(&server).shell(explained["command"].as_str().unwrap());
    secret = output.trim().rsplit(' ').next().unwrap().to_owned();
    server.clock.advance(Duration::from_secs(2));
    assert_eq!(ask(&secret).await.status, 200, "{output}");
}

#[tokio::test]
async fn a_grant_is_added_by_each_of_its_names() {
    for (grant, expected) in [
        (GrantType::ClientCredentials, ""),
        (GrantType::DeviceCode, "device_code.missing"),
        (GrantType::JwtBearer, "assertion.missing"),
        (GrantType::TokenExchange, "subject_token.missing"),
        (GrantType::RefreshToken, "refresh_token.missing"),
        (GrantType::Ciba, "auth_req_id.missing"),
    ] {
        let server = TestServer::start().await;
        let web = Registration::web("web").grants(&[GrantType::AuthorizationCode]);
        let web = server.register(web.scopes("openid read")).await;
        let form = [("grant_type", grant.as_str()), ("scope", "read")];
        let cured = cured(&server, "client.grant_not_allowed", async || web.token(&form).await).await;
        assert_eq!(reason(&cured.answer), expected, "{}: {:?}", cured.command, cured.answer);
    }
}

#[tokio::test]
async fn a_client_may_send_its_secret_in_the_other_way() {
    let server = TestServer::start().await;
    let registration = Registration::web("web").method(AuthMethod::Basic);
    let web = server.register(registration.grants(&[GrantType::ClientCredentials])).await;
    let secret = web.secret.clone().unwrap();
    let form = [("client_id", "web"), ("client_secret", &secret), ("grant_type", CREDENTIALS)];
    let by_post = cured(&server, "client.method_not_allowed", async || server.token(&form).await).await;
    assert_eq!(by_post.answer.status, 200, "{}", by_post.command);
    let (mut browser, authorization) = (server.browser(), basic("web", &secret));
    let headers =
        [("authorization", authorization.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let body = "grant_type=client_credentials";
    let by_basic = cured(&server, "client.method_not_allowed", async || {
        browser.request(reqwest::Method::POST, "/token", &headers, body).await
    });
    assert_eq!(by_basic.await.answer.status, 200);
}

#[tokio::test]
async fn an_assertion_for_the_token_endpoint_is_accepted() {
    let server = TestServer::start().await;
    let signing = key(SigningAlgorithm::Es256);
    let mut registration = Registration::service("job").method(AuthMethod::PrivateKeyJwt);
    registration.client.jwks = Some(jwks(&[&signing]));
    server.register(registration).await;
    let ask = async || {
        let now = server.app.now().as_unix();
        let audience = format!("{}/token", server.app.issuer);
        let claims = json!({
            "iss": "job", "sub": "job", "aud": audience, "iat": now, "exp": now + 60, "jti": random_id(),
        });
        let assertion = signing.sign("JWT", &claims).unwrap();
        let proof = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion.as_str())];
        server.token(&[&[("grant_type", CREDENTIALS)][..], &proof].concat()).await
    };
    assert_eq!(cured(&server, "client_assertion.audience", ask).await.answer.status, 200);
}

#[tokio::test]
async fn a_person_who_was_disabled_or_lacks_a_group_gets_tokens_again() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.offline_web().await, server.alice().await);
    let token = web.offline_token(&mut alice).await;
    server.sql("UPDATE users SET disabled_at = 1").await;
    let enabled = cured(&server, "subject.disabled", async || web.refresh_by_hand(&token).await).await;
    assert_eq!(enabled.command, "grantor user enable alice");
    let token = enabled.answer.get("refresh_token");
    assert_ne!(token, "");
    let operator = Operator::of(&server);
    operator.done(&["client", "update", &web.id, "--require-group", "the $(id) group"]);
    server.clock.advance(Duration::from_secs(2));
    let grouped = cured(&server, "subject.group_missing", async || web.refresh_by_hand(&token).await).await;
    assert_eq!(grouped.answer.status, 200, "{} {}", grouped.command, grouped.output);
}
