//! The new name of EdDSA (RFC 9864): what applications and the server sign by it.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use grantor::cache::catalogue::Freshness;
use grantor::jose::key::SigningKey;
use grantor::oauth::client::ObjectAlgorithm;
use grantor::oauth::id::ClientId;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::from_base64url;
use serde_json::{Value, json};

use crate::api::Api;
use crate::request_objects::{self, object};
use crate::support::jwt::{claims, jwks, key, parts, with_header};
use crate::support::relying_party::Registration;
use crate::support::{Operator, TestServer};

/// The `kid` of the key that signed a token. The token and its key have this name of the algorithm.
async fn signed_by(server: &TestServer, token: &str, name: &str) -> String {
    let [header, _] = parts(token);
    assert_eq!(header["alg"], name);
    let keys = server.get("/jwks").await.json();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
    assert_eq!((&key["alg"], &key["crv"], &key["use"]), (&json!(name), &json!("Ed25519"), &json!("sig")));
    let public = from_base64url(key["x"].as_str().unwrap()).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = from_base64url(signature).unwrap();
    UnparsedPublicKey::new(&ED25519, public).verify(message.as_bytes(), &signature).unwrap();
    key["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_server_signs_by_the_new_name_with_keys_of_its_own_where_the_operator_offers_it() {
    let server = TestServer::start_with(&[("keys.algorithms", "ES256 EdDSA Ed25519")]).await;
    let metadata = server.get("/.well-known/openid-configuration").await.json();
    for member in [
        "id_token_signing_alg_values_supported",
        "userinfo_signing_alg_values_supported",
        "introspection_signing_alg_values_supported",
        "authorization_signing_alg_values_supported",
    ] {
        assert_eq!(metadata[member], json!(["ES256", "EdDSA", "Ed25519"]), "{member}");
    }
    let (api, mut alice) = (Api::owner(&server).await, server.alice().await);
    let app = server.register(Registration::web("app").scopes("openid read")).await;
    let signed = json!({
        "id_token_signed_response_alg": "Ed25519",
        "userinfo_signed_response_alg": "Ed25519",
        "authorization_signed_response_alg": "Ed25519",
    });
    assert_eq!(api.patch("/clients/app", signed).await.status, 200);
    let resource =
        json!({ "resource": "urn:new", "scope": "read", "token_format": "jwt", "token_alg": "Ed25519" });
    let resource = api.post("/resources", resource).await;
    assert_eq!(resource.status, 201, "{resource:?}");
    server.app.cache.catalogue(Freshness::Now).await.unwrap();

    let asked = [("scope", "openid read"), ("response_mode", "jwt"), ("resource", "urn:new")];
    let response = alice.authorize(&app.url_with(&asked)).await.get("response");
    let kid = signed_by(&server, &response, "Ed25519").await;
    let tokens = app.redeem_by_hand(claims(&response)["code"].as_str().unwrap()).await;
    let (id_token, access) = (tokens.get("id_token"), tokens.get("access_token"));
    for token in [&id_token, &access] {
        assert_eq!(signed_by(&server, token, "Ed25519").await, kid);
    }
    assert_eq!(app.introspect(&access).await["active"], true);
    let hint = [("prompt", "none"), ("scope", "openid"), ("id_token_hint", &id_token)];
    assert_ne!(alice.open(&app.url_with(&hint)).await.get("code"), "", "our own tokens are known again");
    let again = alice.authorize(&app.url_with(&[("scope", "openid"), ("response_mode", "jwt")])).await;
    let code = claims(&again.get("response"))["code"].as_str().unwrap().to_owned();
    let userinfo = server.user_info(&app.redeem_by_hand(&code).await.get("access_token")).await;
    assert_eq!(signed_by(&server, &userinfo.body, "Ed25519").await, kid);

    // The old name has another key, and neither key verifies what has the other name.
    let signed = json!({ "id_token_signed_response_alg": "EdDSA" });
    assert_eq!(api.patch("/clients/app", signed).await.status, 200);
    let again = alice.authorize(&app.url_with(&asked)).await.get("response");
    let old = app.redeem_by_hand(claims(&again)["code"].as_str().unwrap()).await.get("id_token");
    assert_ne!(signed_by(&server, &old, "EdDSA").await, kid);
    let current = server.app.key_set.current(server.app.now()).await.unwrap();
    let own = current.signing(SigningAlgorithm::Ed25519).unwrap();
    let now = server.app.now().as_unix();
    let renamed = |alg: &str| {
        let header = json!({ "typ": "at+jwt", "alg": alg, "kid": kid });
        let mut said = claims(&access);
        said["exp"] = json!(now + 60);
        // The signature fits this header.
        resign(own, &header, &said)
    };
    assert_eq!(app.introspect(&renamed("EdDSA")).await, json!({ "active": false }));
    assert_eq!(app.introspect(&renamed("Ed25519")).await["active"], true);
}

/// A token with this header, which the key signs as it is.
fn resign(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let pkcs8 = key.to_pkcs8().unwrap();
    let pair = aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8(&pkcs8).unwrap();
    let unsigned = with_header(key, header, claims);
    let (message, _) = unsigned.rsplit_once('.').unwrap();
    format!("{message}.{}", grantor::secret::to_base64url(pair.sign(message.as_bytes()).as_ref()))
}

#[tokio::test]
async fn an_operator_who_does_not_offer_the_new_name_learns_what_the_server_offers() {
    let server = TestServer::start().await;
    server.web().await;
    let operator = Operator::of(&server);
    for option in ["--id-token-alg", "--userinfo-alg", "--jarm-alg"] {
        let why = operator.refused(&["client", "update", "web", option, "Ed25519"]);
        assert!(why.contains("keys.algorithms offers ES256, EdDSA"), "{why}");
    }
}

#[tokio::test]
async fn a_signed_request_may_have_either_name_whichever_is_registered() {
    let server = TestServer::start().await;
    let operator = Operator::of(&server);
    let keys = [key(SigningAlgorithm::EdDsa), key(SigningAlgorithm::Ed25519)];
    let mut registration = Registration::web("app");
    registration.client.jwks = Some(jwks(&keys.each_ref()));
    let app = server.register(registration).await;
    for registered in ["default", "EdDSA", "Ed25519"] {
        operator.done(&["client", "update", "app", "--request-object-alg", registered]);
        for key in &keys {
            let object = object(&server, &app, key, &json!({}));
            let page = server.browser().open(&request_objects::url(&app, &object, &[])).await;
            assert!(page.is_sign_in(), "{registered}, {}: {page:?}", key.algorithm());
        }
    }
    let shown = operator.json(&["client", "show", "app"]);
    assert_eq!(shown["request_object_signing_alg"], "Ed25519");
    operator.done(&["client", "update", "app", "--request-object-alg", "ES256"]);
    // An acceptance may go by what was read a second ago.
    server.app.cache.client(&ClientId::new("app"), Freshness::Now).await.unwrap();
    for key in &keys {
        let object = object(&server, &app, key, &json!({}));
        let outside = [("redirect_uri", app.redirect_uri.as_str())];
        let refused = server.get(&request_objects::url(&app, &object, &outside)).await;
        refused.assert_redirect_error("invalid_request_object", "request_object.algorithm", &server.url);
    }
    assert!(!ObjectAlgorithm::Es256.is_same(ObjectAlgorithm::Ed25519));
}
