//! How the demo reads ID Tokens: the checks of every client (OpenID Connect Core §3.1.3.7), and the values for a page.

use minijinja::{Value, context};
use serde_json::Value as Json;

use crate::clock::Timestamp;
use crate::secret::from_base64url;

/// What the claims of an acceptable token must be.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    /// `None` after a refresh.
    pub(super) nonce: Option<&'a str>,
    pub(super) now: Timestamp,
}

/// The header and the claims of an acceptable token.
///
/// The signature is not verified, because the token came directly from the token endpoint over a trusted connection
/// (§3.1.3.7, step 6). A token that came through the browser would need that.
///
/// # Errors
/// Why the token is not accepted.
pub(super) fn check(token: &str, expected: &Expected) -> Result<(Json, Json), &'static str> {
    let mut parts = token.split('.').map(|part| {
        let bytes = from_base64url(part)?;
        serde_json::from_slice::<Json>(&bytes).ok()
    });
    let (Some(Some(header)), Some(Some(claims))) = (parts.next(), parts.next()) else {
        return Err("It is not of the form header.claims.signature.");
    };
    let text = |name: &str| claims.get(name).and_then(Json::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err("Its iss is not the server that the demo sent you to.");
    }
    if text("aud") != Some(expected.client) {
        return Err("Its aud is not the demo.");
    }
    if claims.get("exp").and_then(Json::as_i64).is_none_or(|exp| exp <= expected.now.as_unix()) {
        return Err("Its exp has passed.");
    }
    if expected.nonce.is_some_and(|nonce| text("nonce") != Some(nonce)) {
        return Err("Its nonce is not the one that the demo sent with you.");
    }
    Ok((header, claims))
}

/// The header and the claims of an acceptable token, formatted for a page.
///
/// # Errors
/// Why the token is not accepted.
pub(super) fn read(token: &str, expected: &Expected) -> Result<Value, &'static str> {
    let (header, claims) = check(token, expected)?;
    let pretty = |json: &Json| serde_json::to_string_pretty(json).unwrap_or_default();
    Ok(context! { token, header => pretty(&header), claims => pretty(&claims) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::secret::to_base64url;

    #[test]
    fn a_token_for_another_client_or_sign_in_is_refused() {
        let token = |claims: Json| {
            let part = |json: Json| to_base64url(json.to_string().as_bytes());
            format!("{}.{}.c2ln", part(json!({"alg": "ES256"})), part(claims))
        };
        let expected = Expected {
            issuer: "http://id",
            client: "demo",
            nonce: Some("n"),
            now: Timestamp::from_unix(100),
        };
        let good = json!({"iss": "http://id", "aud": "demo", "exp": 101, "nonce": "n"});
        assert!(read(&token(good.clone()), &expected).is_ok());
        for (name, value) in [
            ("iss", json!("http://evil")),
            ("aud", json!("other")),
            ("aud", json!(["demo", "other"])),
            ("exp", json!(100)),
            ("exp", json!("101")),
            ("nonce", json!("m")),
            ("nonce", json!(null)),
        ] {
            let mut bad = good.clone();
            bad[name] = value;
            assert!(read(&token(bad), &expected).is_err(), "{name}");
        }
        for token in ["", "a.b.c", "e30", "..", "e30.e30.e30"] {
            assert!(read(token, &expected).is_err(), "{token}");
        }
        let refreshed = Expected { nonce: None, ..expected };
        assert!(read(&token(json!({"iss": "http://id", "aud": "demo", "exp": 101})), &refreshed).is_ok());
    }
}
