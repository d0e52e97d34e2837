//! ID Tokens: what a client learns about a sign-in (OpenID Connect Core §2).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::clock::{Seconds, Timestamp};
use crate::oauth::client::IdTokenClaims;
use crate::oauth::id::{ClientId, SessionId, UserId};
use crate::oauth::identity::authentication::Authentication;
use crate::oauth::identity::claims::{Claims, Person};
use crate::oauth::request::claims_request::RequestedClaims;
use crate::oauth::signing_key::SigningAlgorithm;

/// The `typ` of the header.
pub const TYP: &str = "JWT";
/// The claims of ID Tokens, besides those of scopes.
pub const CLAIMS: [&str; 13] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
    "sid",
];

/// What an ID Token is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdTokenSource {
    pub user: UserId,
    pub session: SessionId,
    pub authentication: Authentication,
    /// The nonce of the authorization request.
    pub nonce: Option<String>,
    /// Claims about the person that the request names.
    pub claims: RequestedClaims,
}

impl IdTokenSource {
    /// The claims about the person: the requested ones, and of `claims_of_scope` those that `included` names (OpenID Connect
    /// Core §5.4 and §5.5).
    pub fn claims_about<'n>(
        &self,
        person: &Person,
        claims_of_scope: impl Iterator<Item = &'n str>,
        included: &IdTokenClaims,
    ) -> Claims {
        let mut claims = match included {
            IdTokenClaims::None => Claims::new(),
            _ => person.claims_named(claims_of_scope.filter(|name| included.includes(name))),
        };
        claims.extend(self.claims.claims_from(person));
        claims
    }
}

/// A client's identifiers of a person and a session: `sub` and `sid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamesForClient {
    pub subject: String,
    pub session: String,
}

/// The claims of an ID Token.
#[derive(Debug, Serialize)]
pub struct IdToken<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: Timestamp,
    iat: Timestamp,
    auth_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'static str>,
    amr: Vec<&'static str>,
    azp: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c_hash: Option<String>,
    sid: &'a str,
    #[serde(flatten)]
    claims: Claims,
}

impl<'a> IdToken<'a> {
    /// The claims about a sign-in for `client`, valid from `now` for `lifetime` (OpenID Connect Core §2).
    pub fn new(
        issuer: &'a str,
        client: &'a ClientId,
        names: &'a NamesForClient,
        source: &'a IdTokenSource,
        (now, lifetime): (Timestamp, Seconds),
    ) -> Self {
        Self {
            iss: issuer,
            sub: &names.subject,
            aud: client.as_str(),
            exp: now + lifetime,
            iat: now,
            auth_time: source.authentication.at,
            nonce: source.nonce.as_deref(),
            acr: source.authentication.acr(),
            amr: source.authentication.amr(),
            azp: client.as_str(),
            at_hash: None,
            c_hash: None,
            sid: &names.session,
            claims: Claims::new(),
        }
    }

    /// Adds `at_hash`, which binds the ID Token to the access token beside it (OpenID Connect Core §3.1.3.6).
    #[must_use]
    pub fn with_access_token(self, algorithm: SigningAlgorithm, token: &str) -> Self {
        Self { at_hash: Some(half_hash(algorithm, token)), ..self }
    }

    /// Adds `c_hash`, which binds the ID Token to the code beside it (OpenID Connect Core §3.3.2.11).
    #[must_use]
    pub fn with_code(self, algorithm: SigningAlgorithm, code: &str) -> Self {
        Self { c_hash: Some(half_hash(algorithm, code)), ..self }
    }

    /// Adds claims about the person. They cannot replace claims of the protocol.
    #[must_use]
    pub fn with_claims(self, claims: Claims) -> Self {
        Self { claims, ..self }
    }
}

/// The left half of the value's hash, made with the hash of the signature algorithm.
fn half_hash(algorithm: SigningAlgorithm, value: &str) -> String {
    let hash = match algorithm {
        SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 | SigningAlgorithm::Es256 => &digest::SHA256,
        // Ed25519 hashes with SHA-512 (RFC 8032 §5.1).
        SigningAlgorithm::EdDsa | SigningAlgorithm::Ed25519 => &digest::SHA512,
    };
    let hash = digest::digest(hash, value.as_bytes());
    let (left, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::oauth::identity::authentication::Amr;

    const TIMES: (Timestamp, Seconds) = (Timestamp::from_unix(100), Seconds::new(600));

    #[test]
    fn hashes_are_those_of_openid_connect_core_appendix_a() {
        let at_hash = half_hash(SigningAlgorithm::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
        assert_eq!(at_hash, "77QmUPtjPfzWtF2AnpK9RQ");
        let code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
        assert_eq!(half_hash(SigningAlgorithm::Es256, code), "LDktKdoQak3Pk0cnXxCltA");
        assert_eq!(half_hash(SigningAlgorithm::EdDsa, code).len(), 43, "half of SHA-512");
    }

    #[test]
    fn an_id_token_describes_the_sign_in_and_omits_absent_claims() {
        let source = IdTokenSource {
            user: UserId::new("u"),
            session: SessionId::new("s"),
            authentication: Authentication::by(Amr::Pwd, Timestamp::from_unix(90)),
            nonce: None,
            claims: RequestedClaims::default(),
        };
        let names = NamesForClient { subject: "u".into(), session: "s".into() };
        let client = ClientId::new("app");
        let token = IdToken::new("https://id.example.com", &client, &names, &source, TIMES);
        let expected = json!({
            "iss": "https://id.example.com", "sub": "u", "aud": "app", "azp": "app", "iat": 100, "exp": 700,
            "auth_time": 90, "acr": "1", "amr": ["pwd"], "sid": "s",
        });
        assert_eq!(serde_json::to_value(&token).unwrap(), expected);

        let source = IdTokenSource { nonce: Some("n".into()), ..source };
        let token = IdToken::new("https://id.example.com", &client, &names, &source, TIMES);
        let token =
            token.with_access_token(SigningAlgorithm::Es256, "a").with_code(SigningAlgorithm::Es256, "c");
        let claims = Claims::from_iter([("email".into(), json!("jane@example.com"))]);
        let mut token = serde_json::to_value(token.with_claims(claims)).unwrap();
        assert_eq!(token.as_object_mut().unwrap().remove("email"), Some(json!("jane@example.com")));
        assert_eq!(token["nonce"], "n");
        let names: Vec<&str> = token.as_object().unwrap().keys().map(String::as_str).collect();
        let mut known = CLAIMS;
        known.sort_unstable();
        assert_eq!(names, known);
    }
}
