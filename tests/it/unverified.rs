//! Unverified input decides nothing.

use grantor::jose::key::SigningKey;
use grantor::oauth::client::AuthMethod;
use grantor::oauth::client::assertion::JWT_BEARER;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::random_id;
use serde_json::{Value, json};

use crate::support::relying_party::Registration;
use crate::support::{Application, Browser, Operator, TestServer};

fn jwks(key: &SigningKey) -> String {
    format!("{{\"keys\":[{}]}}", key.public_jwk().unwrap())
}

/// A service that authenticates with `key`, and may use `scopes`.
async fn signer(server: &TestServer, id: &str, key: &SigningKey, scopes: &str) -> Application {
    let mut registration = Registration::service(id).method(AuthMethod::PrivateKeyJwt).scopes(scopes);
    registration.client.jwks = Some(jwks(key));
    server.register(registration).await
}

fn assertion(server: &TestServer, key: &SigningKey, change: &Value) -> String {
    let now = server.app.now().as_unix();
    let mut claims = json!({
        "iss": "weak", "sub": "weak", "aud": server.app.issuer, "iat": now, "exp": now + 60, "jti": random_id(),
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    key.sign("JWT", &claims).unwrap()
}

#[tokio::test]
async fn a_client_id_in_an_assertion_counts_only_with_that_clients_signature() {
    let server = TestServer::start().await;
    let (weak, strong) = [(); 2].map(|()| SigningKey::generate(SigningAlgorithm::Es256).unwrap()).into();
    signer(&server, "weak", &weak, "read").await;
    signer(&server, "strong", &strong, "read write pay").await;
    let ask = async |assertion: &str, extra: &[(&str, &str)]| {
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "pay"),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion),
        ];
        server.browser().post("/token", &[&form, extra].concat()).await
    };
    for (change, status, reason) in [
        // The assertion claims to be the strong client, in each of the places where it can.
        (json!({ "iss": "strong", "sub": "strong" }), 401, "client_assertion.signature"),
        (json!({ "sub": "strong" }), 401, "client_assertion.signature"),
        (json!({ "iss": "strong" }), 401, "client_assertion.claims"),
        (
            json!({ "client_id": "strong", "scope": "pay", "grant_types": ["password"] }),
            400,
            "scope.forbidden",
        ),
    ] {
        let answer = ask(&assertion(&server, &weak, &change), &[]).await;
        assert_eq!((answer.status.as_u16(), answer.get("reason").as_str()), (status, reason), "{change}");
    }
    let mismatch = ask(&assertion(&server, &weak, &json!({})), &[("client_id", "strong")]).await;
    mismatch.assert_json_error(400, "invalid_request", "client_id.mismatch");
    let right = json!({ "iss": "strong", "sub": "strong" });
    assert_eq!(ask(&assertion(&server, &strong, &right), &[]).await.status, 200, "with its own key");
}

#[tokio::test]
async fn what_a_client_may_do_is_what_its_registration_says_now() {
    let server = TestServer::start().await;
    let (service, operator) = (server.service().await, Operator::of(&server));
    let ask =
        async |scope: &str| service.token(&[("grant_type", "client_credentials"), ("scope", scope)]).await;
    // The server read the state just before each of these changes.
    assert_eq!(ask("write").await.status, 200);
    operator.done(&["client", "update", "service", "--scope", "read"]);
    ask("write").await.assert_json_error(400, "forbidden_scope", "scope.forbidden");
    operator.done(&["client", "update", "service", "--scope", "read write"]);
    assert_eq!(ask("write").await.status, 200);
    operator.done(&["client", "update", "service", "--kind", "web", "--redirect-uri", "https://a.example/"]);
    operator.done(&["client", "update", "service", "--grant", "authorization_code"]);
    ask("read").await.assert_json_error(400, "unauthorized_client", "client.grant_not_allowed");
    operator.done(&["client", "update", "service", "--disable"]);
    ask("read").await.assert_json_error(401, "invalid_client", "client.disabled");
}

#[tokio::test]
async fn a_submitted_form_cannot_change_what_the_application_requested() {
    let server = TestServer::start().await;
    let (web, mut alice) = (server.web().await, server.alice().await);
    let page = alice.open(&web.url_with(&[])).await;
    let question = alice.sign_in(&page, "alice").await;
    let forged = [
        ("allow", "1"),
        ("scope", "read pay"),
        ("client_id", "other"),
        ("redirect_uri", "https://evil.example/"),
    ];
    let back = alice.submit(&question, &forged).await;
    assert!(back.location().unwrap().starts_with(&format!("{}?code=", web.redirect_uri)), "{back:?}");
    let tokens = web.redeem_by_hand(&back.get("code")).await;
    assert_eq!(tokens.get("scope"), "read");
    // The same for the response type: an unregistered one stays refused.
    let mut browser: Browser = server.browser();
    let implicit = browser.get(&web.url_with(&[("response_type", "id_token token")])).await;
    implicit.assert_redirect_error("unsupported_response_type", "response_type.not_allowed", &server.url);
}
