//! What an access token is bound to (the confirmation claim `cnf`, RFC 7800 §3.1), and the scheme that follows from it.

use serde::{Deserialize, Serialize};

use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;

/// The proof that must come with a token. As JSON it is the `cnf` object, in tokens and in the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Binding {
    /// The thumbprint of the key that signs the DPoP proofs (RFC 9449 §6.1).
    #[serde(rename = "jkt")]
    DpopKey(String),
    /// The SHA-256 thumbprint of the client's certificate (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256")]
    Certificate(String),
}

impl Binding {
    /// The value of the column `cnf`.
    pub fn to_stored(&self) -> String {
        // One member with a text can always be written as JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the column `cnf`. `None` if it is damaged, or of a kind that this server does not know.
    pub fn from_stored(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Checks that the sender of a token request has proven what a code or a grant is bound to. `bound`: `None` if it is
    /// bound to nothing. `proven`: all that the sender proves, because the tokens of the answer may be bound to another thing.
    /// `what` names the code or grant in the error.
    ///
    /// # Errors
    /// If the request proves nothing, or something else.
    pub fn check(bound: Option<&Self>, proven: [Option<&Self>; 2], what: &str) -> Result<(), OAuthError> {
        let Some(bound) = bound.filter(|bound| !proven.contains(&Some(*bound))) else { return Ok(()) };
        let needed = match bound {
            Self::DpopKey(_) => "key, and the request has no DPoP proof by this key",
            Self::Certificate(_) => "certificate, and the connection does not have this certificate",
        };
        Err(Reason::BindingMismatch.because(format!("the {what} is bound to a {needed}")))
    }

    /// What the refresh tokens of a new grant are bound to, if its first access token is bound to `proven` (RFC 9449 §5,
    /// RFC 8705 §4 and §7.1). A client that authenticates is known by that, and may change its keys.
    pub fn of_refresh_token(client: &Client, proven: Option<&Self>) -> Option<Self> {
        proven.filter(|_| client.kind.is_public()).cloned()
    }
}

/// An access token type, which is also the scheme that presents the token (RFC 6749 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessTokenType {
    /// RFC 6750. Also the type of a token that is bound to a certificate (RFC 8705 §3).
    Bearer,
    /// RFC 9449 §5.
    Dpop,
}

impl AccessTokenType {
    /// The schemes by which this server accepts access tokens. Each has a challenge of its own.
    pub const ACCEPTED: [Self; 2] = [Self::Bearer, Self::Dpop];

    /// The type of a token with this binding.
    pub fn of(binding: Option<&Binding>) -> Self {
        match binding {
            Some(Binding::DpopKey(_)) => Self::Dpop,
            Some(Binding::Certificate(_)) | None => Self::Bearer,
        }
    }

    /// The name as in `token_type` and as the scheme of the `Authorization` header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }

    /// The type with this scheme in an `Authorization` header. Case does not matter (RFC 9110 §11.1). `None` if this
    /// server accepts no access tokens with this scheme.
    pub fn of_scheme(scheme: &str) -> Option<Self> {
        Self::ACCEPTED.into_iter().find(|known| scheme.eq_ignore_ascii_case(known.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_is_the_object_of_the_claim_cnf_and_decides_the_type() {
        for (binding, text, token_type) in [
            (Binding::DpopKey("0ZcO".into()), r#"{"jkt":"0ZcO"}"#, "DPoP"),
            (Binding::Certificate("bwcK".into()), r#"{"x5t#S256":"bwcK"}"#, "Bearer"),
        ] {
            assert_eq!(binding.to_stored(), text);
            assert_eq!(AccessTokenType::of(Some(&binding)).as_str(), token_type);
            assert_eq!(Binding::from_stored(text), Some(binding));
        }
        assert_eq!(AccessTokenType::of(None), AccessTokenType::Bearer);
        for unknown in ["", "{}", r#"{"jkt":7}"#, r#"{"jku":"https://x"}"#, r#"{"jkt":"a","x5t#S256":"b"}"#] {
            assert_eq!(Binding::from_stored(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn what_is_bound_needs_its_own_proof_among_those_of_the_request() {
        let (key, other) = (Binding::DpopKey("0ZcO".into()), Binding::DpopKey("bwcK".into()));
        let certificate = Binding::Certificate("0ZcO".into());
        let is_good = |bound: &Binding, proven| Binding::check(Some(bound), proven, "code").is_ok();
        for bound in [&key, &certificate] {
            for proven in [[Some(&key), Some(&certificate)], [Some(&certificate), Some(&key)]] {
                assert!(is_good(bound, proven), "{bound:?}");
            }
            assert!(is_good(bound, [Some(bound), None]) && is_good(bound, [None, Some(bound)]));
            assert!(!is_good(bound, [None, None]) && !is_good(bound, [Some(&other), None]));
        }
        assert!(!is_good(&key, [Some(&certificate), Some(&other)]));
        assert!(!is_good(&certificate, [Some(&key), None]));
        assert!(Binding::check(None, [None, None], "code").is_ok());
    }

    #[test]
    fn a_scheme_is_accepted_in_any_case() {
        for bearer in ["bearer", "BEARER", "Bearer"] {
            assert_eq!(AccessTokenType::of_scheme(bearer), Some(AccessTokenType::Bearer));
        }
        for dpop in ["dpop", "DPOP", "DPoP"] {
            assert_eq!(AccessTokenType::of_scheme(dpop), Some(AccessTokenType::Dpop));
        }
        assert_eq!(AccessTokenType::of_scheme("Basic"), None);
    }
}
