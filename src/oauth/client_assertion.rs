//! Client assertions: a token by which a client proves who it is (RFC 7523 §2.2 and §3).

use serde::Deserialize;
use serde_json::Value;

use super::client::AssertionAudience;
use super::error::{OAuthError, shown};
use super::id::ClientId;
use super::reason::Reason;
use crate::clock::Seconds;

/// The `client_assertion_type` of a JWT.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The types that its header may name, if it names one.
pub const TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// What it may be signed with: by a key of the client's own, the last one by its secret.
pub const ALGORITHMS: [&str; 6] = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "HS256"];

/// The most that it lives: as long as libraries make it that let nobody choose.
const LONGEST: Seconds = 3600;
/// How far the client's clock may be from this server's.
const SKEW: Seconds = 60;
/// Bytes of a `jti`.
const LONGEST_ID: usize = 256;

/// What its signature was found to cover.
#[derive(Clone, Debug, Deserialize)]
pub struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    exp: Seconds,
    nbf: Option<Seconds>,
    iat: Option<Seconds>,
    jti: Option<String>,
}

/// An assertion that is good, if it was not used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub id: String,
    /// Until when its use must be remembered.
    pub expires_at: Seconds,
}

/// Decides over an assertion whose signature is the client's.
pub fn check(
    claims: Claims,
    client: &ClientId,
    audience: Option<AssertionAudience>,
    issuer: &str,
    now: Seconds,
) -> Result<Accepted, OAuthError> {
    if claims.iss != client.as_str() || claims.sub != client.as_str() {
        return Err(Reason::AssertionClaims
            .because("the client assertion must have the client_id as its iss and as its sub"));
    }
    check_audience(&claims.aud, audience, issuer)?;
    let times = Reason::AssertionTimes;
    if claims.exp <= now - SKEW {
        return Err(times.because("the client assertion has expired"));
    }
    if claims.exp > now + LONGEST + SKEW {
        return Err(times.because("the client assertion lives for more than an hour; give it a minute"));
    }
    if claims.nbf.into_iter().chain(claims.iat).any(|begin| begin > now + SKEW) {
        return Err(times.because("the client assertion begins in the future; compare the clocks"));
    }
    match claims.jti {
        Some(id) if !id.is_empty() && id.len() <= LONGEST_ID => {
            Ok(Accepted { id, expires_at: claims.exp + SKEW })
        }
        _ => Err(Reason::AssertionClaims
            .because("the client assertion needs a jti of 1 to 256 bytes, a new one each time")),
    }
}

/// One string, so that no other server that is named beside this one could use it here (CVE-2025-27370).
fn check_audience(aud: &Value, audience: Option<AssertionAudience>, issuer: &str) -> Result<(), OAuthError> {
    let wrong = |what: &str| Reason::AssertionAudience.because(format!("the client assertion {what}"));
    let Some(aud) = aud.as_str() else {
        return Err(wrong("must have the issuer as its aud, as one string and not in a list"));
    };
    let is_token_endpoint = aud.strip_prefix(issuer) == Some("/token");
    match audience {
        _ if aud == issuer => Ok(()),
        Some(AssertionAudience::TokenEndpoint) if is_token_endpoint => Ok(()),
        _ => Err(wrong(&format!("is for {}, and not for the issuer {}", shown(aud), shown(issuer)))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://id.example";

    fn judged(change: &Value, audience: Option<AssertionAudience>) -> Result<String, Reason> {
        let mut claims = json!({
            "iss": "job", "sub": "job", "aud": ISSUER, "exp": 1060, "iat": 1000, "jti": "1",
        });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let claims = serde_json::from_value(claims).map_err(|_| Reason::AssertionClaims)?;
        check(claims, &ClientId::new("job"), audience, ISSUER, 1000)
            .map(|accepted| accepted.id)
            .map_err(|error| error.reason)
    }

    #[test]
    fn it_is_for_this_server_alone_now_and_once() {
        let good = |change| assert_eq!(judged(&change, None), Ok("1".to_owned()));
        good(json!({}));
        good(json!({ "exp": 941 }));
        good(json!({ "exp": 1000 + 3660 }));
        good(json!({ "iat": null, "nbf": 1060 }));
        for (change, reason) in [
            (json!({ "iss": "other" }), Reason::AssertionClaims),
            (json!({ "sub": "other" }), Reason::AssertionClaims),
            (json!({ "jti": null }), Reason::AssertionClaims),
            (json!({ "jti": "" }), Reason::AssertionClaims),
            (json!({ "jti": "x".repeat(257) }), Reason::AssertionClaims),
            (json!({ "exp": "1060" }), Reason::AssertionClaims),
            (json!({ "exp": 940 }), Reason::AssertionTimes),
            (json!({ "exp": 1000 + 3661 }), Reason::AssertionTimes),
            (json!({ "exp": 1000 + 365 * 86_400 }), Reason::AssertionTimes),
            (json!({ "nbf": 1061 }), Reason::AssertionTimes),
            (json!({ "iat": 1061 }), Reason::AssertionTimes),
            (json!({ "aud": [ISSUER] }), Reason::AssertionAudience),
            (json!({ "aud": [ISSUER, "https://evil.example"] }), Reason::AssertionAudience),
            (json!({ "aud": "https://id.example/" }), Reason::AssertionAudience),
            (json!({ "aud": "https://id.example/token" }), Reason::AssertionAudience),
            (json!({ "aud": null }), Reason::AssertionAudience),
        ] {
            assert_eq!(judged(&change, None), Err(reason), "{change}");
        }
        let endpoint = json!({ "aud": "https://id.example/token" });
        let also = Some(AssertionAudience::TokenEndpoint);
        assert!(judged(&endpoint, also).is_ok() && judged(&json!({}), also).is_ok());
        for aud in ["https://id.example/token/", "https://id.example/introspect", "/token"] {
            assert_eq!(judged(&json!({ "aud": aud }), also), Err(Reason::AssertionAudience), "{aud}");
        }
    }
}
