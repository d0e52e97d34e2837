//! `self_signed_tls_client_auth`: by `jwks`, and rotated through `jwks_uri`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantor::oauth::client::AuthMethod;
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use serde_json::json;

use super::authority::{Shown, self_signed};
use super::{BEHIND, accepted, refused, service};
use crate::support::TestServer;
use crate::support::site::Site;

async fn with_jwks(server: &TestServer, id: &str, jwks: String) {
    service(server, id, AuthMethod::SelfSignedTls, |client| client.jwks = Some(jwks)).await;
}

#[tokio::test]
async fn a_certificate_is_registered_itself_or_by_its_key() {
    let server = TestServer::start_with(&BEHIND).await;
    let (own, other) = (self_signed("job", |_| ()), self_signed("job", |_| ()));
    with_jwks(&server, "exact", own.jwks()).await;
    with_jwks(&server, "key", json!({ "keys": [other.jwk(), own.jwk()] }).to_string()).await;
    for id in ["exact", "key"] {
        accepted(&server, id, &own).await;
        refused(&server, id, &self_signed("job", |_| ()), "client_certificate.not_registered").await;
    }
    // Another certificate with the same key: only where the key is registered.
    let mut params = rcgen::CertificateParams::new(vec!["again.example.com".to_owned()]).unwrap();
    params.not_after = date_time_ymd(2120, 1, 1);
    let again = Shown { certificate: params.self_signed(&own.key).unwrap(), key: own.key };
    accepted(&server, "key", &again).await;
    refused(&server, "exact", &again, "client_certificate.not_registered").await;
}

#[tokio::test]
async fn a_certificate_that_no_one_has_signed_has_times_and_a_usage_too() {
    let server = TestServer::start_with(&BEHIND).await;
    for (id, shown, reason) in [
        (
            "old",
            self_signed("job", |params| params.not_after = date_time_ymd(2020, 1, 1)),
            "client_certificate.expired",
        ),
        (
            "early",
            self_signed("job", |params| params.not_before = date_time_ymd(2120, 1, 1)),
            "client_certificate.not_yet_valid",
        ),
        (
            "server",
            self_signed("job", |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }),
            "client_certificate.usage",
        ),
    ] {
        with_jwks(&server, id, shown.jwks()).await;
        refused(&server, id, &shown, reason).await;
    }
}

#[tokio::test]
async fn certificates_rotate_through_the_jwks_uri() {
    let server = TestServer::start_with(&[&BEHIND[..], &[("fetch.allow", "127.0.0.1")]].concat()).await;
    let (old, new) = (self_signed("job", |_| ()), self_signed("job", |_| ()));
    let published = Arc::new(Mutex::new(old.jwks()));
    let read = published.clone();
    let site = Site::start(move |_| ("200 OK".into(), read.lock().unwrap().clone()));
    let uri = format!("http://127.0.0.1:{}/keys", site.port);
    service(&server, "job", AuthMethod::SelfSignedTls, |client| client.jwks_uri = Some(uri)).await;
    accepted(&server, "job", &old).await;
    accepted(&server, "job", &old).await;
    assert_eq!(site.called(), 1, "what is known is not read again");
    refused(&server, "job", &new, "client_certificate.not_registered").await;
    let keys = format!(r#"{{"keys": [{}, {}]}}"#, inner(&old), inner(&new));
    *published.lock().unwrap() = keys;
    // One network causes one read in ten seconds at most.
    let began = std::time::Instant::now();
    loop {
        let answer = super::ask(&server, "job", &new.header()).await;
        if answer.status == 200 {
            break;
        }
        answer.assert_json_error(401, "invalid_client", "client_certificate.not_registered");
        assert!(began.elapsed() < Duration::from_secs(30), "{answer:?}");
        tokio::task::yield_now().await;
    }
    accepted(&server, "job", &old).await;
    assert!(site.called() <= 5, "{} reads", site.called());
}

/// The only key of the certificate's JWK Set.
fn inner(shown: &Shown) -> String {
    let set: serde_json::Value = serde_json::from_str(&shown.jwks()).unwrap();
    set["keys"][0].to_string()
}

#[tokio::test]
async fn keys_that_cannot_be_read_are_named_as_the_cause() {
    let server = TestServer::start_with(&BEHIND).await;
    let shown = self_signed("job", |_| ());
    let uri = "http://127.0.0.1:1/keys".to_owned();
    service(&server, "job", AuthMethod::SelfSignedTls, |client| client.jwks_uri = Some(uri)).await;
    refused(&server, "job", &shown, "client.keys_unavailable").await;
}
