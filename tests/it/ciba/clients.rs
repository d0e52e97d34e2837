//! Every way in which a confidential client proves who it is works here, too.

use grantor::oauth::client::assertion::JWT_BEARER;
use grantor::oauth::client::{AssertionAudience, AuthMethod};
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::random_id;
use reqwest::Method;
use serde_json::json;

use super::{BEGIN, asking, form};
use crate::mtls::Trusting;
use crate::support::jwt::{jwks, key};
use crate::support::{Answer, TestServer};

async fn send(server: &TestServer, headers: &[(&str, &str)], own: &[(&str, &str)]) -> Answer {
    let headers = [&[("content-type", "application/x-www-form-urlencoded")], headers].concat();
    let body = serde_urlencoded::to_string([&form(&[]), own].concat()).unwrap();
    server.browser().request(Method::POST, BEGIN, &headers, &body).await
}

#[tokio::test]
async fn a_secret_in_the_body_and_an_assertion_work_and_count_once() {
    let server = TestServer::start_with(&[("ciba.waiting", "99")]).await;
    server.user("alice").await;
    let post = server.register(asking("post").method(AuthMethod::Post)).await;
    let own = [("client_id", "post"), ("client_secret", post.secret.as_deref().unwrap())];
    assert_eq!(send(&server, &[], &own).await.status, 200);
    let key = key(SigningAlgorithm::Es256);
    let mut registration = asking("signer").method(AuthMethod::PrivateKeyJwt);
    registration.client.jwks = Some(jwks(&[&key]));
    server.register(registration).await;
    let now = server.app.now().as_unix();
    let claims = json!({
        "iss": "signer", "sub": "signer", "aud": server.app.issuer, "exp": now + 60, "jti": random_id(),
    });
    let assertion = key.sign("JWT", &claims).unwrap();
    let own = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion.as_str())];
    assert_eq!(send(&server, &[], &own).await.status, 200);
    let again = send(&server, &[], &own).await;
    again.assert_json_error(401, "invalid_client", "client_assertion.replayed");
}

#[tokio::test]
async fn an_assertion_may_name_this_endpoint_only_for_a_client_that_is_registered_so() {
    let mtls = "https://mtls.example.com";
    let server = TestServer::start_with(&[
        ("ciba.waiting", "99"),
        ("ciba.waiting_of_client", "99"),
        ("tls.mtls_public_url", mtls),
        ("tls.client_certificate_header", "Client-Cert"),
        ("tls.client_certificate_proxies", "127.0.0.1"),
    ])
    .await;
    server.user("alice").await;
    let key = key(SigningAlgorithm::Es256);
    let issuer = server.app.issuer.clone();
    let audiences =
        [issuer.clone(), format!("{issuer}/token"), format!("{issuer}{BEGIN}"), format!("{mtls}{BEGIN}")];
    let expected = [
        (None, [200, 401, 401, 401], [true, false, false, false]),
        (Some(AssertionAudience::TokenEndpoint), [200; 4], [true, true, false, false]),
    ];
    for (nth, (audience, here, elsewhere)) in expected.into_iter().enumerate() {
        let id = format!("signer{nth}");
        let mut registration = asking(&id).method(AuthMethod::PrivateKeyJwt);
        registration.client.jwks = Some(jwks(&[&key]));
        registration.client.assertion_audience = audience;
        server.register(registration).await;
        for ((aud, status), is_good_elsewhere) in audiences.iter().zip(here).zip(elsewhere) {
            let now = server.app.now().as_unix();
            let assertion = || {
                let claims = json!({ "iss": id, "sub": id, "aud": aud, "exp": now + 60, "jti": random_id() });
                key.sign("JWT", &claims).unwrap()
            };
            let (first, second) = (assertion(), assertion());
            let own = |token| {
                vec![("client_assertion_type", JWT_BEARER), ("client_assertion", token), ("token", "x")]
            };
            let answer = send(&server, &[], &own(&first)).await;
            assert_eq!(answer.status, status, "{aud}: {answer:?}");
            if status == 401 {
                answer.assert_json_error(401, "invalid_client", "client_assertion.audience");
            }
            let introspected = server.browser().post("/introspect", &own(&second)).await;
            assert_eq!(introspected.status == 200, is_good_elsewhere, "{aud}: {introspected:?}");
        }
    }
}

#[tokio::test]
async fn a_certificate_proves_the_client() {
    let Trusting { server, authority, folder } = Trusting::start().await;
    server.user("alice").await;
    let mut registration = asking("bank").method(AuthMethod::TlsClientAuth);
    registration.client.certificate.subject_dn = Some("CN=bank".into());
    server.register(registration).await;
    let (own, other) = (authority.client("bank").header(), authority.client("shop").header());
    let begun = send(&server, &[("client-cert", &own)], &[("client_id", "bank")]).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let refused = send(&server, &[("client-cert", &other)], &[("client_id", "bank")]).await;
    refused.assert_json_error(401, "invalid_client", "client_certificate.subject");
    let without = send(&server, &[], &[("client_id", "bank")]).await;
    without.assert_json_error(401, "invalid_client", "client_certificate.missing");
    drop(folder);
}
