//! Signed tokens as applications see them.

use serde_json::Value;

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
