//! What clients are registered for: signed requests that are demanded, other algorithms, no signature, and the request objects
//! of OpenID Connect.

use grantor::oauth::client::{Demand, ObjectAlgorithm};
use grantor::oauth::signing_key::SigningAlgorithm;
use serde_json::{Value, json};

use super::{claims, object, push, refused, signer, unsigned, url};
use crate::support::jwt::{jwks, key};
use crate::support::{Operator, TestServer};

#[tokio::test]
async fn a_client_or_a_server_can_demand_signed_requests() {
    let server = TestServer::start_with(&[("oauth.jar", "require")]).await;
    let key = key(SigningAlgorithm::Es256);
    let web = signer(&server, "web", &key, |_| ()).await;
    let free = signer(&server, "free", &key, |client| client.messages.jar = Some(Demand::Off)).await;
    let refusal = server.get(&web.url_with(&[])).await;
    refusal.assert_redirect_error("invalid_request", "request_object.required", &server.url);
    let form: Vec<(String, String)> = serde_urlencoded::from_str(&web.request_with(&[])).unwrap();
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    web.post("/par", &form).await.assert_json_error(400, "invalid_request", "request_object.required");
    assert!(server.browser().open(&free.url_with(&[])).await.is_sign_in());
    let good = object(&server, &web, &key, &json!({}));
    assert!(server.browser().open(&url(&web, &good, &[])).await.is_sign_in());
    assert_eq!(push(&web, &good).await.status, 201);
    // What is demanded must say when it begins (FAPI 2.0 Message Signing).
    let without = object(&server, &web, &key, &json!({ "nbf": null, "iat": server.app.now().as_unix() }));
    refused(&server, &web, &without, "request_object.times").await;
    let metadata = server.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["require_signed_request_object"], true);

    let lenient = TestServer::start().await;
    let strict = signer(&lenient, "strict", &key, |client| client.messages.jar = Some(Demand::Require)).await;
    let watched =
        signer(&lenient, "watched", &key, |client| client.messages.jar = Some(Demand::Report)).await;
    let refusal = lenient.get(&strict.url_with(&[])).await;
    refusal.assert_redirect_error("invalid_request", "request_object.required", &lenient.url);
    assert!(lenient.browser().open(&watched.url_with(&[])).await.is_sign_in());
    let metadata = lenient.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["require_signed_request_object"], false);
}

#[tokio::test]
async fn only_the_registered_algorithm_is_used_and_none_only_by_name() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    let only =
        signer(&server, "only", &key, |client| client.messages.object_alg = Some(ObjectAlgorithm::Es256))
            .await;
    let good = object(&server, &only, &key, &json!({}));
    assert!(server.browser().open(&url(&only, &good, &[])).await.is_sign_in());
    let other =
        signer(&server, "other", &key, |client| client.messages.object_alg = Some(ObjectAlgorithm::Ps256))
            .await;
    refused(&server, &other, &object(&server, &other, &key, &json!({})), "request_object.algorithm").await;

    let open =
        signer(&server, "open", &key, |client| client.messages.object_alg = Some(ObjectAlgorithm::Unsigned))
            .await;
    let plain = claims(&server, &open, &json!({ "iss": null, "aud": null, "exp": null }));
    let mut alice = server.alice().await;
    let answer = alice.authorize(&url(&open, &unsigned(&plain), &[("state", "outside")])).await;
    assert_eq!(answer.get("state"), "the state");
    // A signature that its registration does not expect is a mistake.
    refused(&server, &open, &object(&server, &open, &key, &json!({})), "request_object.algorithm").await;
    // An unsigned object is not what a server demands.
    let demanding = TestServer::start_with(&[("oauth.jar", "require")]).await;
    let open = signer(&demanding, "open", &key, |client| {
        client.messages.object_alg = Some(ObjectAlgorithm::Unsigned);
    })
    .await;
    let answer = demanding.get(&url(&open, &unsigned(&claims(&demanding, &open, &json!({}))), &[])).await;
    answer.assert_redirect_error("invalid_request", "request_object.required", &demanding.url);
}

#[tokio::test]
async fn parameters_beside_an_object_count_only_for_clients_of_openid_connect() {
    let server = TestServer::start().await;
    let key = key(SigningAlgorithm::Es256);
    let app = signer(&server, "app", &key, |client| client.messages.merges_object = true).await;
    // OpenID Connect Core §6.1 wants neither iss, aud and exp nor client_id in the object.
    let bare = json!({ "iss": null, "aud": null, "exp": null, "nbf": null, "client_id": null, "state": "inside",
                       "redirect_uri": null, "scope": null });
    let beside = [
        ("response_type", "code"),
        ("scope", "read"),
        ("state", "outside"),
        ("redirect_uri", app.redirect_uri.as_str()),
    ];
    let mut alice = server.alice().await;
    let signed = object(&server, &app, &key, &bare);
    let answer = alice.authorize(&url(&app, &signed, &beside)).await;
    assert_eq!(answer.get("state"), "inside");
    assert_eq!(app.redeem_by_hand(&answer.get("code")).await.status, 200);
    for (beside, reason) in [
        (&beside[1..], "request_object.outside"),
        (&[beside[0], beside[2], beside[3]], "request_object.outside"),
        (&[("response_type", "id_token"), beside[1], beside[3]], "request_object.outside"),
    ] {
        let answer = server.get(&url(&app, &signed, beside)).await;
        answer.assert_redirect_error("invalid_request_object", reason, &server.url);
    }
    let other = signer(&server, "other", &key, |_| ()).await;
    let answer = server.get(&url(&other, &object(&server, &other, &key, &bare), &beside)).await;
    answer.assert_redirect_error("invalid_request_object", "request_object.client", &server.url);
}

#[tokio::test]
async fn an_operator_registers_how_requests_and_answers_are_signed() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let key = key(SigningAlgorithm::Es256);
    let file = operator.directory.join("jwks.json");
    // The same key once more, for encryption.
    let mut set: Value = serde_json::from_str(&jwks(&[&key])).unwrap();
    let mut other = set["keys"][0].clone();
    for member in ["use", "alg"] {
        other.as_object_mut().unwrap().remove(member);
    }
    set["keys"].as_array_mut().unwrap().push(other);
    std::fs::write(&file, set.to_string()).unwrap();
    let file = file.display().to_string();
    let create = "client create --id app --name App --kind web --redirect-uri https://app.example/cb";
    let create: Vec<&str> = create.split(' ').collect();
    let options = ["--jar", "require", "--request-object-alg", "ES256", "--jarm-alg", "EdDSA"];
    let keyless = operator.refused(&[&create[..], &options].concat());
    assert!(keyless.contains("jwks"), "{keyless}");
    let keys = ["--jwks", &file, "--jarm-encryption", "ECDH-ES A128GCM"];
    operator.done(&[&create[..], &options, &keys].concat());
    let shown = operator.json(&["client", "show", "app"]);
    for (member, value) in [
        ("jar", "require"),
        ("request_object_signing_alg", "ES256"),
        ("authorization_signed_response_alg", "EdDSA"),
        ("authorization_encrypted_response_alg", "ECDH-ES"),
        ("authorization_encrypted_response_enc", "A128GCM"),
    ] {
        assert_eq!(shown[member], value, "{shown}");
    }
    let checked = operator.json(&["client", "check", "app"]);
    let steps = checked["steps"].as_array().unwrap();
    let step =
        steps.iter().find(|step| step["step"] == "request_object").unwrap_or_else(|| panic!("{checked}"));
    assert_eq!(step["outcome"], "passed");
    assert!(step["note"].as_str().unwrap().starts_with("required"), "{step}");
    for (change, member) in [
        (&["--request-object-alg", "none"][..], "request_object_signing_alg"),
        (&["--merge-request-object"], "inside"),
    ] {
        let refusal = operator.refused(&[&["client", "update", "app"], change].concat());
        assert!(refusal.contains(member) || refusal.contains("signed"), "{refusal}");
    }
    let back = "client update app --jar default --request-object-alg default --merge-request-object true --jarm-alg default \
                --jarm-encryption none";
    operator.done(&back.split_whitespace().collect::<Vec<_>>());
    let shown = operator.json(&["client", "show", "app"]);
    assert_eq!(shown["merge_request_object"], true);
    for member in [
        "jar",
        "request_object_signing_alg",
        "authorization_signed_response_alg",
        "authorization_encrypted_response_alg",
    ] {
        assert!(shown[member].is_null(), "{member}: {shown}");
    }
}
