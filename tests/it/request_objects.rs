//! Authorization requests as tokens that the application signs (RFC 9101, OpenID Connect Core §6).

mod clients;
mod demands;
mod encrypted;
mod keys;

use grantor::jose::key::SigningKey;
use grantor::oauth::client::Client;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::{random_id, to_base64url};
use serde_json::{Value, json};

use crate::support::chromium::Chromium;
use crate::support::cluster::Cluster;
use crate::support::jwt::{choosing_headers, jwks, key, mac, with_header};
use crate::support::relying_party::Registration;
use crate::support::{Answer, Application, TestServer};

const TYP: &str = "oauth-authz-req+jwt";

/// An application whose requests `key` signs.
async fn signer(
    server: &TestServer,
    id: &str,
    key: &SigningKey,
    change: impl FnOnce(&mut Client),
) -> Application {
    let mut registration = Registration::web(id);
    registration.client.jwks = Some(jwks(&[key]));
    change(&mut registration.client);
    server.register(registration).await
}

/// The claims of a good object: the parameters of a good request, with `change` over them. `null` removes a member.
fn claims(server: &TestServer, app: &Application, change: &Value) -> Value {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&app.request_with(&[])).unwrap();
    let mut claims: Value = pairs.into_iter().map(|(name, value)| (name, json!(value))).collect();
    let now = server.app.now().as_unix();
    let mut set = |name: &str, value: Value| claims[name] = value;
    set("iss", json!(app.id));
    set("aud", json!(server.app.issuer));
    set("nbf", json!(now));
    set("exp", json!(now + 60));
    set("jti", json!(random_id()));
    for (name, value) in change.as_object().unwrap() {
        set(name, value.clone());
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

pub(crate) fn object(server: &TestServer, app: &Application, key: &SigningKey, change: &Value) -> String {
    key.sign(TYP, &claims(server, app, change)).unwrap()
}

/// The address of a request with nothing but an object, and `more` beside it.
pub(crate) fn url(app: &Application, object: &str, more: &[(&str, &str)]) -> String {
    let endpoint = app.url_with(&[]).split_once('?').unwrap().0.to_owned();
    let pairs = [&[("client_id", app.id.as_str()), ("request", object)], more].concat();
    format!("{endpoint}?{}", serde_urlencoded::to_string(pairs).unwrap())
}

async fn push(app: &Application, object: &str) -> Answer {
    app.post("/par", &[("request", object)]).await
}

fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| to_base64url(value.to_string().as_bytes());
    format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))
}

async fn rows(server: &TestServer) -> i64 {
    server.number("SELECT COUNT(*) FROM flows").await
}

#[tokio::test]
async fn a_signed_request_becomes_a_code_from_a_query_a_form_and_a_push() {
    let server = TestServer::start().await;
    let mut alice = server.alice().await;
    for algorithm in SigningAlgorithm::ALL {
        let key = key(*algorithm);
        let app = signer(&server, algorithm.as_str(), &key, |_| ()).await;
        let beside = [("state", "outside"), ("scope", "nonsense"), ("redirect_uri", "https://evil.example/")];
        let object = |change| object(&server, &app, &key, change);
        let signed = object(&json!({ "state": "inside" }));

        // With the pages; and they may be loaded again, because nothing is used up before the answer.
        let address = url(&app, &signed, &beside);
        let before = rows(&server).await;
        assert!(server.browser().open(&address).await.is_sign_in());
        assert_eq!(rows(&server).await, before, "nothing is stored for a stranger");
        assert!(alice.open(&address).await.location().is_none());
        let answer = alice.authorize(&address).await;
        assert_eq!((answer.get("state").as_str(), answer.get("iss")), ("inside", server.url.clone()));
        let tokens = app.redeem_by_hand(&answer.get("code")).await;
        assert_eq!(tokens.status, 200, "{algorithm} {tokens:?}");

        let form = [&[("client_id", app.id.as_str()), ("request", signed.as_str())], &beside[..]].concat();
        let begun = alice.post("/authorize", &form).await;
        let answer = alice.follow(begun).await;
        assert_ne!(answer.get("code"), "", "{answer:?}");

        let pushed = push(&app, &signed).await;
        assert_eq!(pushed.status, 201, "{pushed:?}");
        let uri = pushed.get("request_uri");
        let query = [("client_id", app.id.as_str()), ("request_uri", &uri)];
        let address = format!("{}/authorize?{}", server.url, serde_urlencoded::to_string(query).unwrap());
        assert_eq!(alice.get(&address).await.get("state"), "inside");
        alice.get(&address).await.assert_page(400, "pushed_request.used");
    }
}

#[tokio::test]
async fn parameters_in_an_object_have_the_form_of_json() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(&server, "app", &key, |client| {
        client.scopes = grantor::oauth::grant::scope::Scope::from_stored("openid read email");
    });
    let app = app.await;
    let (one, two) = ("https://one.example", "https://two.example");
    server.resource(one, "read").await;
    server.resource(two, "read").await;
    let change = json!({
        "scope": "openid read", "nonce": "n", "max_age": 3600, "resource": [one, two],
        "claims": { "id_token": { "email": { "essential": true } } },
    });
    let mut alice = server.alice().await;
    let page = alice.open(&url(&app, &object(&server, &app, &key, &change), &[])).await;
    let page = alice.sign_in(&page, "alice").await;
    assert!(page.is_consent(), "{page:?}");
    let answer = alice.allow(&page).await;
    let tokens = app.redeem_with(&answer.get("code"), &[("resource", one)]).await;
    let id_token = tokens.get("id_token");
    assert_eq!(crate::support::jwt::claims(&id_token)["email"], "alice@example.com");
    for (change, error, reason) in [
        (json!({ "max_age": -1 }), "invalid_request", "max_age.malformed"),
        (json!({ "max_age": 1.5 }), "invalid_request", "max_age.malformed"),
        (json!({ "resource": "https://three.example" }), "invalid_target", "resource.unknown"),
        (json!({ "claims": [] }), "invalid_request", "claims.malformed"),
        (json!({ "state": "a\u{0}b" }), "invalid_request", "parameter.malformed"),
        (json!({ "scope": "nonsense" }), "invalid_scope", "scope.unknown"),
        (json!({ "code_challenge": null }), "invalid_request", "pkce.challenge_missing"),
    ] {
        let object = object(&server, &app, &key, &change);
        let answer = server.get(&url(&app, &object, &[("code_challenge", "outside")])).await;
        answer.assert_redirect_error(error, reason, &server.url);
        push(&app, &object).await.assert_json_error(400, error, reason);
    }
}

/// Asserts that an object is refused in the browser and at a push, and that nothing is stored.
async fn refused(server: &TestServer, app: &Application, object: &str, reason: &str) {
    let before = rows(server).await;
    let outside = [("redirect_uri", app.redirect_uri.as_str())];
    let answer = server.get(&url(app, object, &outside)).await;
    answer.assert_redirect_error("invalid_request_object", reason, &server.url);
    push(app, object).await.assert_json_error(400, "invalid_request_object", reason);
    assert_eq!(rows(server).await, before, "nothing is stored");
}

#[tokio::test]
async fn an_object_that_is_not_the_clients_or_not_for_now_is_refused_with_its_reason() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(&server, "app", &key, |_| ()).await;
    let now = server.app.now().as_unix();
    for (change, reason) in [
        (json!({ "client_id": "other" }), "request_object.client"),
        (json!({ "client_id": null }), "request_object.client"),
        (json!({ "iss": "other" }), "request_object.client"),
        (json!({ "iss": null }), "request_object.client"),
        (json!({ "sub": "app" }), "request_object.client"),
        (json!({ "aud": "https://other.example" }), "request_object.audience"),
        (json!({ "aud": null }), "request_object.audience"),
        (json!({ "aud": [] }), "request_object.audience"),
        (json!({ "exp": null }), "request_object.times"),
        (json!({ "exp": now - 61 }), "request_object.times"),
        (json!({ "exp": now + 3 * 365 * 86_400 }), "request_object.times"),
        (json!({ "nbf": now - 3600, "exp": now + 60 }), "request_object.times"),
        (json!({ "nbf": null, "iat": now - 3600, "exp": now + 60 }), "request_object.times"),
        (json!({ "nbf": now + 90, "exp": now + 120 }), "request_object.times"),
        (json!({ "iat": now + 90, "exp": now + 120 }), "request_object.times"),
        (json!({ "request": "e30.e30.x" }), "request_object.nested"),
        (json!({ "request_uri": "https://app.example/r" }), "request_object.nested"),
        (json!({ "request_uri": "urn:ietf:params:oauth:request_uri:x" }), "request_object.nested"),
        (json!({ "scope": ["read"] }), "request_object.malformed"),
        (json!({ "exp": "soon" }), "request_object.malformed"),
        (json!({ "redirect_uri": ["https://app.example/callback"] }), "request_object.malformed"),
    ] {
        refused(&server, &app, &object(&server, &app, &key, &change), reason).await;
    }
    // The clocks may differ by a minute.
    for change in [json!({ "nbf": now + 60 }), json!({ "nbf": null, "iat": now }), json!({ "exp": now - 59 })]
    {
        let object = object(&server, &app, &key, &change);
        assert!(server.browser().open(&url(&app, &object, &[])).await.is_sign_in(), "{change}");
    }
}

#[tokio::test]
async fn no_object_chooses_how_it_is_verified_and_none_that_cannot_be_read_is_used() {
    let server = TestServer::start().await;
    let (key, other) = (key(SigningAlgorithm::Es256), key(SigningAlgorithm::Es256));
    let app = signer(&server, "app", &key, |_| ()).await;
    let good = claims(&server, &app, &json!({}));
    for (header, by) in choosing_headers(&key, &other, "https://evil.example/jwks") {
        let reason = match &header {
            it if it.get("crit").is_some() || it["alg"] == "none" => "request_object.malformed",
            it if it["typ"] == "logout+jwt" => "request_object.type",
            it if ["RS256", "ES384", "ES256"].iter().any(|known| it["alg"] == *known) => {
                "request_object.signature"
            }
            _ => "request_object.algorithm",
        };
        refused(&server, &app, &with_header(by, &header, &good), reason).await;
    }
    // The public key as a secret.
    let jwk = key.public_jwk().unwrap();
    for secret in [jwk.as_bytes(), app.secret.as_deref().unwrap().as_bytes()] {
        let object = mac(secret, &json!({ "alg": "HS256", "kid": key.kid() }), &good);
        refused(&server, &app, &object, "request_object.algorithm").await;
    }
    let part = |text: &str| to_base64url(text.as_bytes());
    let header = part(&json!({ "alg": "ES256", "kid": key.kid() }).to_string());
    let twice = format!("{},\"state\":\"twice\"}}", good.to_string().trim_end_matches('}'));
    let deep = format!("{{\"claims\":{}1{}}}", "{\"a\":".repeat(200), "}".repeat(200));
    let signed = object(&server, &app, &key, &json!({}));
    let (input, signature) = signed.rsplit_once('.').unwrap();
    for (object, reason) in [
        (unsigned(&good), "request_object.algorithm"),
        (format!("{header}.{}.{signature}", part(&twice)), "request_object.malformed"),
        (format!("{header}.{}.{signature}", part(&deep)), "request_object.malformed"),
        (format!("{header}.{}.{signature}", part("[]")), "request_object.malformed"),
        (format!("{header}.{signature}"), "request_object.malformed"),
        (format!("{input}.AAAA"), "request_object.signature"),
        (format!("{input}."), "request_object.malformed"),
        (format!("{signed}.x"), "request_object.malformed"),
        ("a.b.c.d.e".to_owned(), "request_object.encrypted"),
        ("nonsense".to_owned(), "request_object.malformed"),
    ] {
        refused(&server, &app, &object, reason).await;
    }
    // What another kind of token says does not count, although the client signed it.
    for typ in ["at+jwt", "client-authentication+jwt", "dpop+jwt"] {
        refused(&server, &app, &key.sign(typ, &good).unwrap(), "request_object.type").await;
    }
    // Another client's object, with its own client_id and with this one's.
    let wiki = signer(&server, "wiki", &other, |_| ()).await;
    refused(&server, &app, &object(&server, &wiki, &other, &json!({})), "request_object.client").await;
    refused(&server, &app, &object(&server, &app, &other, &json!({})), "request_object.signature").await;
    // A client without keys has no one to sign for it.
    let bare = server.register(Registration::web("bare")).await;
    refused(&server, &bare, &object(&server, &bare, &key, &json!({})), "request_object.signature").await;
}

#[tokio::test]
async fn large_repeated_and_referenced_objects_are_refused() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(&server, "app", &key, |_| ()).await;
    let of = |length: usize| object(&server, &app, &key, &json!({ "other": "x".repeat(length) }));
    let mut browser = server.browser();
    let id = ("client_id", app.id.as_str());
    let back = ("redirect_uri", app.redirect_uri.as_str());
    let answer = browser.post("/authorize", &[id, back, ("request", &of(30_000))]).await;
    answer.assert_redirect_error("invalid_request", "parameter.too_long", &server.url);
    push(&app, &of(30_000)).await.assert_json_error(400, "invalid_request", "parameter.too_long");
    // 64 KiB are more than a whole form may have.
    push(&app, &of(50_000)).await.assert_json_error(413, "invalid_request", "request.too_large");
    // What no one reads in it is not kept.
    assert_eq!(push(&app, &of(20_000)).await.status, 201);
    let long = object(&server, &app, &key, &json!({ "state": "s".repeat(8100) }));
    push(&app, &long).await.assert_json_error(400, "invalid_request", "parameter.too_long");

    let good = of(1);
    let twice = server.get(&url(&app, &good, &[("request", &good), back])).await;
    twice.assert_redirect_error("invalid_request", "parameter.repeated", &server.url);
    for uri in ["https://app.example/request", "urn:other"] {
        let answer = server.get(&url(&app, &good, &[("request_uri", uri), back])).await;
        answer.assert_redirect_error("request_uri_not_supported", "request_uri.unsupported", &server.url);
        let answer = server.get(&app.url_with(&[("request_uri", uri)])).await;
        answer.assert_redirect_error("request_uri_not_supported", "request_uri.unsupported", &server.url);
    }
    let nameless = format!("{}/authorize?request={good}", server.url);
    server.get(&nameless).await.assert_page(400, "client_id.missing");
    let unknown = url(&app, &good, &[]).replace("client_id=app", "client_id=unknown");
    server.get(&unknown).await.assert_page(400, "client.unknown");
    assert_eq!(rows(&server).await, 0);
}

#[tokio::test]
async fn a_refusal_goes_only_to_a_registered_address_as_the_object_asks() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(&server, "app", &key, |_| ()).await;
    let expired = |change: Value| {
        let mut all = json!({ "exp": 1 });
        all.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        object(&server, &app, &key, &all)
    };
    let form = server.get(&url(&app, &expired(json!({ "response_mode": "form_post" })), &[])).await;
    assert_eq!(form.form_action(), app.redirect_uri);
    for field in ["name=\"state\" value=\"the state\"", "name=\"error\" value=\"invalid_request_object\""] {
        assert!(form.body.contains(field), "{field}: {form:?}");
    }
    let answer = server.get(&url(&app, &expired(json!({ "response_mode": "fragment" })), &[])).await;
    assert!(answer.location().unwrap().contains("#error=invalid_request_object&"), "{answer:?}");
    let answer = server.get(&url(&app, &expired(json!({ "response_mode": "jwt" })), &[])).await;
    assert!(answer.location().unwrap().contains("?response="), "{answer:?}");
    // What the object does not say, or could not say, the query says.
    let silent = expired(json!({ "state": ["x"], "redirect_uri": null, "response_mode": null }));
    let outside = [("state", "outside"), ("redirect_uri", app.redirect_uri.as_str())];
    let answer = server.get(&url(&app, &silent, &outside)).await;
    answer.assert_redirect_error("invalid_request_object", "request_object.times", &server.url);
    assert_eq!(answer.get("state"), "outside");
    // An address that is not registered gets nothing, and the person learns why.
    for (change, outside) in [
        (json!({ "redirect_uri": "https://evil.example/" }), &outside[..]),
        (json!({ "redirect_uri": null }), &[("redirect_uri", "https://evil.example/")]),
        (json!({ "redirect_uri": null }), &[]),
    ] {
        let page = server.get(&url(&app, &expired(change), outside)).await;
        page.assert_page(400, "request_object.times");
    }
    let good = object(&server, &app, &key, &json!({ "redirect_uri": "https://evil.example/" }));
    server.get(&url(&app, &good, &[outside[1]])).await.assert_page(400, "redirect_uri.host_mismatch");
}

#[tokio::test]
async fn a_signed_request_goes_on_at_every_node() {
    let cluster = Cluster::of(2).await;
    let server = &cluster.server;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(server, "app", &key, |_| ()).await;
    let mut alice = server.alice().await;
    // The balancer spreads the requests of a flow over the nodes, also of one that has a row.
    for length in [10, 5000] {
        let state = "s".repeat(length);
        let answer =
            alice.authorize(&url(&app, &object(server, &app, &key, &json!({ "state": state })), &[])).await;
        assert_eq!(answer.get("state"), state);
        let pushed = push(&app, &object(server, &app, &key, &json!({ "state": state }))).await;
        let uri = pushed.get("request_uri");
        let query = [("client_id", app.id.as_str()), ("request_uri", &uri)];
        let address = format!("/authorize?{}", serde_urlencoded::to_string(query).unwrap());
        let answers = futures_util::future::join_all((0..16).map(|_| {
            let (mut browser, address) = (alice.clone_with_cookies(), address.clone());
            async move { browser.get(&address).await }
        }));
        let answers = answers.await;
        let codes = answers.iter().filter(|answer| answer.location().is_some()).count();
        assert_eq!(codes, 1, "{answers:?}");
    }
    assert!(cluster.shares().iter().all(|share| *share > 0));
}

#[tokio::test]
async fn a_browser_shows_the_page_of_a_refused_object() {
    let Some(chromium) = Chromium::start().await else { return };
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(&server, "app", &key, |_| ()).await;
    let change = json!({ "exp": 1, "redirect_uri": "https://evil.example/" });
    chromium.open(&url(&app, &object(&server, &app, &key, &change), &[])).await;
    let source = chromium.page.source().await.unwrap();
    assert!(source.contains("<code>request_object.times</code>"), "{source}");
    assert!(!source.contains("evil.example"), "{source}");
}
