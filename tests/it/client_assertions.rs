//! Clients that authenticate with a signed assertion: private_key_jwt and client_secret_jwt (RFC 7523).

mod keys;

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use grantor::jose::key::SigningKey;
use grantor::oauth::client::assertion::JWT_BEARER;
use grantor::oauth::client::{AuthMethod, Client};
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::{from_base64url, random_id, to_base64url};
use serde_json::{Value, json};

use crate::support::cluster::node;
use crate::support::jwt::{choosing_headers, jwks, key, mac, with_header};
use crate::support::relying_party::{Registration, basic};
use crate::support::site::Site;
use crate::support::{Answer, Application, Browser, Operator, TestServer};

const ALLOWED: (&str, &str) = ("fetch.allow", "127.0.0.1");

/// A service that authenticates with a signing key.
async fn signer(server: &TestServer, change: impl FnOnce(&mut Client)) -> Application {
    let mut registration = Registration::service("job").method(AuthMethod::PrivateKeyJwt);
    change(&mut registration.client);
    server.register(registration).await
}

fn claims(server: &TestServer, change: &Value) -> Value {
    let now = server.app.now().as_unix();
    let mut claims = json!({
        "iss": "job", "sub": "job", "aud": server.app.issuer, "iat": now, "exp": now + 60, "jti": random_id(),
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn good(server: &TestServer, key: &SigningKey) -> String {
    key.sign("JWT", &claims(server, &json!({}))).unwrap()
}

async fn ask_at(browser: &mut Browser, path: &str, form: &[(&str, &str)], assertion: &str) -> Answer {
    let proof = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
    browser.post(path, &[form, &proof].concat()).await
}

async fn ask(server: &TestServer, assertion: &str) -> Answer {
    ask_at(&mut server.browser(), "/token", &[("grant_type", "client_credentials")], assertion).await
}

async fn refused(server: &TestServer, assertion: &str, reason: &str) {
    let answer = ask(server, assertion).await;
    assert_eq!((answer.status.as_u16(), answer.json()["reason"].as_str()), (401, Some(reason)), "{answer:?}");
    answer.assert_json_error(401, "invalid_client", reason);
}

#[tokio::test]
async fn a_client_signs_with_a_key_of_every_kind() {
    let server = TestServer::start().await;
    let keys: Vec<_> = SigningAlgorithm::ALL.iter().map(|algorithm| key(*algorithm)).collect();
    signer(&server, |client| client.jwks = Some(jwks(&keys.iter().collect::<Vec<_>>()))).await;
    for key in &keys {
        let answer = ask(&server, &good(&server, key)).await;
        assert_eq!(answer.status, 200, "{} {answer:?}", key.algorithm());
        for typ in ["client-authentication+jwt", "application/jwt"] {
            let assertion = key.sign(typ, &claims(&server, &json!({}))).unwrap();
            assert_eq!(ask(&server, &assertion).await.status, 200, "{typ}");
        }
    }
    // Every endpoint that authenticates clients accepts it.
    let mut browser = server.browser();
    for path in ["/introspect", "/revoke"] {
        let answer = ask_at(&mut browser, path, &[("token", "x")], &good(&server, &keys[2])).await;
        assert_eq!(answer.status, 200, "{path} {answer:?}");
        let nobody = ask_at(&mut browser, path, &[("token", "x")], "eyJ.made-up.x").await;
        nobody.assert_json_error(401, "invalid_client", "client_assertion.malformed");
    }
    let other = ask_at(
        &mut browser,
        "/token",
        &[("client_id", "other"), ("grant_type", "client_credentials")],
        &good(&server, &keys[2]),
    )
    .await;
    other.assert_json_error(400, "invalid_request", "client_id.mismatch");
}

#[tokio::test]
async fn an_assertion_is_accepted_once_across_all_nodes() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    signer(&server, |client| client.jwks = Some(jwks(&[&key]))).await;
    let assertion = good(&server, &key);
    assert_eq!(ask(&server, &assertion).await.status, 200);
    refused(&server, &assertion, "client_assertion.replayed").await;
    let mut browser = server.browser();
    for path in ["/introspect", "/revoke"] {
        let replayed = ask_at(&mut browser, path, &[("token", "x")], &assertion).await;
        replayed.assert_json_error(401, "invalid_client", "client_assertion.replayed");
    }
    // The assertion stays used until it expires, however late that is.
    let long =
        key.sign("JWT", &claims(&server, &json!({ "exp": server.app.now().as_unix() + 3600 }))).unwrap();
    assert_eq!(ask(&server, &long).await.status, 200);
    server.clock.advance(Duration::from_secs(3600 + 59));
    refused(&server, &long, "client_assertion.replayed").await;
    server.clock.advance(Duration::from_secs(1));
    refused(&server, &long, "client_assertion.times").await;
    for jti in [json!(null), json!(""), json!("x".repeat(257)), json!("a\0"), json!("a\nb")] {
        let assertion = key.sign("JWT", &claims(&server, &json!({ "jti": jti }))).unwrap();
        refused(&server, &assertion, "client_assertion.claims").await;
    }
}

#[tokio::test]
async fn of_64_requests_with_one_assertion_at_two_nodes_one_gets_a_token() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    signer(&server, |client| client.jwks = Some(jwks(&[&key]))).await;
    let other = node(&server, &[]);
    let elsewhere = Browser::new(&other.url);
    for _ in 0..3 {
        let assertion = good(&server, &key);
        let calls = (0..64).map(|n| {
            let mut browser = if n % 2 == 0 { server.browser() } else { elsewhere.stranger() };
            let assertion = assertion.clone();
            async move {
                ask_at(&mut browser, "/token", &[("grant_type", "client_credentials")], &assertion).await
            }
        });
        let answers = join_all(calls).await;
        let good = answers.iter().filter(|answer| answer.status == 200).count();
        let replayed =
            answers.iter().filter(|answer| answer.json()["reason"] == "client_assertion.replayed").count();
        assert_eq!((good, replayed), (1, 63), "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn an_assertion_must_be_addressed_to_this_server() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    signer(&server, |client| client.jwks = Some(jwks(&[&key]))).await;
    let issuer = server.app.issuer.clone();
    let token = format!("{issuer}/token");
    for aud in [
        json!(null),
        json!([]),
        json!([issuer, issuer]),
        json!([issuer, "https://evil.example"]),
        json!([issuer, token]),
        json!([format!("{issuer}/")]),
        json!(format!("{issuer}/")),
        json!(token),
        json!([token]),
        json!("https://evil.example"),
        json!({ "0": issuer }),
    ] {
        let assertion = key.sign("JWT", &claims(&server, &json!({ "aud": aud }))).unwrap();
        refused(&server, &assertion, "client_assertion.audience").await;
    }
    let in_list = key.sign("JWT", &claims(&server, &json!({ "aud": [issuer] }))).unwrap();
    assert_eq!(ask(&server, &in_list).await.status, 200);
    Operator::of(&server).done(&["client", "update", "job", "--assertion-audience", "token-endpoint"]);
    for aud in [json!(issuer), json!(token), json!([issuer]), json!([token])] {
        let assertion = key.sign("JWT", &claims(&server, &json!({ "aud": aud }))).unwrap();
        assert_eq!(ask(&server, &assertion).await.status, 200, "{aud}");
    }
    for aud in [json!([token, issuer]), json!(format!("{issuer}/introspect"))] {
        let assertion = key.sign("JWT", &claims(&server, &json!({ "aud": aud }))).unwrap();
        refused(&server, &assertion, "client_assertion.audience").await;
    }
}

#[tokio::test]
async fn times_may_have_parts_of_a_second_and_are_otherwise_numbers_of_seconds() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    signer(&server, |client| client.jwks = Some(jwks(&[&key]))).await;
    let now = server.app.now().as_unix() as f64;
    let signed = |change: &Value| key.sign("JWT", &claims(&server, change)).unwrap();
    for change in [
        json!({ "exp": now + 60.5, "iat": now + 0.25, "nbf": now - 0.75 }),
        json!({ "exp": now - 58.5 }),
        json!({ "iat": now + 60.9, "nbf": null }),
    ] {
        let answer = ask(&server, &signed(&change)).await;
        assert_eq!(answer.status, 200, "{change}: {answer:?}");
    }
    for (change, reason) in [
        (json!({ "exp": now - 60.0 }), "client_assertion.times"),
        (json!({ "exp": now + 3661.5 }), "client_assertion.times"),
        (json!({ "iat": now + 61.5 }), "client_assertion.times"),
        (json!({ "exp": (now + 60.0) * 1000.0 }), "client_assertion.times"),
        (json!({ "exp": (now + 60.0).to_string() }), "client_assertion.claims"),
        (json!({ "iat": now.to_string() }), "client_assertion.claims"),
        (json!({ "exp": -60 }), "client_assertion.claims"),
        (json!({ "exp": 1e300 }), "client_assertion.times"),
        (json!({ "nbf": -1e300 }), "client_assertion.claims"),
    ] {
        refused(&server, &signed(&change), reason).await;
    }
}

#[tokio::test]
async fn a_header_cannot_choose_how_an_assertion_is_verified() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let (mine, theirs) = (key(SigningAlgorithm::Es256), key(SigningAlgorithm::Es256));
    signer(&server, |client| client.jwks = Some(jwks(&[&mine]))).await;
    let evil = jwks(&[&theirs]);
    let site = Site::start(move |_| ("200 OK".to_owned(), evil.clone()));
    let url = format!("http://127.0.0.1:{}/jwks", site.port);
    let kid = mine.kid();
    let of_another_kind = (json!({ "alg": "ES256", "kid": kid, "typ": "at+jwt" }), &mine);
    for (header, signing) in choosing_headers(&mine, &theirs, &url).into_iter().chain([of_another_kind]) {
        let assertion = with_header(signing, &header, &claims(&server, &json!({})));
        refused(&server, &assertion, "client_assertion.signature").await;
        let (unsigned, _) = assertion.rsplit_once('.').unwrap();
        refused(&server, &format!("{unsigned}."), "client_assertion.signature").await;
    }
    // The public key, which anybody can read, used as a MAC secret.
    let public = jwks(&[&mine]);
    let parts: Value = serde_json::from_str(&mine.public_jwk().unwrap()).unwrap();
    let x = from_base64url(parts["x"].as_str().unwrap()).unwrap();
    for secret in [public.as_bytes(), mine.public_jwk().unwrap().as_bytes(), x.as_slice(), b""] {
        let header = json!({ "alg": "HS256", "typ": "JWT", "kid": kid });
        let assertion = mac(secret, &header, &claims(&server, &json!({})));
        refused(&server, &assertion, "client_assertion.signature").await;
    }
    // An access token of this server is not a client assertion.
    let own = server.service().await.token(&[("grant_type", "client_credentials")]).await.get("access_token");
    refused(&server, &own, "client_assertion.malformed").await;
    assert_eq!(site.called(), 0, "nothing that a header names is called");
}

#[tokio::test]
async fn an_assertion_with_the_wrong_client_or_time_is_refused_for_that_reason() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::EdDsa);
    signer(&server, |client| client.jwks = Some(jwks(&[&key]))).await;
    server.service().await;
    let now = server.app.now().as_unix();
    for (change, reason) in [
        (json!({ "iss": "service" }), "client_assertion.claims"),
        (json!({ "exp": null }), "client_assertion.claims"),
        (json!({ "exp": "soon" }), "client_assertion.claims"),
        (json!({ "exp": now - 60 }), "client_assertion.times"),
        (json!({ "exp": now + 365 * 86_400 }), "client_assertion.times"),
        (json!({ "exp": i64::MAX }), "client_assertion.times"),
        (json!({ "nbf": now + 61 }), "client_assertion.times"),
        (json!({ "sub": "service" }), "client.method_not_allowed"),
        (json!({ "sub": "nobody" }), "client.unknown"),
    ] {
        let assertion = key.sign("JWT", &claims(&server, &change)).unwrap();
        refused(&server, &assertion, reason).await;
    }
    for (assertion, reason) in [
        ("x", "client_assertion.malformed"),
        ("a.b.c", "client_assertion.malformed"),
        ("..", "client_assertion.malformed"),
        (&format!("{}.{}", "e30", to_base64url(br#"{"sub":"job"}"#)), "client_assertion.signature"),
    ] {
        refused(&server, assertion, reason).await;
    }
    let assertion = good(&server, &key);
    let mut browser = server.browser();
    let form =
        |more: &[(&'static str, &'static str)]| [&[("grant_type", "client_credentials")], more].concat();
    for (form, reason) in [
        (vec![("client_assertion_type", JWT_BEARER)], "client_assertion.malformed"),
        (vec![("client_assertion", assertion.as_str())], "client_assertion.malformed"),
        (
            vec![
                ("client_assertion", assertion.as_str()),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
            ],
            "client_assertion.malformed",
        ),
    ] {
        let form = [vec![("grant_type", "client_credentials")], form].concat();
        browser.post("/token", &form).await.assert_json_error(401, "invalid_client", reason);
    }
    let both = form(&[("client_id", "job"), ("client_secret", "x")]);
    let mixed = ask_at(&mut browser, "/token", &both, &assertion).await;
    mixed.assert_json_error(400, "invalid_request", "client.methods_mixed");
    let secret = [("grant_type", "client_credentials"), ("client_id", "job"), ("client_secret", "x")];
    let answer = browser.post("/token", &secret).await;
    answer.assert_json_error(401, "invalid_client", "client.method_not_allowed");
    let nothing = browser.post("/token", &form(&[("client_id", "job")])).await;
    nothing.assert_json_error(401, "invalid_client", "client.authentication_missing");
    let header = basic("job", "x");
    let headers = [("authorization", header.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let body = "grant_type=client_credentials";
    let answer = browser.request(reqwest::Method::POST, "/token", &headers, body).await;
    answer.assert_json_error(401, "invalid_client", "client.method_not_allowed");
    // None of the refused requests above used the assertion up.
    assert_eq!(ask(&server, &assertion).await.status, 200, "none of all that has used it up");
}

#[tokio::test]
async fn an_assertion_with_nul_is_refused() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::EdDsa);
    signer(&server, |client| client.jwks = Some(jwks(&[&key]))).await;
    for (change, reason) in [
        (json!({ "sub": "job\0" }), "client.unknown"),
        (json!({ "iss": "job\0" }), "client_assertion.claims"),
        (json!({ "jti": "\0" }), "client_assertion.claims"),
    ] {
        let assertion = key.sign("JWT", &claims(&server, &change)).unwrap();
        refused(&server, &assertion, reason).await;
    }
}

#[tokio::test]
async fn a_client_may_sign_with_its_secret_if_it_is_registered_for_that() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let create = ["client", "create", "--id", "job", "--name", "Job", "--kind", "service", "--scope", "read"];
    let create = [&create[..], &["--auth-method", "client_secret_jwt"]].concat();
    let text = operator.refused(&[&create[..], &["--secret", "a short one"]].concat());
    assert!(text.contains("at least 32 bytes"), "{text}");
    let secret = operator.json(&create)["client_secret"].as_str().unwrap().to_owned();
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let signed = |secret: &str| mac(secret.as_bytes(), &header, &claims(&server, &json!({})));
    let assertion = signed(&secret);
    assert_eq!(ask(&server, &assertion).await.status, 200);
    refused(&server, &assertion, "client_assertion.replayed").await;
    refused(&server, &signed("another secret that is long enough to be one"), "client_assertion.signature")
        .await;
    refused(
        &server,
        &mac(secret.as_bytes(), &json!({ "alg": "HS512" }), &claims(&server, &json!({}))),
        "client_assertion.signature",
    )
    .await;
    refused(&server, &good(&server, &key(SigningAlgorithm::Es256)), "client_assertion.signature").await;
    let with_secret =
        [("grant_type", "client_credentials"), ("client_id", "job"), ("client_secret", &secret)];
    let answer = server.token(&with_secret).await;
    answer.assert_json_error(401, "invalid_client", "client.method_not_allowed");

    // A second secret works beside the first, and each can be removed alone.
    let second =
        operator.json(&["client", "add-secret", "job"])["client_secret"].as_str().unwrap().to_owned();
    assert_eq!(ask(&server, &signed(&second)).await.status, 200);
    assert_eq!(ask(&server, &signed(&secret)).await.status, 200);
    assert_eq!(server.number("SELECT COUNT(*) FROM client_secrets WHERE sealed IS NOT NULL").await, 2);
    operator.done(&["client", "update", "job", "--auth-method", "any"]);
    refused(&server, &signed(&secret), "client.method_not_allowed").await;
    assert_eq!(server.number("SELECT COUNT(*) FROM client_secrets WHERE sealed IS NOT NULL").await, 0);
    assert_eq!(server.token(&with_secret).await.status, 200, "told, it is still good");
    server.service().await;
    let others = "SELECT COUNT(*) FROM client_secrets WHERE sealed IS NOT NULL";
    assert_eq!(server.number(others).await, 0, "no other client's secret can be had back");
}

#[tokio::test]
async fn no_refused_assertion_costs_more_than_a_good_one() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    signer(&server, |client| client.jwks = Some(jwks(&[&key]))).await;
    let began = Instant::now();
    for _ in 0..10 {
        assert_eq!(ask(&server, &good(&server, &key)).await.status, 200);
    }
    let good_ones = began.elapsed();
    let long = "x".repeat(8000);
    let deep = to_base64url("[".repeat(2500).as_bytes());
    for hostile in [long.as_str(), &format!("e30.{deep}.x"), &format!("{deep}.{deep}"), &"a.".repeat(4000)] {
        let began = Instant::now();
        for _ in 0..10 {
            refused(&server, hostile, "client_assertion.malformed").await;
        }
        assert!(began.elapsed() < good_ones + Duration::from_millis(500), "{hostile:.20}");
    }
}

#[tokio::test]
async fn an_assertion_that_says_something_twice_is_refused() {
    let server = TestServer::start().await;
    let key = crate::support::dpop::ProofKey::new();
    let jwks = json!({ "keys": [key.jwk()] }).to_string();
    signer(&server, |client| client.jwks = Some(jwks)).await;
    let header = json!({ "alg": "ES256", "typ": "JWT" }).to_string();
    let good = claims(&server, &json!({})).to_string();
    assert_eq!(ask(&server, &key.sign(&header, &good)).await.status, 200);
    for twice in
        [r#""sub":"other","#, r#""aud":"https://other.example","#, r#""exp":1,"#, r#""other":{"a":1,"a":2},"#]
    {
        let said = claims(&server, &json!({})).to_string().replacen('{', &format!("{{{twice}"), 1);
        refused(&server, &key.sign(&header, &said), "client_assertion.claims").await;
    }
    let deep = format!("{{\"deep\":{}1{},", "[".repeat(100), "]".repeat(100));
    let said = claims(&server, &json!({})).to_string().replacen('{', &deep, 1);
    refused(&server, &key.sign(&header, &said), "client_assertion.claims").await;
}
