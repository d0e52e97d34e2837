//! Issuers that the operator trusts to vouch for people (RFC 7523 §2.1 and §3, RFC 8693 §2.1).

use url::Url;

use crate::oauth::client::{AssertionAudience, Client};
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::grant::scope::{self, KnownScopes, Scope};
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;

/// Another server whose signed tokens say who a person is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedIssuer {
    /// The `iss` of its tokens, compared byte for byte.
    pub issuer: String,
    pub keys: IssuerKeys,
    /// The widest scope that its tokens can lead to.
    pub scopes: Scope,
    /// Another accepted audience of its tokens, besides this server's issuer.
    pub audience: Option<AssertionAudience>,
    /// The clients that may present its tokens.
    pub clients: Vec<ClientId>,
}

/// The keys that verify its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerKeys {
    /// A JWK Set.
    Here(String),
    /// The address of a JWK Set.
    At(String),
}

impl TrustedIssuer {
    /// The scope that a client gets with a token of this issuer: the requested scope, or without a request all scopes
    /// that both the client and the issuer may have.
    ///
    /// # Errors
    /// If a requested scope is unknown, not allowed for the client, or beyond the issuer.
    pub fn scope(
        &self,
        requested: Option<&str>,
        client: &Client,
        known: &impl KnownScopes,
    ) -> Result<Scope, OAuthError> {
        let scope = scope::resolve(requested, &client.scopes, known)?;
        let beyond = scope.without(&self.scopes);
        if let (Some(_), Some(name)) = (requested, beyond.names().next()) {
            return Err(Reason::ScopeBeyondIssuer
                .because(format!("the scope {} is beyond what this issuer is trusted with", quoted(name)))
                .with(scope.beside(&beyond, &self.scopes)));
        }
        let scope = scope.without(&beyond);
        if scope.is_empty() {
            return Err(Reason::ScopeNone.because(
                "the request names no scope, and the client and the issuer have no scope in common",
            ));
        }
        Ok(scope)
    }
}

/// The maximum length of an issuer in bytes.
const MAX_LENGTH: usize = 512;
/// The maximum length of a subject in bytes.
const MAX_SUBJECT_LENGTH: usize = 255;

/// Checks an issuer before it is stored.
///
/// # Errors
/// A sentence for the operator.
pub fn check_issuer(issuer: &str) -> Result<(), String> {
    let is_plain = issuer.len() <= MAX_LENGTH && issuer.bytes().all(|byte| byte.is_ascii_graphic());
    let url = Url::parse(issuer).ok();
    if !is_plain || url.is_none_or(|url| url.fragment().is_some()) {
        return Err(format!(
            "the issuer {issuer:?} is not an absolute URI without a fragment, such as https://idp.example.com"
        ));
    }
    Ok(())
}

/// Checks a subject before it is stored.
///
/// # Errors
/// A sentence for the operator.
pub fn check_subject(subject: &str) -> Result<(), String> {
    if subject.is_empty() || subject.len() > MAX_SUBJECT_LENGTH || subject.chars().any(char::is_control) {
        return Err(format!("a subject has 1 to {MAX_SUBJECT_LENGTH} bytes on one line"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::oauth::client::{ClientKind, example};
    use crate::oauth::grant::scope::ScopeRecord;

    #[test]
    fn an_issuers_token_gives_what_issuer_and_client_may_both_have() {
        let sensitive = ScopeRecord { sensitive: true, ..ScopeRecord::default() };
        let known = ["read", "write", "other"].map(|name| (name, ScopeRecord::default()));
        let known: HashMap<_, _> = known.into_iter().chain([("pay", sensitive)]).collect();
        let issuer = |scopes: &str| TrustedIssuer {
            issuer: "https://idp.example".into(),
            keys: IssuerKeys::At("https://idp.example/jwks".into()),
            scopes: Scope::from_stored(scopes),
            audience: None,
            clients: Vec::new(),
        };
        let client =
            example(ClientKind::Web).with(|metadata| metadata.scopes = Scope::from_stored("read write pay"));
        let of = |issuer: &TrustedIssuer, asked: Option<&str>| {
            issuer.scope(asked, &client, &known).map(|scope| scope.to_string()).map_err(|error| error.reason)
        };
        let narrow = issuer("read pay other");
        assert_eq!(of(&narrow, None), Ok("read".into()), "nothing sensitive unasked");
        assert_eq!(of(&narrow, Some("read pay")), Ok("pay read".into()));
        assert_eq!(of(&narrow, Some("read write")), Err(Reason::ScopeBeyondIssuer));
        assert_eq!(of(&narrow, Some("other")), Err(Reason::ScopeForbidden));
        assert_eq!(of(&issuer("other"), None), Err(Reason::ScopeNone));
    }

    #[test]
    fn an_issuer_is_an_absolute_uri_and_a_subject_one_line() {
        for good in ["https://idp.example", "https://idp.example/realms/a?b", "spiffe://example", "urn:idp"] {
            assert_eq!(check_issuer(good), Ok(()), "{good}");
        }
        for bad in ["", "idp", "https://idp.example/#x", "https://a b", "https://\u{e4}", "urn:\0"] {
            assert!(check_issuer(bad).is_err(), "{bad:?}");
        }
        assert!(check_issuer(&format!("urn:{}", "a".repeat(509))).is_err());
        assert_eq!(check_subject("248289761001"), Ok(()));
        for bad in ["", "a\nb", &"a".repeat(256)] {
            assert!(check_subject(bad).is_err(), "{bad:?}");
        }
    }
}
