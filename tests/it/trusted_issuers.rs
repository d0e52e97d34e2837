//! Assertions of trusted issuers about people: the JWT bearer grant (RFC 7523 §2.1).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use grantor::clock::Timestamp;
use grantor::jose::key::SigningKey;
use grantor::oauth::client::{GrantType, SubjectType, TokenFormat};
use grantor::oauth::grant::scope::Scope;
use grantor::oauth::grant::trusted_issuer::{IssuerKeys, TrustedIssuer};
use grantor::oauth::id::ClientId;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::{from_base64url, random_id};
use grantor::store::trusted_issuers;
use serde_json::{Value, json};

use crate::support::jwt::{choosing_headers, claims, jwks, key, mac, with_header};
use crate::support::process::ServerProcess;
use crate::support::relying_party::Registration;
use crate::support::site::{Site, redirect};
use crate::support::{Answer, Application, Operator, TestServer};

pub(crate) const IDP: &str = "https://idp.example.com";
pub(crate) const SUBJECT: &str = "248289761001";
pub(crate) const BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const API: &str = "https://api.example.com";
const ALLOWED: (&str, &str) = ("fetch.allow", "127.0.0.1");

/// A trusted issuer, a client that may use its assertions, and the user Alice.
struct Fixture {
    server: TestServer,
    key: SigningKey,
    gateway: Application,
    alice: String,
}

/// Trusts an issuer for `read pay`, and for assertions that these clients bring.
pub(crate) async fn trust(server: &TestServer, name: &str, keys: IssuerKeys, clients: &[&str]) {
    let issuer = TrustedIssuer {
        issuer: name.to_owned(),
        keys,
        scopes: Scope::from_stored("read pay"),
        audience: None,
        clients: clients.iter().map(|id| ClientId::new(*id)).collect(),
    };
    assert!(
        server.store(async move |tx| trusted_issuers::save(tx, &issuer, Timestamp::from_unix(0)).await).await
    );
}

pub(crate) fn gateway() -> Registration {
    Registration::service("gateway").grants(&[GrantType::JwtBearer]).scopes("read write pay")
}

/// The claims of a good assertion with changes; a null value removes a claim.
pub(crate) fn said(server: &TestServer, change: &Value) -> Value {
    let now = server.app.now().as_unix();
    let mut said = json!({
        "iss": IDP, "sub": SUBJECT, "aud": server.app.issuer, "iat": now, "exp": now + 60, "jti": random_id(),
    });
    for (name, value) in change.as_object().unwrap() {
        said[name] = value.clone();
    }
    said.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    said
}

impl Fixture {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let key = key(SigningAlgorithm::Es256);
        let keys = IssuerKeys::Here(jwks(&[&key]));
        Self::on(server, key, keys).await
    }

    async fn on(server: TestServer, key: SigningKey, keys: IssuerKeys) -> Self {
        let gateway = server.register(gateway()).await;
        let alice = server.user("alice").await;
        trust(&server, IDP, keys, &["gateway"]).await;
        let id = alice.clone();
        server
            .store(async move |tx| {
                trusted_issuers::link(tx, IDP, SUBJECT, &id, Timestamp::from_unix(0)).await
            })
            .await;
        Self { server, key, gateway, alice: alice.to_string() }
    }

    fn token(&self, change: &Value) -> String {
        self.key.sign("JWT", &said(&self.server, change)).unwrap()
    }

    async fn ask(&self, assertion: &str, more: &[(&str, &str)]) -> Answer {
        let form = [&[("grant_type", BEARER), ("assertion", assertion)], more].concat();
        self.gateway.token(&form).await
    }

    async fn good(&self) -> Answer {
        let answer = self.ask(&self.token(&json!({})), &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    async fn refused(&self, assertion: &str, reason: &str) {
        self.ask(assertion, &[]).await.assert_json_error(400, "invalid_grant", reason);
    }
}

#[tokio::test]
async fn an_assertion_gets_an_access_token_for_the_linked_person_and_nothing_else() {
    let fixture = Fixture::new().await;
    let (server, gateway) = (&fixture.server, &fixture.gateway);
    let answer = fixture.good().await;
    let reply = answer.json();
    assert_eq!(
        (&reply["token_type"], &reply["expires_in"], &reply["scope"]),
        (&json!("Bearer"), &json!(600), &json!("read"))
    );
    assert!(reply.get("refresh_token").is_none() && reply.get("id_token").is_none(), "{reply}");
    assert!(reply.get("issued_token_type").is_none(), "{reply}");
    let token = answer.get("access_token");
    let introspected = gateway.introspect(&token).await;
    assert_eq!(
        (&introspected["sub"], &introspected["client_id"]),
        (&json!(fixture.alice), &json!("gateway"))
    );
    assert!(introspected.get("act").is_none(), "{introspected}");
    let asked = fixture.ask(&fixture.token(&json!({})), &[("scope", "pay")]).await;
    assert_eq!(asked.get("scope"), "pay");
    for (scope, error, reason) in [
        ("write", "invalid_scope", "scope.beyond_issuer"),
        ("secret", "forbidden_scope", "scope.forbidden"),
        ("nonsense", "invalid_scope", "scope.unknown"),
    ] {
        let assertion = fixture.token(&json!({}));
        fixture.ask(&assertion, &[("scope", scope)]).await.assert_json_error(400, error, reason);
        assert_eq!(
            fixture.ask(&assertion, &[]).await.status,
            200,
            "what was asked wrongly has not used it up"
        );
    }
    let listed = Operator::of(server).json(&["grant", "list", "--user", "alice"]);
    assert_eq!(listed.as_array().unwrap().len(), 5, "{listed}");
    assert_eq!(
        (&listed[0]["client_id"], &listed[0]["has_refresh_token"]),
        (&json!("gateway"), &json!(false))
    );
    assert_eq!(listed[0]["issuer"], IDP);
    // The token ends when the assertion does.
    server.clock.advance(Duration::from_secs(600));
    assert_eq!(gateway.introspect(&token).await, json!({ "active": false }));
    assert_eq!(server.number("SELECT COUNT(*) FROM grants WHERE expires_at > created_at + 600").await, 0);
    assert_eq!(server.number("SELECT COUNT(*) FROM sessions").await, 0);
}

#[tokio::test]
async fn a_token_for_an_api_has_the_sub_that_the_client_knows() {
    let fixture = Fixture::new().await;
    fixture.server.resource(API, "read").await;
    let answer = fixture.ask(&fixture.token(&json!({})), &[("resource", API)]).await;
    let reply = claims(&answer.get("access_token"));
    assert_eq!(
        (&reply["aud"], &reply["sub"], &reply["scope"]),
        (&json!(API), &json!(fixture.alice), &json!("read"))
    );
    assert!(reply.get("auth_time").is_none() && reply.get("acr").is_none(), "nobody signed in here: {reply}");
    let refused = fixture.ask(&fixture.token(&json!({})), &[("resource", "urn:nowhere")]).await;
    refused.assert_json_error(400, "invalid_target", "resource.unknown");
    let pay = [("resource", API), ("scope", "pay")];
    let refused = fixture.ask(&fixture.token(&json!({})), &pay).await;
    refused.assert_json_error(400, "invalid_scope", "scope.not_of_resource");

    let mut pairwise = Registration::web("pairwise").grants(&[GrantType::JwtBearer]).scopes("read");
    pairwise.client.subject_type = SubjectType::Pairwise;
    pairwise.client.token_format = TokenFormat::Jwt;
    let pairwise = fixture.server.register(pairwise).await;
    Operator::of(&fixture.server).done(&["issuer", "update", IDP, "--client", "pairwise"]);
    let form = [("grant_type", BEARER), ("assertion", &fixture.token(&json!({})))];
    let token = pairwise.token(&form).await.get("access_token");
    assert_ne!(claims(&token)["sub"], json!(fixture.alice));
    assert_eq!(pairwise.introspect(&token).await["sub"], claims(&token)["sub"]);
}

#[tokio::test]
async fn a_person_is_identified_by_issuer_and_subject_alone() {
    let fixture = Fixture::new().await;
    let other = key(SigningAlgorithm::Es256);
    trust(&fixture.server, "https://other.example.com", IssuerKeys::Here(jwks(&[&other])), &["gateway"])
        .await;
    for sub in ["alice", "alice@example.com", fixture.alice.as_str(), "248289761001 ", "24828976100"] {
        let change = json!({ "sub": sub, "email": "alice@example.com", "email_verified": true });
        fixture.refused(&fixture.token(&change), "assertion.subject").await;
    }
    let of_other = said(&fixture.server, &json!({ "iss": "https://other.example.com" }));
    fixture.refused(&other.sign("JWT", &of_other).unwrap(), "assertion.subject").await;
    fixture.good().await;
}

#[tokio::test]
async fn a_client_may_use_issuers_trusted_for_it_and_learns_of_no_others() {
    let fixture = Fixture::new().await;
    let server = &fixture.server;
    let stranger = gateway();
    let stranger = server
        .register(Registration {
            client: grantor::oauth::client::Client { id: ClientId::new("stranger"), ..stranger.client },
            ..stranger
        })
        .await;
    let ask =
        async |assertion: &str| stranger.token(&[("grant_type", BEARER), ("assertion", assertion)]).await;
    let text = |answer: &Answer| answer.get("error_description").replace("https://nobody.example.com", IDP);
    let trusted = ask(&fixture.token(&json!({}))).await;
    let unknown = ask(&fixture.token(&json!({ "iss": "https://nobody.example.com" }))).await;
    for answer in [&trusted, &unknown] {
        answer.assert_json_error(400, "invalid_grant", "assertion.issuer");
    }
    assert_eq!(text(&trusted), text(&unknown));
    // This server is not a trusted issuer, although its keys signed the token.
    for iss in [server.url.as_str(), &format!("{IDP}/"), "HTTPS://idp.example.com", ""] {
        fixture.refused(&fixture.token(&json!({ "iss": iss })), "assertion.issuer").await;
    }
    let plain = server.service().await;
    let form = [("grant_type", BEARER), ("assertion", &fixture.token(&json!({})))];
    plain.token(&form).await.assert_json_error(400, "unauthorized_client", "client.grant_not_allowed");
    let public = server.register(Registration::spa("public").grants(&[GrantType::JwtBearer])).await;
    public.token(&form).await.assert_json_error(400, "unauthorized_client", "client.grant_not_allowed");
    let missing = fixture.gateway.token(&[("grant_type", BEARER)]).await;
    missing.assert_json_error(400, "invalid_request", "assertion.missing");
}

#[tokio::test]
async fn an_assertion_is_accepted_once_across_all_nodes() {
    let fixture = Fixture::new().await;
    let server = &fixture.server;
    let assertion = fixture.token(&json!({}));
    assert_eq!(fixture.ask(&assertion, &[]).await.status, 200);
    fixture.refused(&assertion, "assertion.replayed").await;
    // The assertion stays used until it expires, however late that is, and whichever client brings it.
    let long = fixture.token(&json!({ "exp": server.app.now().as_unix() + 3600, "jti": "j" }));
    assert_eq!(fixture.ask(&long, &[]).await.status, 200);
    let same = fixture.token(&json!({ "jti": "j" }));
    fixture.refused(&same, "assertion.replayed").await;
    server.clock.advance(Duration::from_secs(3600 + 59));
    fixture.refused(&long, "assertion.replayed").await;
    server.clock.advance(Duration::from_secs(1));
    fixture.refused(&long, "assertion.times").await;
    for jti in [json!(null), json!(""), json!("x".repeat(257)), json!(7)] {
        fixture.refused(&fixture.token(&json!({ "jti": jti })), "assertion.claims").await;
    }
    // The same subject of another issuer is another person.
    let other = key(SigningAlgorithm::EdDsa);
    trust(server, "https://other.example.com", IssuerKeys::Here(jwks(&[&other])), &["gateway"]).await;
    let change = json!({ "iss": "https://other.example.com", "jti": "j" });
    let of_other = other.sign("JWT", &said(server, &change)).unwrap();
    fixture.refused(&of_other, "assertion.subject").await;
    fixture.refused(&of_other, "assertion.replayed").await;
}

#[tokio::test]
async fn of_64_requests_with_one_assertion_at_two_nodes_one_gets_a_token() {
    let fixture = Fixture::new().await;
    let server = &fixture.server;
    let directory = server.database.directory.path();
    let (config, key_file) =
        (directory.join("node.toml"), directory.join("grantor.key").display().to_string());
    std::fs::write(&config, "").unwrap();
    let environment = [
        ("GRANTOR_DATABASE__URL", server.database.url.as_str()),
        ("GRANTOR_KEYS__MASTER_KEY_FILE", key_file.as_str()),
        ("GRANTOR_PUBLIC_URL", server.url.as_str()),
        ("GRANTOR_KEYS__ALGORITHMS", "ES256 EdDSA"),
    ];
    let other = ServerProcess::start(directory, &config, &environment);
    let elsewhere = fixture.gateway.at(&other.url);
    for _ in 0..3 {
        let assertion = fixture.token(&json!({}));
        let form = [("grant_type", BEARER), ("assertion", assertion.as_str())];
        let calls = (0..64).map(|n| if n % 2 == 0 { &fixture.gateway } else { &elsewhere });
        let answers = join_all(calls.map(|gateway| gateway.token(&form))).await;
        let good = answers.iter().filter(|answer| answer.status == 200).count();
        let replayed =
            answers.iter().filter(|answer| answer.json()["reason"] == "assertion.replayed").count();
        assert_eq!((good, replayed), (1, 63), "{:?}", answers.iter().map(|a| a.status).collect::<Vec<_>>());
    }
    assert_eq!(server.number("SELECT COUNT(*) FROM grants").await, 3);
}

#[tokio::test]
async fn an_assertion_must_be_addressed_to_this_server() {
    let fixture = Fixture::new().await;
    let issuer = fixture.server.app.issuer.clone();
    let token = format!("{issuer}/token");
    for aud in [
        json!([]),
        json!([issuer, issuer]),
        json!([issuer, "https://evil.example"]),
        json!(format!("{issuer}/")),
        json!(token),
        json!("https://evil.example"),
        json!({ "0": issuer }),
    ] {
        fixture.refused(&fixture.token(&json!({ "aud": aud })), "assertion.audience").await;
    }
    fixture.refused(&fixture.token(&json!({ "aud": null })), "assertion.claims").await;
    let now = fixture.server.app.now().as_unix() as f64;
    for change in [json!({ "aud": [issuer] }), json!({ "exp": now + 60.5, "iat": now - 0.5 })] {
        assert_eq!(fixture.ask(&fixture.token(&change), &[]).await.status, 200, "{change}");
    }
    Operator::of(&fixture.server).done(&["issuer", "update", IDP, "--assertion-audience", "token-endpoint"]);
    for aud in [json!(issuer), json!(token), json!([issuer]), json!([token])] {
        assert_eq!(fixture.ask(&fixture.token(&json!({ "aud": aud })), &[]).await.status, 200, "{aud}");
    }
    for aud in [json!([token, issuer]), json!(format!("{issuer}/introspect"))] {
        fixture.refused(&fixture.token(&json!({ "aud": aud })), "assertion.audience").await;
    }
}

#[tokio::test]
async fn an_assertion_with_a_wrong_time_or_a_missing_claim_is_refused_for_that_reason() {
    let fixture = Fixture::new().await;
    let now = fixture.server.app.now().as_unix();
    for (change, reason) in [
        (json!({ "exp": null }), "assertion.claims"),
        (json!({ "exp": "soon" }), "assertion.claims"),
        (json!({ "sub": null }), "assertion.claims"),
        (json!({ "sub": "a\0" }), "assertion.claims"),
        (json!({ "jti": "a\0" }), "assertion.claims"),
        (json!({ "iss": format!("{IDP}\0") }), "assertion.issuer"),
        (json!({ "sub": 7 }), "assertion.claims"),
        (json!({ "iss": null }), "assertion.malformed"),
        (json!({ "exp": now - 60 }), "assertion.times"),
        (json!({ "exp": now + 3661 }), "assertion.times"),
        (json!({ "exp": i64::MAX }), "assertion.times"),
        (json!({ "nbf": now + 61 }), "assertion.times"),
        (json!({ "iat": now + 61 }), "assertion.times"),
    ] {
        fixture.refused(&fixture.token(&change), reason).await;
    }
    for assertion in ["x", "a.b.c", "..", "gat_made-up", "grt_made-up"] {
        fixture.refused(assertion, "assertion.malformed").await;
    }
    for change in
        [json!({ "exp": now - 59 }), json!({ "exp": now + 3660 }), json!({ "iat": null, "nbf": now + 60 })]
    {
        assert_eq!(fixture.ask(&fixture.token(&change), &[]).await.status, 200, "{change}");
    }
}

#[tokio::test]
async fn a_header_cannot_choose_how_an_assertion_is_verified() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let (mine, theirs) = (key(SigningAlgorithm::Es256), key(SigningAlgorithm::Es256));
    // Another trusted issuer that publishes a key under the same `kid`.
    let mut same_name: Value = serde_json::from_str(&theirs.public_jwk().unwrap()).unwrap();
    same_name["kid"] = json!(mine.kid());
    let others = IssuerKeys::Here(json!({ "keys": [same_name] }).to_string());
    trust(&server, "https://other.example.com", others, &[]).await;
    let keys = IssuerKeys::Here(jwks(&[&mine]));
    let fixture = Fixture::on(server, mine, keys).await;
    let (server, mine) = (&fixture.server, &fixture.key);
    Operator::of(server).done(&["issuer", "update", "https://other.example.com", "--client", "gateway"]);
    let evil = jwks(&[&theirs]);
    let site = Site::start(move |_| ("200 OK".to_owned(), evil.clone()));
    let url = format!("http://127.0.0.1:{}/jwks", site.port);
    let kid = mine.kid();
    let of_another_kind = (json!({ "alg": "ES256", "kid": kid, "typ": "at+jwt" }), mine);
    for (header, signing) in choosing_headers(mine, &theirs, &url).into_iter().chain([of_another_kind]) {
        let assertion = with_header(signing, &header, &said(server, &json!({})));
        fixture.refused(&assertion, "assertion.signature").await;
        let (unsigned, _) = assertion.rsplit_once('.').unwrap();
        fixture.refused(&format!("{unsigned}."), "assertion.signature").await;
    }
    // The public key, which anybody can read, used as a MAC secret.
    let parts: Value = serde_json::from_str(&mine.public_jwk().unwrap()).unwrap();
    let x = from_base64url(parts["x"].as_str().unwrap()).unwrap();
    let public = jwks(&[mine]);
    for secret in [public.as_bytes(), mine.public_jwk().unwrap().as_bytes(), x.as_slice(), b""] {
        let header = json!({ "alg": "HS256", "typ": "JWT", "kid": kid });
        fixture.refused(&mac(secret, &header, &said(server, &json!({}))), "assertion.signature").await;
    }
    // The server never calls an address that an untrusted issuer or a header names.
    let stranger = json!({ "iss": url, "jku": url });
    fixture.refused(&theirs.sign("JWT", &said(server, &stranger)).unwrap(), "assertion.issuer").await;
    assert_eq!(site.called(), 0, "nobody is called");
    fixture.good().await;
}

#[tokio::test]
async fn keys_are_read_from_the_issuers_jwks_uri() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let (first, second) = (key(SigningAlgorithm::Es256), key(SigningAlgorithm::EdDsa));
    let published = Arc::new(Mutex::new(jwks(&[&first])));
    let answer = published.clone();
    let site = Site::start(move |_| ("200 OK".to_owned(), answer.lock().unwrap().clone()));
    let uri = format!("http://127.0.0.1:{}/jwks", site.port);
    let fixture = Fixture::on(server, first, IssuerKeys::At(uri)).await;
    let assertions: Vec<String> = (0..16).map(|_| fixture.token(&json!({}))).collect();
    let answers = join_all(assertions.iter().map(|assertion| fixture.ask(assertion, &[]))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let unknown = second.sign("JWT", &said(&fixture.server, &json!({}))).unwrap();
    fixture.refused(&unknown, "assertion.signature").await;
    fixture.refused(&unknown, "assertion.signature").await;
    assert_eq!(
        site.called(),
        2,
        "read once for all of them, once for the unknown key, and not again so soon"
    );
}

#[tokio::test]
async fn an_assertion_is_checked_again_if_its_issuer_changes_in_between() {
    let server = TestServer::start_with(&[ALLOWED]).await;
    let key = key(SigningAlgorithm::Es256);
    let (public, operator) = (jwks(&[&key]), Arc::new(Operator::of(&server)));
    // The keys are read after the issuer's record, and before anything is stored.
    let site = Site::start(move |_| {
        operator.done(&["issuer", "update", IDP, "--scope", "read"]);
        ("200 OK".to_owned(), public.clone())
    });
    let uri = format!("http://127.0.0.1:{}/jwks", site.port);
    let fixture = Fixture::on(server, key, IssuerKeys::At(uri)).await;
    let answer = fixture.ask(&fixture.token(&json!({})), &[("scope", "pay")]).await;
    answer.assert_json_error(400, "invalid_scope", "scope.beyond_issuer");
    assert_eq!(site.called(), 1);
}

#[tokio::test]
async fn an_issuers_jwks_uri_reaches_nothing_private_and_follows_no_redirect() {
    let key = || key(SigningAlgorithm::Es256);
    let inner = Site::start(|_| ("200 OK".to_owned(), String::new()));
    let at = |site: &Site| IssuerKeys::At(format!("http://127.0.0.1:{}/jwks", site.port));
    // If the issuer's address is not allowed, the server does not connect to it.
    for keys in [at(&inner), IssuerKeys::At(format!("https://localhost:{}/jwks", inner.port))] {
        let fixture = Fixture::on(TestServer::start().await, key(), keys).await;
        fixture.refused(&fixture.token(&json!({})), "assertion.keys_unavailable").await;
    }
    // If it is allowed, the server still follows no redirect, and the error reveals no more.
    let target = format!("http://127.0.0.1:{}/", inner.port);
    let redirecting = Site::start(move |_| redirect(&target));
    let huge = Site::start(|_| ("200 OK".to_owned(), "x".repeat(10_000_000)));
    let empty = Site::start(|_| ("200 OK".to_owned(), r#"{"keys":[]}"#.to_owned()));
    let broken = Site::start(|_| ("500 Internal Server Error".to_owned(), String::new()));
    for site in [&redirecting, &huge, &empty, &broken] {
        let server = TestServer::start_with(&[ALLOWED]).await;
        let fixture = Fixture::on(server, key(), at(site)).await;
        fixture.refused(&fixture.token(&json!({})), "assertion.keys_unavailable").await;
        fixture.refused(&fixture.token(&json!({})), "assertion.keys_unavailable").await;
    }
    assert_eq!(inner.called(), 0, "nothing forbidden is connected");
}

#[tokio::test]
async fn a_token_from_an_assertion_ends_with_the_trust_in_the_assertion() {
    for (done, undone, reason) in [
        (vec!["user", "disable", "alice"], vec![], "subject.disabled"),
        (vec!["user", "delete", "alice", "--yes"], vec![], "assertion.subject"),
        (vec!["grant", "revoke", "--user", "alice", "--client", "gateway", "--yes"], vec![], ""),
        (
            vec!["client", "update", "gateway", "--disable"],
            vec!["client", "update", "gateway", "--enable"],
            "",
        ),
        (vec!["issuer", "unlink", IDP, SUBJECT, "--yes"], vec![], "assertion.subject"),
        (vec!["issuer", "update", IDP, "--client", "other"], vec![], "assertion.issuer"),
        (vec!["issuer", "delete", IDP, "--yes"], vec![], "assertion.issuer"),
        (vec!["client", "update", "gateway", "--require-group", "staff"], vec![], "subject.group_missing"),
    ] {
        let fixture = Fixture::new().await;
        let (server, operator) = (&fixture.server, Operator::of(&fixture.server));
        server.resource(API, "read").await;
        let other = server.register(Registration::service("other")).await;
        operator.done(&["resource", "update", API, "--client", "other"]);
        let opaque = fixture.good().await.get("access_token");
        let jwt = fixture.ask(&fixture.token(&json!({})), &[("resource", API)]).await.get("access_token");
        assert_eq!(other.introspect(&jwt).await["active"], true);
        operator.done(&done);
        let spared = done.contains(&"--require-group");
        assert_eq!(other.introspect(&jwt).await["active"], spared, "{done:?}");
        if !undone.is_empty() {
            let refused = fixture.ask(&fixture.token(&json!({})), &[]).await;
            refused.assert_json_error(401, "invalid_client", "client.disabled");
            operator.done(&undone);
            assert_eq!(other.introspect(&jwt).await["active"], true, "it was not for ever");
        } else {
            assert_eq!(fixture.gateway.introspect(&opaque).await["active"], spared, "{done:?}");
        }
        match reason {
            "" => drop(fixture.good().await),
            reason => fixture.refused(&fixture.token(&json!({})), reason).await,
        }
    }
    let fixture = Fixture::new().await;
    let token = fixture.good().await.get("access_token");
    Operator::of(&fixture.server).set_password("alice", "another password");
    assert_eq!(fixture.gateway.introspect(&token).await, json!({ "active": false }));
}
