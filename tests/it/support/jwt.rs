//! Signed tokens, as applications read them.

use grantor::jose::key::SigningKey;
use grantor::oauth::signing_key::SigningAlgorithm;
use grantor::secret::to_base64url;
use openidconnect::JsonWebKey as _;
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use serde_json::{Value, json};

use super::TestServer;

/// The header and the claims of a signed token, not verified.
pub(crate) fn parts(token: &str) -> [Value; 2] {
    let parts: Vec<&str> = token.split('.').collect();
    let part = |at: usize| {
        let bytes = grantor::secret::from_base64url(parts[at]).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    assert_eq!(parts.len(), 3, "{token}");
    [part(0), part(1)]
}

/// The claims of an ID Token, not verified.
pub(crate) fn claims(token: &str) -> Value {
    let [_, claims] = parts(token);
    claims
}

/// Whether a key of the server signed the token with the algorithm of its header, according to the `openidconnect`
/// crate.
pub(crate) async fn is_signed(server: &TestServer, token: &str) -> bool {
    let keys: CoreJsonWebKeySet = serde_json::from_str(&server.get("/jwks").await.body).expect("keys");
    let [header, _] = parts(token);
    let algorithm: CoreJwsSigningAlgorithm = serde_json::from_value(header["alg"].clone()).expect("a name");
    let key = keys
        .keys()
        .iter()
        .find(|key| key.key_id().is_some_and(|known| Some(known.as_str()) == header["kid"].as_str()));
    let (input, signature) = token.rsplit_once('.').expect("a signature");
    let signature = grantor::secret::from_base64url(signature).expect("base64url");
    key.is_some_and(|key| key.verify_signature(&algorithm, input.as_bytes(), &signature).is_ok())
}

/// A new key for an issuer or a client that signs tokens for this server.
pub(crate) fn key(algorithm: SigningAlgorithm) -> SigningKey {
    SigningKey::generate(algorithm).unwrap()
}

/// The public parts of keys as a JWK Set.
pub(crate) fn jwks(keys: &[&SigningKey]) -> String {
    let keys: Vec<Value> =
        keys.iter().map(|key| serde_json::from_str(&key.public_jwk().unwrap()).unwrap()).collect();
    json!({ "keys": keys }).to_string()
}

/// A token with any header, signed by `key`.
pub(crate) fn with_header(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| to_base64url(value.to_string().as_bytes());
    let signed = key.sign("JWT", claims).unwrap();
    format!("{}.{}.{}", part(header), part(claims), signed.rsplit_once('.').unwrap().1)
}

/// Headers that try to choose how a token is verified, each with the key that signs it. `mine` is the key that counts;
/// the keys at `url` would verify what `theirs` signs.
pub(crate) fn choosing_headers<'k>(
    mine: &'k SigningKey,
    theirs: &'k SigningKey,
    url: &str,
) -> Vec<(Value, &'k SigningKey)> {
    let kid = mine.kid();
    let jwk: Value = serde_json::from_str(&theirs.public_jwk().unwrap()).unwrap();
    vec![
        (json!({ "alg": "none", "typ": "JWT" }), mine),
        (json!({ "alg": "None", "kid": kid }), mine),
        (json!({ "alg": "HS256", "kid": kid }), mine),
        (json!({ "alg": "RS256", "kid": kid }), mine),
        (json!({ "alg": "ES384", "kid": kid }), mine),
        (json!({ "alg": "ES256", "kid": kid }), theirs),
        (json!({ "alg": "ES256", "kid": kid, "jwk": jwk }), theirs),
        (json!({ "alg": "ES256", "kid": kid, "jku": url }), theirs),
        (json!({ "alg": "ES256", "kid": kid, "x5u": url }), theirs),
        (json!({ "alg": "ES256", "kid": kid, "x5c": [url] }), theirs),
        (json!({ "alg": "ES256", "kid": theirs.kid(), "jwk": jwk }), theirs),
        (json!({ "alg": "ES256", "jku": url }), theirs),
        (json!({ "alg": "ES256", "kid": kid, "crit": ["exp"], "exp": 1 }), mine),
        (json!({ "alg": "ES256", "kid": kid, "typ": "logout+jwt" }), mine),
        (json!({}), mine),
    ]
}

/// A token with an HMAC-SHA256 signature.
pub(crate) fn mac(secret: &[u8], header: &Value, claims: &Value) -> String {
    let part = |value: &Value| to_base64url(value.to_string().as_bytes());
    let input = format!("{}.{}", part(header), part(claims));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    format!("{input}.{}", to_base64url(aws_lc_rs::hmac::sign(&key, input.as_bytes()).as_ref()))
}
