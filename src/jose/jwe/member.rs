//! Members of a JWK that are bytes (RFC 7518 §6).

use serde_json::Value;

use crate::secret::from_base64url;

/// The bytes of a member in base64url; `None` if it is missing or not base64url.
pub(super) fn member(jwk: &Value, name: &str) -> Option<Vec<u8>> {
    from_base64url(jwk[name].as_str()?)
}
