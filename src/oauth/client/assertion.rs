//! Client assertions: JWTs by which clients authenticate (RFC 7523 §2.2 and §3).

use crate::clock::Timestamp;
use crate::oauth::assertion::{AcceptedAudiences, AssertionClaims, AssertionKind};
use crate::oauth::error::OAuthError;
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;

/// The `client_assertion_type` of a JWT.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The values that `typ` may have in the header, if it is there.
pub const TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// The signature algorithms: all but the last use a key of the client, and the last one uses its secret.
pub const ALGORITHMS: [&str; 7] = ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519", "HS256"];

/// The name and the reasons for client assertions.
pub const KIND: AssertionKind = AssertionKind {
    name: "the client assertion",
    claims: Reason::AssertionClaims,
    audience: Reason::AssertionAudience,
    times: Reason::AssertionTimes,
    expired: Reason::AssertionTimes,
};

/// A valid assertion, if it was not used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedAssertion {
    pub id: String,
    /// Until when its use must be remembered.
    pub expires_at: Timestamp,
}

/// Checks an assertion that the client's key or secret signed (RFC 7523 §3).
///
/// # Errors
/// If the assertion is about another client, is not addressed to this server, or is not valid at `now`.
pub fn check(
    claims: &AssertionClaims,
    client: &ClientId,
    accepted: AcceptedAudiences<'_>,
    now: Timestamp,
) -> Result<AcceptedAssertion, OAuthError> {
    if claims.iss != client.as_str() || claims.sub != client.as_str() {
        return Err(KIND.refuse(KIND.claims, "must have the client_id as its iss and as its sub"));
    }
    let expires_at = KIND.check(claims, accepted, now)?;
    Ok(AcceptedAssertion { id: KIND.id(claims)?, expires_at })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::oauth::client::AssertionAudience;

    const ISSUER: &str = "https://id.example";

    fn checked(change: &Value, audience: Option<AssertionAudience>) -> Result<String, Reason> {
        let mut claims = json!({
            "iss": "job", "sub": "job", "aud": ISSUER, "exp": 1060, "iat": 1000, "jti": "1",
        });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let claims = KIND.read(claims).map_err(|error| error.reason)?;
        let endpoints = AssertionAudience::endpoints(audience, ISSUER);
        let accepted = AcceptedAudiences { issuer: ISSUER, endpoints: &endpoints };
        check(&claims, &ClientId::new("job"), accepted, Timestamp::from_unix(1000))
            .map(|accepted| accepted.id)
            .map_err(|error| error.reason)
    }

    #[test]
    fn an_assertion_is_for_this_server_alone_and_current() {
        let good = |change| assert_eq!(checked(&change, None), Ok("1".to_owned()));
        good(json!({}));
        good(json!({ "exp": 941 }));
        good(json!({ "exp": 1000 + 3660 }));
        good(json!({ "iat": null, "nbf": 1060 }));
        good(json!({ "aud": [ISSUER] }));
        good(json!({ "exp": 941.5, "iat": 999.25, "nbf": 1060.75 }));
        good(json!({ "exp": 1.06e3, "iat": 0, "nbf": 0.5 }));
        good(json!({ "exp": 1000.0 + 3660.999 }));
        for (change, reason) in [
            (json!({ "iss": "other" }), Reason::AssertionClaims),
            (json!({ "sub": "other" }), Reason::AssertionClaims),
            (json!({ "jti": null }), Reason::AssertionClaims),
            (json!({ "jti": "" }), Reason::AssertionClaims),
            (json!({ "jti": "x".repeat(257) }), Reason::AssertionClaims),
            (json!({ "exp": "1060" }), Reason::AssertionClaims),
            (json!({ "exp": [1060] }), Reason::AssertionClaims),
            (json!({ "exp": -1 }), Reason::AssertionClaims),
            (json!({ "exp": -0.5 }), Reason::AssertionClaims),
            (json!({ "exp": f64::NAN }), Reason::AssertionClaims),
            (json!({ "iat": "1000" }), Reason::AssertionClaims),
            (json!({ "iat": -1000 }), Reason::AssertionClaims),
            (json!({ "nbf": i64::MIN }), Reason::AssertionClaims),
            (json!({ "nbf": true }), Reason::AssertionClaims),
            (json!({ "exp": u64::MAX }), Reason::AssertionTimes),
            (json!({ "exp": 1e300 }), Reason::AssertionTimes),
            (json!({ "iat": 1e300 }), Reason::AssertionTimes),
            (json!({ "exp": 1_795_520_211_000_u64 }), Reason::AssertionTimes),
            (json!({ "exp": 940 }), Reason::AssertionTimes),
            (json!({ "exp": 940.999 }), Reason::AssertionTimes),
            (json!({ "exp": 1000.0 + 3661.0 }), Reason::AssertionTimes),
            (json!({ "nbf": 1061.0 }), Reason::AssertionTimes),
            (json!({ "exp": 1000 + 3661 }), Reason::AssertionTimes),
            (json!({ "exp": 1000 + 365 * 86_400 }), Reason::AssertionTimes),
            (json!({ "nbf": 1061 }), Reason::AssertionTimes),
            (json!({ "iat": 1061 }), Reason::AssertionTimes),
            (json!({ "aud": [] }), Reason::AssertionAudience),
            (json!({ "aud": [ISSUER, ISSUER] }), Reason::AssertionAudience),
            (json!({ "aud": [[ISSUER]] }), Reason::AssertionAudience),
            (json!({ "aud": ["https://id.example/"] }), Reason::AssertionAudience),
            (json!({ "aud": [ISSUER, "https://evil.example"] }), Reason::AssertionAudience),
            (json!({ "aud": "https://id.example/" }), Reason::AssertionAudience),
            (json!({ "aud": "https://id.example/token" }), Reason::AssertionAudience),
            (json!({ "aud": null }), Reason::AssertionAudience),
        ] {
            assert_eq!(checked(&change, None), Err(reason), "{change}");
        }
        let endpoint = json!({ "aud": "https://id.example/token" });
        let also = Some(AssertionAudience::TokenEndpoint);
        let in_list = json!({ "aud": ["https://id.example/token"] });
        for good in [&endpoint, &in_list, &json!({}), &json!({ "aud": [ISSUER] })] {
            assert!(checked(good, also).is_ok(), "{good}");
        }
        let both = json!({ "aud": [ISSUER, "https://id.example/token"] });
        assert_eq!(checked(&both, also), Err(Reason::AssertionAudience));
        for aud in ["https://id.example/token/", "https://id.example/introspect", "/token"] {
            assert_eq!(checked(&json!({ "aud": aud }), also), Err(Reason::AssertionAudience), "{aud}");
        }
    }
}
