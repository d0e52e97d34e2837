//! The keys by which a client's assertions are verified: where they are read, when they are read again, and what is said
//! of keys that cannot be used.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures_util::future::join_all;
use grantor::oauth::client::AssertionAudience;
use grantor::oauth::client::assertion::JWT_BEARER;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::{random_id, to_base64url};
use serde_json::{Value, json};

use super::{ALLOWED, ask, claims, good, refused, signer};
use crate::support::jwt::{jwks, key, with_header};
use crate::support::site::Site;
use crate::support::{Answer, Operator, TestServer};

#[tokio::test]
async fn keys_are_read_from_the_clients_jwks_uri_and_again_when_they_change() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let (first, second) = (key(SigningAlgorithm::Es256), key(SigningAlgorithm::EdDsa));
    let published = Arc::new(Mutex::new(("200 OK".to_owned(), jwks(&[&first]))));
    let answer = published.clone();
    let site = Site::start(move |_| answer.lock().unwrap().clone());
    let uri = format!("http://127.0.0.1:{}/jwks", site.port);
    signer(&server, |client| client.jwks_uri = Some(uri.clone())).await;
    let assertions: Vec<String> = (0..16).map(|_| good(&server, &first)).collect();
    let answers = join_all(assertions.iter().map(|assertion| ask(&server, assertion))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(site.called(), 1, "read once for all of them");

    // An unknown `kid` makes the server read the keys again, but for one network only once in a while.
    refused(&server, &good(&server, &second), "client_assertion.signature").await;
    refused(&server, &good(&server, &second), "client_assertion.signature").await;
    assert_eq!(site.called(), 2, "not again so soon");
    assert_eq!(ask(&server, &good(&server, &first)).await.status, 200);

    // A new node has no keys yet, and gets every kind of bad answer.
    for (status, body) in [
        ("500 Internal Server Error", String::new()),
        ("302 Found", String::new()),
        ("200 OK", "no keys".to_owned()),
        ("200 OK", r#"{"keys":[]}"#.to_owned()),
        ("200 OK", "x".repeat(70_000)),
    ] {
        *published.lock().unwrap() = (status.to_owned(), body);
        let other = TestServer::start_with(&[ALLOWED]).await;
        signer(&other, |client| client.jwks_uri = Some(uri.clone())).await;
        refused(&other, &good(&other, &first), "client.keys_unavailable").await;
        refused(&other, &good(&other, &first), "client.keys_unavailable").await;
    }
    let private = TestServer::start().await;
    let before = site.called();
    signer(&private, |client| client.jwks_uri = Some(uri)).await;
    refused(&private, &good(&private, &first), "client.keys_unavailable").await;
    assert_eq!(site.called(), before, "no private address is called");
}

/// Sends an assertion from a network.
async fn ask_from(server: &TestServer, network: &str, assertion: &str) -> Answer {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    let body = serde_urlencoded::to_string(form).unwrap();
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", network)];
    server.browser().request(reqwest::Method::POST, "/token", &headers, &body).await
}

#[tokio::test]
async fn strangers_with_made_up_keys_do_not_delay_a_new_key() {
    let server = TestServer::start_with(&[ALLOWED, ("http.trusted_proxies", "127.0.0.1")]).await;
    let (first, second) = (key(SigningAlgorithm::Es256), key(SigningAlgorithm::EdDsa));
    let published = Arc::new(Mutex::new(jwks(&[&first])));
    let answer = published.clone();
    let site = Site::start(move |_| ("200 OK".to_owned(), answer.lock().unwrap().clone()));
    let uri = format!("http://127.0.0.1:{}/jwks", site.port);
    signer(&server, |client| client.jwks_uri = Some(uri)).await;
    assert_eq!(ask_from(&server, "198.51.100.1", &good(&server, &first)).await.status, 200);
    let made_up = || {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": random_id() });
        with_header(&first, &header, &claims(&server, &json!({})))
    };
    // One network, however many keys it makes up, causes one read.
    let flood: Vec<String> = (0..30).map(|_| made_up()).collect();
    for answer in join_all(flood.iter().map(|token| ask_from(&server, "203.0.113.1", token))).await {
        answer.assert_json_error(401, "invalid_client", "client_assertion.signature");
    }
    assert_eq!(site.called(), 2);

    // Twenty networks at once, and in the middle of them the client's first token with its new key.
    *published.lock().unwrap() = jwks(&[&second]);
    let (began, before) = (Instant::now(), site.called());
    let tokens: Vec<String> = (0..200).map(|_| made_up()).collect();
    let strangers = join_all(tokens.iter().enumerate().map(async |(n, token)| {
        ask_from(&server, &format!("203.0.113.{}", 2 + n % 20), token).await.status.as_u16()
    }));
    let renewed = good(&server, &second);
    let (strangers, honest) =
        futures_util::future::join(strangers, ask_from(&server, "198.51.100.1", &renewed)).await;
    assert_eq!(honest.status, 200, "{honest:?}");
    assert!(strangers.iter().all(|status| *status == 401), "{strangers:?}");
    let most = usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    assert!(site.called() - before <= most, "{} reads; at most one each second", site.called() - before);
}

#[tokio::test]
async fn the_log_repeats_why_keys_could_not_be_read() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let key = key(SigningAlgorithm::Es256);
    let site = Site::start(|_| ("404 Not Found".to_owned(), String::new()));
    let uri = format!("http://127.0.0.1:{}/jwks", site.port);
    signer(&server, |client| client.jwks_uri = Some(uri.clone())).await;
    for _ in 0..2 {
        refused(&server, &good(&server, &key), "client.keys_unavailable").await;
        let (fetcher, address) = (&server.app.fetcher, std::net::Ipv4Addr::LOCALHOST.into());
        let why = server.app.remote_keys.at(fetcher, &uri, "", address).await.unwrap_err();
        assert_eq!(why.to_string(), "the answer has the status 404");
    }
    assert_eq!(site.called(), 1, "a refused request is decided twice and reads once");
}

#[tokio::test]
async fn a_clients_keys_and_method_are_checked_at_registration() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let file = operator.directory.join("keys.json");
    std::fs::write(&file, jwks(&[&key(SigningAlgorithm::Es256)])).unwrap();
    let file = file.display().to_string();
    let create = |more: &[&'static str]| {
        let all =
            ["client", "create", "--id", "job", "--name", "Job", "--kind", "service", "--scope", "read"];
        [&all[..], more].concat()
    };
    for (more, part) in [
        (&["--auth-method", "private_key_jwt"][..], "needs the client's public keys"),
        (&["--assertion-audience", "token-endpoint"], "is for clients with private_key_jwt"),
        (
            &["--auth-method", "private_key_jwt", "--jwks-uri", "https://127.0.0.1/jwks"],
            "is not a public address",
        ),
        (&["--auth-method", "private_key_jwt", "--jwks-uri", "http://example.com/jwks"], "plain http"),
        (
            &["--auth-method", "private_key_jwt", "--jwks-uri", "https://example.com/jwks", "--secret", "x"],
            "leave --secret out",
        ),
    ] {
        let text = operator.refused(&create(more));
        assert!(text.contains(part), "{more:?}: {text}");
    }
    let mut arguments = create(&["--auth-method", "private_key_jwt"]);
    arguments.extend(["--jwks", &file]);
    let created = operator.json(&arguments);
    assert!(created.get("client_secret").is_none(), "{created}");
    let text = operator.refused(&["client", "add-secret", "job"]);
    assert!(text.contains("signs with its own key"), "{text}");
    operator.done(&["client", "update", "job", "--jwks-uri", "https://example.com/jwks"]);
    let shown = operator.json(&["client", "show", "job"]);
    assert_eq!((&shown["jwks"], &shown["jwks_uri"]), (&Value::Null, &json!("https://example.com/jwks")));
    assert_eq!(shown["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(shown["assertion_audience"], "issuer");
    assert_eq!(AssertionAudience::TokenEndpoint.as_str(), "token-endpoint");
    operator.done(&["client", "update", "job", "--jwks", &file]);
    assert_eq!(operator.json(&["client", "show", "job"])["jwks_uri"], Value::Null);
}

/// A JWK Set of keys that cannot verify signatures, and what is wrong with each of them.
fn useless() -> (String, [&'static str; 4]) {
    let mut keys: Value = serde_json::from_str(&jwks(&[&key(SigningAlgorithm::Es256)])).unwrap();
    let good = keys["keys"][0].clone();
    let with = |name: &str, value: Value| {
        let mut key = good.clone();
        key[name] = value;
        key
    };
    let mut modulus = vec![0xff; 128];
    modulus[0] = 0x80;
    let rsa = json!({ "kty": "RSA", "kid": "old", "e": "AQAB", "n": to_base64url(&modulus) });
    keys["keys"] = json!([
        rsa,
        with("crv", json!("secp256k1")),
        with("alg", json!("ES512")),
        with("y", good["x"].clone())
    ]);
    let flaws = [
        "key 1 (kid old): it has 1024 bits, and an RSA key must have 2048 to 8192",
        "its curve is secp256k1, and must be P-256, P-384 or Ed25519",
        "its alg is ES512, and can only be ES256 for such a key",
        "its members are not those of a public key of its kind",
    ];
    (keys.to_string(), flaws)
}

#[tokio::test]
async fn keys_that_cannot_be_used_are_named_with_their_reason_when_they_are_registered() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    server.service().await;
    let file = operator.directory.join("keys.json").display().to_string();
    let create = |id: &'static str, more: &[&'static str]| {
        let all = ["client", "create", "--id", id, "--name", "Job", "--kind", "service", "--scope", "read"];
        [&all[..], more].concat()
    };
    let (set, flaws) = useless();
    std::fs::write(&file, &set).unwrap();
    // A client that signs, and an issuer, need a key that works.
    let mut signer = create("job", &["--auth-method", "private_key_jwt"]);
    signer.extend(["--jwks", &file]);
    let issuer = [
        "issuer",
        "create",
        "https://idp.example",
        "--jwks",
        &file,
        "--scope",
        "read",
        "--client",
        "service",
    ];
    for refused in [operator.refused(&signer), operator.refused(&issuer)] {
        assert!(refused.contains("it has no key to verify signatures by: "), "{refused}");
        for flaw in flaws {
            assert!(refused.contains(flaw), "{flaw}: {refused}");
        }
    }
    // For another client it is a warning for each key.
    let mut other = create("other", &[]);
    other.extend(["--jwks", &file]);
    let warned = |arguments: &[&str]| -> Vec<String> {
        let output = operator.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        let is_about_keys = |line: &&str| line.contains("JWK Set");
        text.lines().filter(is_about_keys).map(str::to_owned).collect()
    };
    let warnings = warned(&other);
    assert_eq!(warnings.len(), flaws.len(), "{warnings:?}");
    for (warning, flaw) in warnings.iter().zip(flaws) {
        assert!(warning.starts_with("grantor: warning: ") && warning.ends_with(flaw), "{warning}");
    }

    std::fs::write(&file, r#"{"keys":[]}"#).unwrap();
    assert!(operator.refused(&signer).ends_with("it has no key to verify signatures by: it is empty"));
    let update = ["client", "update", "other", "--jwks", &file];
    assert_eq!(warned(&update), ["grantor: warning: the JWK Set has no keys"]);
    // One good key is enough for a client that signs. Keys beyond the 32nd are named.
    let (many, unusual) = (key(SigningAlgorithm::EdDsa), key(SigningAlgorithm::EdDsa));
    let mut keys = vec![&many; 32];
    keys.push(&unusual);
    std::fs::write(&file, jwks(&keys)).unwrap();
    let warnings = warned(&signer);
    let beyond = format!("key 33 (kid {}): only the first 32 keys of a set are looked at", unusual.kid());
    assert!(warnings.len() == 1 && warnings[0].ends_with(&beyond), "{warnings:?}");
    assert_eq!(ask(&server, &good(&server, &many)).await.status, 200);
    refused(&server, &good(&server, &unusual), "client_assertion.signature").await;
    // A client that has such keys already may be changed.
    operator.done(&["client", "update", "job", "--name", "Other"]);
}

#[tokio::test]
async fn keys_at_an_address_that_are_compressed_or_of_no_use_are_unavailable() {
    let (set, _) = useless();
    for (head, body) in [("200 OK\r\nContent-Encoding: gzip", "\u{1f}\u{8b}"), ("200 OK", set.as_str())] {
        let server = TestServer::start_with(&[ALLOWED]).await;
        let answer = (head.to_owned(), body.to_owned());
        let site = Site::start(move |_| answer.clone());
        signer(&server, |client| client.jwks_uri = Some(format!("http://127.0.0.1:{}/", site.port))).await;
        refused(&server, &good(&server, &key(SigningAlgorithm::Es256)), "client.keys_unavailable").await;
        assert_eq!(site.called(), 1);
    }
}
