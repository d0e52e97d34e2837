//! Introspection responses (RFC 7662 §2.2).

use serde::Serialize;

use crate::clock::Timestamp;
use crate::oauth::grant::authorization_details::AuthorizationDetails;
use crate::oauth::token::refresh::Chain;
use crate::oauth::token::{AccessToken, HolderClaims};

/// The `typ` of a signed response (RFC 9701 §5).
pub const TYP: &str = "token-introspection+jwt";

/// The response. If the token is not valid, or the caller may not know it, it only contains `active: false`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Introspection {
    pub active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// RFC 9396 §9.2.
    #[serde(skip_serializing_if = "AuthorizationDetails::is_empty")]
    pub authorization_details: AuthorizationDetails,
    #[serde(flatten)]
    pub holder: HolderClaims,
}

impl Introspection {
    /// The response about a valid access token (RFC 7662 §2.2). `subject`: its `sub`.
    pub fn of_access_token(issuer: &str, token: &AccessToken, subject: String) -> Self {
        Self {
            active: true,
            scope: Some(token.granted.scope.to_string()).filter(|scope| !scope.is_empty()),
            client_id: Some(token.client_id.to_string()),
            token_type: Some(token.token_type().as_str()),
            exp: Some(token.expires_at),
            iat: Some(token.issued_at),
            sub: Some(subject),
            aud: Some(token.audience.clone().unwrap_or_else(|| issuer.to_owned())),
            iss: Some(issuer.to_owned()),
            jti: Some(token.id.clone()),
            authorization_details: token.granted.details.clone(),
            holder: HolderClaims::of(token),
        }
    }

    /// The response about the valid refresh token of a chain (RFC 7662 §2.2). `subject`: its `sub`.
    pub fn of_refresh_token(issuer: &str, chain: &Chain, subject: String) -> Self {
        Self {
            active: true,
            scope: Some(chain.grant.granted.scope.to_string()).filter(|scope| !scope.is_empty()),
            client_id: Some(chain.grant.client.to_string()),
            exp: Some(chain.expires_at.min(chain.idle_expires_at)),
            iat: Some(chain.rotated_at),
            sub: Some(subject),
            iss: Some(issuer.to_owned()),
            authorization_details: chain.grant.granted.details.clone(),
            ..Self::default()
        }
    }
}

/// The claims of a signed response (RFC 9701 §5).
#[derive(Debug, Serialize)]
pub struct SignedIntrospection<'a> {
    pub iss: &'a str,
    pub aud: &'a str,
    pub iat: Timestamp,
    pub token_introspection: &'a Introspection,
}
