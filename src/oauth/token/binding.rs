//! What an access token is bound to (the confirmation claim `cnf`, RFC 7800 §3.1), and the scheme that follows from it.

use serde::{Deserialize, Serialize};

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
    pub const ACCEPTED: [Self; 1] = [Self::Bearer];

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

    /// Whether this server accepts access tokens in an `Authorization` header with this scheme. Case does not matter
    /// (RFC 9110 §11.1).
    pub fn is_accepted(scheme: &str) -> bool {
        Self::ACCEPTED.iter().any(|known| scheme.eq_ignore_ascii_case(known.as_str()))
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
    fn a_scheme_is_accepted_in_any_case() {
        assert!(AccessTokenType::is_accepted("bearer") && AccessTokenType::is_accepted("BEARER"));
        assert!(!AccessTokenType::is_accepted("DPoP") && !AccessTokenType::is_accepted("Basic"));
    }
}
