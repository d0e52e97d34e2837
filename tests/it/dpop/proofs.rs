//! Which proofs are accepted with a token request.

use std::time::Duration;

use grantor::work::kept_refusals;
use reqwest::Method;
use serde_json::{Value, json};

use super::{CLIENT_CREDENTIALS, assert_bound, change, refused};
use crate::support::dpop::{ProofKey, claims};
use crate::support::jwt::mac;
use crate::support::relying_party::{Registration, basic};
use crate::support::{Application, Operator, TestServer};

const TOKEN: (&str, &str) = ("POST", "/token");

#[tokio::test]
async fn a_key_of_every_listed_algorithm_binds_a_token() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let metadata = server.get("/.well-known/oauth-authorization-server").await.json();
    let listed: Vec<String> =
        serde_json::from_value(metadata["dpop_signing_alg_values_supported"].clone()).unwrap();
    assert_eq!(listed, ["ES256", "ES384", "PS256", "RS256", "EdDSA", "Ed25519"]);
    for algorithm in ["ES256", "ES384", "PS256", "RS256", "EdDSA", "Ed25519"] {
        let key = ProofKey::of(algorithm);
        let answer = service.proven(&server, CLIENT_CREDENTIALS, &key.proof(&server)).await;
        assert_bound(&service, &answer, &key).await;
    }
    // The same key has one thumbprint under both names.
    let key = ProofKey::of("EdDSA");
    let mut header = key.header();
    header["alg"] = json!("Ed25519");
    let proof = key.sign(&header.to_string(), &claims(&server, TOKEN, &json!({})).to_string());
    assert_bound(&service, &service.proven(&server, CLIENT_CREDENTIALS, &proof).await, &key).await;
}

#[tokio::test]
async fn a_request_without_a_proof_gets_a_bearer_token_as_before() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let answer = service.token(CLIENT_CREDENTIALS).await;
    assert_eq!((answer.status.as_u16(), answer.get("token_type").as_str()), (200, "Bearer"));
    assert!(!answer.headers.contains_key("dpop-nonce"));
    assert_eq!(service.introspect(&answer.get("access_token")).await["cnf"], Value::Null);
    assert_eq!(server.number("SELECT COUNT(*) FROM used_assertions").await, 0);
}

#[tokio::test]
async fn a_header_cannot_choose_how_its_proof_is_verified() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let good = claims(&server, TOKEN, &json!({})).to_string();
    let with = |name: &str, value: Value| {
        let mut header = key.header();
        header[name] = value;
        key.sign(&header.to_string(), &good)
    };
    let in_jwk = |name: &str, value: Value| {
        let mut jwk = key.jwk();
        jwk[name] = value;
        with("jwk", jwk)
    };
    for alg in ["none", "None", "", "HS256", "ES512", "RS512", "es256", "ES256K"] {
        refused(&server, &service, &with("alg", json!(alg)), "dpop.algorithm").await;
    }
    let symmetric = json!({ "typ": "dpop+jwt", "alg": "HS256", "jwk": { "kty": "oct", "k": "c2VjcmV0" } });
    let symmetric = mac(b"secret", &symmetric, &serde_json::from_str(&good).unwrap());
    refused(&server, &service, &symmetric, "dpop.algorithm").await;
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        refused(&server, &service, &in_jwk(member, json!("AAAA")), "dpop.key").await;
    }
    refused(&server, &service, &with("alg", json!("ES384")), "dpop.key").await;
    refused(&server, &service, &with("alg", json!("RS256")), "dpop.key").await;
    refused(&server, &service, &in_jwk("crv", json!("P-521")), "dpop.key").await;
    refused(&server, &service, &in_jwk("kty", json!("oct")), "dpop.key").await;
    refused(&server, &service, &in_jwk("x", json!("AAAA")), "dpop.key").await;
    refused(&server, &service, &in_jwk("x", key.jwk()["y"].clone()), "dpop.signature").await;
    refused(&server, &service, &with("jwk", other.jwk()), "dpop.signature").await;
    for (name, value) in [
        ("typ", json!("JWT")),
        ("typ", json!("at+jwt")),
        ("typ", json!(null)),
        ("jwk", json!(null)),
        ("jwk", json!([key.jwk()])),
        ("jwk", json!(key.jwk().to_string())),
        ("crit", json!(["exp"])),
    ] {
        refused(&server, &service, &with(name, value), "dpop.malformed").await;
    }
    let doubled = |header: &str| key.sign(header, &good);
    let header = key.header().to_string();
    let twice_alg = header.replacen('{', r#"{"alg":"ES256","#, 1);
    let twice_jwk = header.replace(r#""kty":"#, r#""kty":"EC","kty":"#);
    for header in [twice_alg, twice_jwk] {
        refused(&server, &service, &doubled(&header), "dpop.malformed").await;
    }
    let twice = good.replacen('{', r#"{"jti":"1","#, 1);
    refused(&server, &service, &key.sign(&header, &twice), "dpop.malformed").await;
    assert_eq!(server.number("SELECT COUNT(*) FROM used_assertions").await, 0, "nothing is stored");
}

#[tokio::test]
async fn an_rsa_key_is_neither_weak_nor_oversized() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let key = ProofKey::of("RS256");
    let good = claims(&server, TOKEN, &json!({})).to_string();
    let with_n = |bytes: usize| {
        let mut header = key.header();
        header["jwk"]["n"] = grantor::secret::to_base64url(&vec![0xff; bytes]).into();
        key.sign(&header.to_string(), &good)
    };
    for bytes in [0, 1, 64, 128, 255, 513, 1024, 2048] {
        refused(&server, &service, &with_n(bytes), "dpop.key").await;
    }
    refused(&server, &service, &with_n(256), "dpop.signature").await;
    refused(&server, &service, &with_n(6000), "dpop.malformed").await;
}

#[tokio::test]
async fn a_proof_is_one_jwt_in_one_header_and_all_its_claims_have_their_form() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let key = ProofKey::new();
    let of = |change: Value| key.proof_with(&server, TOKEN, &change);
    for name in ["jti", "htm", "htu", "iat"] {
        refused(&server, &service, &of(change(name, json!(null))), "dpop.malformed").await;
        refused(&server, &service, &of(change(name, json!([1]))), "dpop.malformed").await;
    }
    for (name, value) in [
        ("jti", json!("")),
        ("jti", json!("x".repeat(257))),
        ("iat", json!("1000")),
        ("iat", json!(-1)),
        ("nonce", json!(7)),
        ("ath", json!(true)),
    ] {
        refused(&server, &service, &of(change(name, value)), "dpop.malformed").await;
    }
    for text in ["", "x", "eyJ", "a.b.c", "ey.ey.ey", &"x".repeat(9000)] {
        refused(&server, &service, text, "dpop.malformed").await;
    }
    let (one, other) = (of(json!({})), of(json!({})));
    refused(&server, &service, &format!("{one}, {other}"), "dpop.malformed").await;
    let mut browser = server.browser();
    for proofs in [[one.as_str(), other.as_str()], [one.as_str(), one.as_str()], [one.as_str(), ""]] {
        let answer = service.post_proven_at(&mut browser, "/token", CLIENT_CREDENTIALS, &proofs).await;
        answer.assert_json_error(400, "invalid_dpop_proof", "dpop.repeated");
    }
    let longest = of(change("jti", json!("x".repeat(256))));
    assert_bound(&service, &service.proven(&server, CLIENT_CREDENTIALS, &longest).await, &key).await;
    let exp = server.app.now().as_unix() + 60;
    let more = of(json!({ "ath": "x", "nonce": "x", "exp": exp, "aud": "https://other.example" }));
    assert_bound(&service, &service.proven(&server, CLIENT_CREDENTIALS, &more).await, &key).await;
}

#[tokio::test]
async fn a_proof_is_for_one_method_and_one_address() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let key = ProofKey::new();
    let of = |change: Value| key.proof_with(&server, TOKEN, &change);
    for method in ["GET", "post", "PUT", "POST "] {
        refused(&server, &service, &of(change("htm", json!(method))), "dpop.method").await;
    }
    let issuer = server.app.issuer.clone();
    let (scheme, rest) = issuer.split_once("://").unwrap();
    let (host, port) = rest.split_once(':').unwrap();
    let upper = host.to_uppercase();
    for same in [
        format!("{scheme}://{host}:{port}/token?a=b#c"),
        format!("{}://{upper}:{port}/x/../%74oken", scheme.to_uppercase()),
    ] {
        let answer = service.proven(&server, CLIENT_CREDENTIALS, &of(change("htu", json!(same)))).await;
        assert_eq!(answer.status, 200, "{same} {answer:?}");
    }
    for other in [
        format!("{issuer}/Token"),
        format!("{issuer}/token/"),
        format!("{issuer}//token"),
        format!("{issuer}/par"),
        issuer.clone(),
        "/token".to_owned(),
        format!("https://{rest}/token"),
        format!("{scheme}://{host}/token"),
        format!("{scheme}://{host}:1{port}/token"),
        format!("{scheme}://evil.example:{port}/token"),
        format!("{scheme}://{rest}@evil.example/token"),
        format!("{scheme}://{rest}/token%"),
    ] {
        refused(&server, &service, &of(change("htu", json!(other))), "dpop.url").await;
    }
}

#[tokio::test]
async fn headers_of_a_stranger_do_not_say_what_the_address_is() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let key = ProofKey::new();
    let authorization = basic(&service.id, service.secret.as_deref().unwrap());
    for (host, is_good) in [("evil.example", false), ("", true)] {
        let htu =
            if is_good { format!("{}/token", server.app.issuer) } else { format!("http://{host}/token") };
        let proof = key.proof_with(&server, TOKEN, &change("htu", json!(htu)));
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
            ("dpop", &proof),
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "http"),
            ("forwarded", "host=evil.example;proto=http"),
        ];
        let body = "grant_type=client_credentials";
        let answer = server.browser().request(Method::POST, "/token", &headers, body).await;
        assert_eq!(answer.status == 200, is_good, "{answer:?}");
    }
}

#[tokio::test]
async fn a_proof_is_from_now_and_the_operator_sees_by_how_much_it_was_not() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let key = ProofKey::new();
    let now = server.app.now().as_unix();
    let at = |second: i64| key.proof_with(&server, TOKEN, &change("iat", json!(now + second)));
    for second in [-60, -59, 0, 9, 10] {
        let answer = service.proven(&server, CLIENT_CREDENTIALS, &at(second)).await;
        assert_eq!(answer.status, 200, "{second} {answer:?}");
    }
    for second in [-61, 11, -86_400, 86_400] {
        refused(&server, &service, &at(second), "dpop.time").await;
    }
    refused(&server, &service, &key.proof_with(&server, TOKEN, &change("iat", json!(1e300))), "dpop.time")
        .await;
    let late = service.proven(&server, CLIENT_CREDENTIALS, &at(-100)).await;
    late.assert_json_error(400, "invalid_dpop_proof", "dpop.time");
    let id = late.header("x-request-id").to_owned();
    let explained = explained(&server, &id).await;
    assert_eq!(explained["detail"]["subject"], "proof_age", "{explained}");
    assert_eq!(explained["detail"]["seconds"], 100, "{explained}");
    let elsewhere = key.proof_with(&server, TOKEN, &change("htu", json!("https://a.example/token")));
    let elsewhere = service.proven(&server, CLIENT_CREDENTIALS, &elsewhere).await;
    let explained = self::explained(&server, elsewhere.header("x-request-id")).await;
    assert_eq!(explained["detail"]["came"], "https://a.example/token", "{explained}");
    assert_eq!(explained["detail"]["registered"], json!([format!("{}/token", server.app.issuer)]));
    assert!(!elsewhere.body.contains("a.example"), "the answer repeats nothing");
}

/// What `grantor explain` says about a request.
async fn explained(server: &TestServer, id: &str) -> Value {
    kept_refusals::store(&server.app).await;
    Operator::of(server).json(&["explain", id])
}

#[tokio::test]
async fn the_operator_decides_how_old_a_proof_may_be() {
    let options = [("oauth.dpop_max_age", "300s"), ("oauth.dpop_max_ahead", "60s")];
    let server = TestServer::start_with(&options).await;
    let service = server.service().await;
    let key = ProofKey::new();
    let proof = key.proof(&server);
    server.clock.advance(Duration::from_secs(290));
    assert_eq!(service.proven(&server, CLIENT_CREDENTIALS, &proof).await.status, 200);
    refused(&server, &service, &proof, "dpop.replayed").await;
    let ahead = server.app.now().as_unix() + 55;
    let proof = key.proof_with(&server, TOKEN, &change("iat", json!(ahead)));
    assert_eq!(service.proven(&server, CLIENT_CREDENTIALS, &proof).await.status, 200);
}

#[tokio::test]
async fn a_proof_is_looked_at_only_after_the_client_has_authenticated() {
    let server = TestServer::start().await;
    let (service, other) = (server.service().await, server.register(Registration::service("other")).await);
    let key = ProofKey::new();
    let stranger = Application::registered_at(&server.url, "job", Some("wrong"), "");
    let proof = key.proof(&server);
    let answer = stranger.proven(&server, CLIENT_CREDENTIALS, &proof).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    // So the proof is still good.
    assert_bound(&service, &service.proven(&server, CLIENT_CREDENTIALS, &proof).await, &key).await;
    // And it is used up for every client.
    refused(&server, &other, &proof, "dpop.replayed").await;
}

#[tokio::test]
async fn a_proof_is_not_used_after_its_exp_or_before_its_nbf() {
    let server = TestServer::start().await;
    let service = server.service().await;
    let (key, now) = (ProofKey::new(), server.app.now().as_unix());
    let with = |name: &str, value: Value| key.proof_with(&server, TOKEN, &change(name, value));
    for (name, value, reason) in [
        ("exp", json!(now - 1), "dpop.time"),
        ("exp", json!(now), "dpop.time"),
        ("exp", json!(0), "dpop.time"),
        ("nbf", json!(now + 11), "dpop.time"),
        ("exp", json!("soon"), "dpop.malformed"),
        ("exp", json!({}), "dpop.malformed"),
        ("nbf", json!("now"), "dpop.malformed"),
    ] {
        refused(&server, &service, &with(name, value), reason).await;
    }
    for (name, value) in [("exp", now + 60), ("nbf", now), ("nbf", now + 10)] {
        let answer = service.proven(&server, CLIENT_CREDENTIALS, &with(name, json!(value))).await;
        assert_bound(&service, &answer, &key).await;
    }
}
