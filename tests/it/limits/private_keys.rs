//! What makes the server use a private RSA key for a stranger counts as ten requests of their network.

use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::{random, to_base64url};
use reqwest::Method;
use serde_json::{Value, json};

use super::{FORM, PROXIED, assert_limited};
use crate::support::relying_party::{Registration, basic};
use crate::support::{Answer, Application, TestServer};

async fn open(server: &TestServer, from: &str, address: &str) -> Answer {
    server.browser().request(Method::GET, address, &[("x-forwarded-for", from)], "").await
}

async fn app(server: &TestServer, id: &str, algorithm: SigningAlgorithm) -> Application {
    let mut registration = Registration::web(id);
    registration.client.messages.response_alg = Some(algorithm);
    server.register(registration).await
}

#[tokio::test]
async fn a_refusal_that_an_rsa_key_signs_for_a_stranger_counts_as_ten_requests() {
    let options = [PROXIED, ("limits.pages", "35"), ("keys.algorithms", "RS256 ES256")];
    let server = TestServer::start_with(&options).await;
    let (slow, fast) = (
        app(&server, "slow", SigningAlgorithm::Rs256).await,
        app(&server, "fast", SigningAlgorithm::Es256).await,
    );
    let mode = ("response_mode", "jwt");
    // A mistake, and a person who is not signed in.
    let refused = [("scope", "nonsense"), ("prompt", "none")].map(|change| slow.url_with(&[mode, change]));
    for address in [&refused[0], &refused[1], &refused[0]] {
        let answer = open(&server, "203.0.113.1", address).await;
        assert_ne!(answer.get("response"), "", "{answer:?}");
    }
    for address in &refused {
        let limited = open(&server, "203.0.113.1", address).await;
        limited.assert_page(429, "limits.network");
        assert_eq!(limited.header("ratelimit-policy"), "\"pages\";q=35;w=60");
    }
    // Both were counted as one request, and three are left for what costs less.
    let unsigned = slow.url_with(&[("scope", "nonsense")]);
    for _ in 0..3 {
        assert_eq!(open(&server, "203.0.113.1", &unsigned).await.status, 303);
    }
    assert_limited(&open(&server, "203.0.113.1", &unsigned).await, "pages", 35, 2);
    // Other keys are quick, and every network has a limit of its own.
    for _ in 0..35 {
        let answer = open(&server, "203.0.113.2", &fast.url_with(&[mode, ("scope", "nonsense")])).await;
        assert_ne!(answer.get("response"), "", "{answer:?}");
    }
    // People who are signed in have limits of their own.
    let mut alice = server.alice().await;
    alice.authorize(&slow.url_with(&[])).await;
    for _ in 0..20 {
        let headers = [("x-forwarded-for", "203.0.113.3")];
        let address = slow.url_with(&[mode, ("prompt", "none"), ("scope", "write")]);
        let answer = alice.request(Method::GET, &address, &headers, "").await;
        assert_ne!(answer.get("response"), "", "{answer:?}");
    }
}

#[tokio::test]
async fn a_quota_below_ten_still_answers_one_signed_refusal() {
    let options = [PROXIED, ("limits.pages", "3"), ("keys.algorithms", "RS256")];
    let server = TestServer::start_with(&options).await;
    let slow = app(&server, "slow", SigningAlgorithm::Rs256).await;
    let address = slow.url_with(&[("response_mode", "jwt"), ("scope", "nonsense")]);
    assert_ne!(open(&server, "203.0.113.1", &address).await.get("response"), "");
    open(&server, "203.0.113.1", &address).await.assert_page(429, "limits.network");
}

/// Something that is encrypted for a key of the server, as its header says.
fn encrypted(key: &Value) -> String {
    let part = |bytes: &[u8]| to_base64url(bytes);
    let point = json!({ "kty": "EC", "crv": "P-256", "x": key["x"], "y": key["y"] });
    let mut header = json!({ "alg": key["alg"], "enc": "A256GCM", "kid": key["kid"] });
    if key["kty"] == "EC" {
        header["epk"] = point;
    }
    let wrapped = if key["alg"] == "ECDH-ES" { Vec::new() } else { random::<256>().to_vec() };
    let parts = [part(&wrapped), part(&[7; 12]), part(&[7; 20]), part(&[7; 16])];
    format!("{}.{}", part(header.to_string().as_bytes()), parts.join("."))
}

#[tokio::test]
async fn a_request_that_a_stranger_encrypts_for_an_rsa_key_counts_as_ten_and_that_of_a_known_client_as_one() {
    let options = [
        PROXIED,
        ("limits.pages", "35"),
        ("limits.token", "35"),
        ("keys.encryption_algorithms", "RSA-OAEP-256 ECDH-ES"),
    ];
    let server = TestServer::start_with(&options).await;
    let (web, spa) = (server.web().await, server.spa().await);
    let set = server.get("/jwks").await.json();
    let of =
        |alg: &str| encrypted(set["keys"].as_array().unwrap().iter().find(|key| key["alg"] == alg).unwrap());
    let (slow, fast) = (of("RSA-OAEP-256"), of("ECDH-ES"));
    let asked = |object: &str| web.url_with(&[("request", object)]);
    for _ in 0..3 {
        let answer = open(&server, "203.0.113.1", &asked(&slow)).await;
        answer.assert_redirect_error("invalid_request_object", "request_object.encrypted", &server.url);
    }
    open(&server, "203.0.113.1", &asked(&slow)).await.assert_page(429, "limits.network");
    for _ in 0..35 {
        let answer = open(&server, "203.0.113.2", &asked(&fast)).await;
        answer.assert_redirect_error("invalid_request_object", "request_object.encrypted", &server.url);
    }
    let push = async |from: &str, headers: &[(&str, &str)]| {
        let body = serde_urlencoded::to_string([("client_id", spa.id.as_str()), ("request", &slow)]).unwrap();
        let body = if headers.is_empty() { body } else { format!("request={slow}") };
        let headers = [&[FORM, ("x-forwarded-for", from)], headers].concat();
        server.browser().request(Method::POST, "/par", &headers, &body).await
    };
    for _ in 0..3 {
        let answer = push("203.0.113.4", &[]).await;
        answer.assert_json_error(400, "invalid_request_object", "request_object.encrypted");
    }
    let limited = push("203.0.113.4", &[]).await;
    limited.assert_json_error(429, "temporarily_unavailable", "limits.network");
    let proven = basic(&web.id, web.secret.as_deref().unwrap());
    for _ in 0..40 {
        let answer = push("203.0.113.5", &[("authorization", &proven)]).await;
        answer.assert_json_error(400, "invalid_request_object", "request_object.encrypted");
    }
}
