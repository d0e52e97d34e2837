//! The keys that verify request objects: a stranger can make this server look for them.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures_util::future::join_all;
use grantor::jose::key::SigningKey;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::random_id;
use serde_json::json;

use super::{claims, object, url};
use crate::support::jwt::{jwks, key, with_header};
use crate::support::relying_party::Registration;
use crate::support::site::Site;
use crate::support::{Answer, Application, TestServer};

const ALLOWED: (&str, &str) = ("fetch.allow", "127.0.0.1");

/// An application with its keys at an address.
async fn publisher(server: &TestServer, site: &Site) -> Application {
    let mut registration = Registration::web("app");
    registration.client.jwks_uri = Some(format!("http://127.0.0.1:{}/jwks", site.port));
    server.register(registration).await
}

async fn ask(server: &TestServer, app: &Application, key: &SigningKey) -> Answer {
    server.get(&url(app, &object(server, app, key, &json!({})), &[])).await
}

async fn ask_from(server: &TestServer, network: &str, address: &str) -> Answer {
    server.browser().request(reqwest::Method::GET, address, &[("x-forwarded-for", network)], "").await
}

#[tokio::test]
async fn keys_come_from_the_clients_jwks_uri_and_change_there() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let (first, second) = (key(SigningAlgorithm::Es256), key(SigningAlgorithm::EdDsa));
    let published = Arc::new(Mutex::new(jwks(&[&first])));
    let answer = published.clone();
    let site = Site::start(move |_| ("200 OK".to_owned(), answer.lock().unwrap().clone()));
    let app = publisher(&server, &site).await;
    let answers = join_all((0..16).map(|_| ask(&server, &app, &first))).await;
    assert!(answers.iter().all(|answer| answer.location().unwrap().contains("/sign-in")), "{answers:?}");
    assert_eq!(site.called(), 1, "read once for all of them");
    *published.lock().unwrap() = jwks(&[&second]);
    assert!(ask(&server, &app, &second).await.location().unwrap().contains("/sign-in"));
    assert_eq!(site.called(), 2);
}

#[tokio::test]
async fn strangers_cause_a_read_of_keys_once_in_a_second_at_most_and_only_for_an_object_that_is_right() {
    let server = TestServer::start_with(&[ALLOWED, ("http.trusted_proxies", "127.0.0.1")]).await;
    let first = key(SigningAlgorithm::Es256);
    let set = jwks(&[&first]);
    let site = Site::start(move |_| ("200 OK".to_owned(), set.clone()));
    let app = publisher(&server, &site).await;
    // What is wrong without a key is found without it.
    for change in
        [json!({ "exp": 1 }), json!({ "aud": "x" }), json!({ "iss": "x" }), json!({ "request": "x" })]
    {
        let address = url(&app, &object(&server, &app, &first, &change), &[]);
        assert_eq!(server.get(&address).await.get("error"), "invalid_request_object", "{change}");
    }
    assert_eq!(site.called(), 0);
    let began = Instant::now();
    let addresses: Vec<String> = (0..200)
        .map(|_| {
            let header = json!({ "alg": "ES256", "kid": random_id() });
            url(&app, &with_header(&first, &header, &claims(&server, &app, &json!({}))), &[])
        })
        .collect();
    let answers = join_all(
        addresses
            .iter()
            .enumerate()
            .map(async |(n, address)| ask_from(&server, &format!("203.0.113.{}", n % 20), address).await),
    );
    for answer in answers.await {
        answer.assert_redirect_error("invalid_request_object", "request_object.signature", &server.url);
    }
    let most = usize::try_from(began.elapsed().as_secs()).unwrap() + 2;
    assert!(site.called() <= most, "{} reads; at most one each second", site.called());
}

#[tokio::test]
async fn keys_that_cannot_be_read_are_not_asked_for_again_at_once() {
    for (status, body) in [
        ("500 Internal Server Error", ""),
        ("302 Found", ""),
        ("200 OK", "no keys"),
        ("200 OK", r#"{"keys":[]}"#),
    ] {
        let server = TestServer::start_with(&[ALLOWED]).await;
        let first = key(SigningAlgorithm::Es256);
        let site = Site::start(move |_| (status.to_owned(), body.to_owned()));
        let app = publisher(&server, &site).await;
        for _ in 0..5 {
            let answer = ask(&server, &app, &first).await;
            answer.assert_redirect_error("invalid_request_object", "request_object.keys", &server.url);
        }
        assert_eq!(site.called(), 1, "{status}");
    }
    // An address that is not public is never called.
    let server = TestServer::start().await;
    let first = key(SigningAlgorithm::Es256);
    let site = Site::start(|_| ("200 OK".to_owned(), String::new()));
    let app = publisher(&server, &site).await;
    let answer = ask(&server, &app, &first).await;
    answer.assert_redirect_error("invalid_request_object", "request_object.keys", &server.url);
    assert_eq!(site.called(), 0);
}
