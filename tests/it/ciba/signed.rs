//! Signed requests (CIBA Core §7.1.1), and the profiles that demand them (FAPI-CIBA).

use futures_util::future::join_all;
use grantor::jose::key::SigningKey;
use grantor::oauth::client::assertion::JWT_BEARER;
use grantor::oauth::client::profile::Profile;
use grantor::oauth::client::{AuthMethod, Client, Demand, ObjectAlgorithm};
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::{random_id, to_base64url};
use grantor::work::activity::store;
use serde_json::{Value, json};

use super::{BEGIN, CIBA, answer, ask, asking, requests};
use crate::activity;
use crate::support::dpop::ProofKey;
use crate::support::jwt::{choosing_headers, jwks, key, with_header};
use crate::support::{Answer, Application, Operator, TestServer};

/// An application whose requests `key` signs, and Alice.
async fn signer(server: &TestServer, key: &SigningKey, change: impl FnOnce(&mut Client)) -> Application {
    server.user("alice").await;
    let mut registration = asking("bank");
    registration.client.jwks = Some(jwks(&[key]));
    change(&mut registration.client);
    server.register(registration).await
}

/// The claims of a good object, with `change` over them. `null` removes a member.
fn claims(server: &TestServer, change: &Value) -> Value {
    let now = server.app.now().as_unix();
    let mut claims = json!({
        "iss": "bank", "aud": server.app.issuer, "iat": now, "nbf": now, "exp": now + 60, "jti": random_id(),
        "scope": "openid read", "login_hint": "alice", "binding_message": "W4SCT",
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn object(server: &TestServer, key: &SigningKey, change: &Value) -> String {
    key.sign("JWT", &claims(server, change)).unwrap()
}

async fn send(app: &Application, object: &str, more: &[(&str, &str)]) -> Answer {
    app.post(BEGIN, &[&[("request", object)], more].concat()).await
}

#[tokio::test]
async fn a_signed_request_has_its_parameters_inside() {
    let server = TestServer::start_with(&[("ciba.waiting_of_client", "9")]).await;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(&server, &key, |_| ()).await;
    let inside = json!({ "requested_expiry": 60, "aud": [server.app.issuer, "https://other.example"] });
    let begun = send(&app, &object(&server, &key, &inside), &[("login_hint", "nobody")]).await;
    assert_eq!((begun.status.as_u16(), &begun.json()["expires_in"]), (200, &json!(60)), "{begun:?}");
    // What is beside the object does not count.
    let bare = object(&server, &key, &json!({ "login_hint": null }));
    let refused = send(&app, &bare, &[("login_hint", "alice")]).await;
    refused.assert_json_error(400, "invalid_request", "backchannel.hint");
    // Without a demand, an unsigned request is as good.
    assert_eq!(ask(&app, &[]).await.status, 200);
    assert_eq!(requests(&server).await, 2);
}

#[tokio::test]
async fn each_mistake_of_an_object_has_its_reason() {
    let server = TestServer::start().await;
    let (mine, theirs) = (key(SigningAlgorithm::Es256), key(SigningAlgorithm::Es256));
    let app = signer(&server, &mine, |_| ()).await;
    let now = server.app.now().as_unix();
    for (change, reason) in [
        (json!({ "iss": null }), "request_object.client"),
        (json!({ "iss": "shop" }), "request_object.client"),
        (json!({ "client_id": "shop" }), "request_object.client"),
        (json!({ "sub": "bank" }), "request_object.client"),
        (json!({ "aud": null }), "request_object.audience"),
        (json!({ "aud": format!("{}{BEGIN}", server.app.issuer) }), "request_object.audience"),
        (json!({ "exp": null }), "request_object.times"),
        (json!({ "iat": null }), "request_object.times"),
        (json!({ "nbf": null }), "request_object.times"),
        (json!({ "exp": now - 61 }), "request_object.times"),
        (json!({ "nbf": now + 120, "exp": now + 180 }), "request_object.times"),
        (json!({ "exp": now + 3601 }), "request_object.times"),
        (json!({ "jti": null }), "request_object.malformed"),
        (json!({ "jti": "" }), "request_object.malformed"),
        (json!({ "jti": "x".repeat(257) }), "request_object.malformed"),
        (json!({ "jti": 5 }), "request_object.malformed"),
        (json!({ "scope": ["openid"] }), "request_object.malformed"),
        (json!({ "request": "a.b.c" }), "request_object.nested"),
    ] {
        let refused = send(&app, &object(&server, &mine, &change), &[]).await;
        refused.assert_json_error(400, "invalid_request", reason);
    }
    for (header, signer) in choosing_headers(&mine, &theirs, "https://evil.example/jwks") {
        let forged = with_header(signer, &header, &claims(&server, &json!({})));
        let refused = send(&app, &forged, &[]).await;
        assert_eq!((refused.status.as_u16(), refused.get("error").as_str()), (400, "invalid_request"));
    }
    let part = |value: &Value| to_base64url(value.to_string().as_bytes());
    let unsigned = format!("{}.{}.", part(&json!({ "alg": "none" })), part(&claims(&server, &json!({}))));
    send(&app, &unsigned, &[]).await.assert_json_error(400, "invalid_request", "request_object.algorithm");
    let encrypted = send(&app, "HEADER.KEY.IV.TEXT.TAG", &[]).await;
    encrypted.assert_json_error(400, "invalid_request", "request_object.encrypted");
    let description = "the request object is encrypted, and one that is only signed is needed here";
    assert_eq!(encrypted.get("error_description"), description);
    assert_eq!(requests(&server).await, 0);
}

#[tokio::test]
async fn an_object_counts_once() {
    let server = TestServer::start_with(&[("ciba.waiting_of_client", "99"), ("ciba.waiting", "99")]).await;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(&server, &key, |_| ()).await;
    let object = object(&server, &key, &json!({}));
    let answers = join_all((0..16).map(|_| send(&app, &object, &[]))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.assert_json_error(400, "invalid_request", "request_object.replayed");
    }
    assert_eq!(requests(&server).await, 1);
}

#[tokio::test]
async fn a_client_that_must_sign_cannot_leave_it_out_or_choose_another_algorithm() {
    let server = TestServer::start_with(&[("ciba.waiting_of_client", "99")]).await;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(&server, &key, |client| {
        client.backchannel.request_alg = Some(ObjectAlgorithm::Ps256);
    })
    .await;
    ask(&app, &[]).await.assert_json_error(400, "invalid_request", "request_object.required");
    let other = send(&app, &object(&server, &key, &json!({})), &[]).await;
    other.assert_json_error(400, "invalid_request", "request_object.algorithm");
    let operator = Operator::of(&server);
    operator.done(&["client", "update", "bank", "--ciba-request-alg", "ES256"]);
    assert_eq!(send(&app, &object(&server, &key, &json!({})), &[]).await.status, 200);
    operator.done(&["client", "update", "bank", "--ciba-request-alg", "default", "--jar", "require"]);
    ask(&app, &[]).await.assert_json_error(400, "invalid_request", "request_object.required");
    assert_eq!(send(&app, &object(&server, &key, &json!({})), &[]).await.status, 200);
}

#[tokio::test]
async fn a_server_that_demands_signed_requests_demands_them_here() {
    let server = TestServer::start_with(&[("oauth.jar", "require")]).await;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(&server, &key, |_| ()).await;
    assert_eq!(super::metadata(&server).await["require_signed_request_object"], true);
    ask(&app, &[]).await.assert_json_error(400, "invalid_request", "request_object.required");
    assert_eq!(send(&app, &object(&server, &key, &json!({})), &[]).await.status, 200);
}

/// A request of a client that proves itself with its key.
async fn post(
    server: &TestServer,
    key: &SigningKey,
    path: &str,
    form: &[(&str, &str)],
    proof: Option<&str>,
) -> Answer {
    let now = server.app.now().as_unix();
    let assertion = json!({
        "iss": "bank", "sub": "bank", "aud": server.app.issuer, "iat": now, "exp": now + 60, "jti": random_id(),
    });
    let assertion = key.sign("JWT", &assertion).unwrap();
    let own = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion.as_str())];
    let body = serde_urlencoded::to_string([form, &own].concat()).unwrap();
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    headers.extend(proof.map(|proof| ("dpop", proof)));
    server.browser().request(reqwest::Method::POST, path, &headers, &body).await
}

#[tokio::test]
async fn a_binding_message_inside_that_no_page_can_show_has_its_own_error() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(&server, &key, |_| ()).await;
    for message in ["a\nb", "a\tb", "a\u{0}b", "a\u{85}b", "\u{200b}\u{200b}", "\u{3164}", "a\u{e0041}", " "]
    {
        let refused = send(&app, &object(&server, &key, &json!({ "binding_message": message })), &[]).await;
        refused.assert_json_error(400, "invalid_binding_message", "backchannel.binding_message");
    }
}

#[tokio::test]
async fn a_fapi_client_signs_its_requests_lets_people_compare_and_gets_bound_tokens() {
    let server = TestServer::start_with(&[("keys.algorithms", "RS256 PS256 ES256")]).await;
    let key = key(SigningAlgorithm::Es256);
    signer(&server, &key, |client| {
        client.metadata.profile = Some(Profile::Fapi2);
        client.auth_method = Some(AuthMethod::PrivateKeyJwt);
        client.id_token_alg = Some(SigningAlgorithm::Ps256);
        client.backchannel.request_alg = Some(ObjectAlgorithm::Es256);
    })
    .await;
    let send = async |form: &[(&str, &str)]| post(&server, &key, BEGIN, form, None).await;
    send(super::ALICE).await.assert_json_error(400, "invalid_request", "request_object.required");
    let incomparable = object(&server, &key, &json!({ "binding_message": null }));
    send(&[("request", &incomparable)]).await.assert_json_error(
        400,
        "invalid_binding_message",
        "backchannel.binding_message",
    );
    let begun = send(&[("request", &object(&server, &key, &json!({})))]).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    let mut alice = server.browser();
    answer(&mut alice, "allow").await;
    let id = begun.get("auth_req_id");
    let poll = [("grant_type", CIBA), ("auth_req_id", id.as_str())];
    let bare = post(&server, &key, "/token", &poll, None).await;
    bare.assert_json_error(400, "invalid_dpop_proof", "dpop.missing");
    let proof = ProofKey::new().proof(&server);
    let tokens = post(&server, &key, "/token", &poll, Some(&proof)).await;
    assert_eq!((tokens.status.as_u16(), tokens.get("token_type").as_str()), (200, "DPoP"), "{tokens:?}");
}

#[tokio::test]
async fn a_demand_that_is_only_reported_is_counted() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(&server, &key, |client| client.messages.jar = Some(Demand::Report)).await;
    assert_eq!(jar(&server).await["verdict"], "no_traffic");
    assert_eq!(send(&app, &object(&server, &key, &json!({})), &[]).await.status, 200);
    assert_eq!(jar(&server).await["verdict"], "safe", "a client that only asks elsewhere has a verdict");
    assert_eq!(ask(&app, &[]).await.status, 200);
    let missed = jar(&server).await;
    assert_eq!((&missed["verdict"], &missed["count"]), (&json!("would_refuse"), &json!(1)), "{missed}");
    Operator::of(&server).done(&["client", "update", "bank", "--jar", "off", "--ciba-request-alg", "ES256"]);
    assert_eq!(jar(&server).await["verdict"], "always_required");
}

/// What the health of the client says about signed requests.
async fn jar(server: &TestServer) -> Value {
    store(&server.app).await;
    let health = activity::health(server, "bank").await;
    let policies = health["policies"].as_array().unwrap();
    policies.iter().find(|policy| policy["policy"] == "jar").expect("a verdict").clone()
}
