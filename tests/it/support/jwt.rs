//! Signed tokens as applications see them.

use openidconnect::JsonWebKey as _;
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use serde_json::Value;

use super::TestServer;

/// The header and the claims of a signed token, unverified.
pub(crate) fn parts(token: &str) -> [Value; 2] {
    let parts: Vec<&str> = token.split('.').collect();
    let part = |at: usize| {
        let bytes = grantor::secret::from_base64url(parts[at]).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    assert_eq!(parts.len(), 3, "{token}");
    [part(0), part(1)]
}

/// The claims of an ID Token, unverified.
pub(crate) fn claims(token: &str) -> Value {
    let [_, claims] = parts(token);
    claims
}

/// Whether a key of the server signed the token with the algorithm of its header, in the eyes of the `openidconnect`
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
