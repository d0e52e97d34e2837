//! Access tokens: opaque, 256 bits, stored only as a hash; and the answer that carries them (RFC 6749 §5.1).

use serde::Serialize;

use super::grant::Grant;
use super::id::{ClientId, GrantId, UserId};
use super::scope::Scope;

/// What stands in the first characters, so that a secret scanner knows a leaked one.
pub const ACCESS_TOKEN_PREFIX: &str = "gat_";

/// An access token's record, without the token.
#[derive(Clone, Debug)]
pub struct AccessToken {
    pub client_id: ClientId,
    /// Absent when the client speaks for itself.
    pub user_id: Option<UserId>,
    pub grant_id: Option<GrantId>,
    pub scope: Scope,
    pub issued_at: i64,
    pub expires_at: i64,
}

impl AccessToken {
    /// A token that hangs on a grant, whose whole scope it need not have.
    pub fn of(grant: &Grant, scope: Scope, issued_at: i64, expires_at: i64) -> Self {
        Self {
            client_id: grant.client.clone(),
            user_id: Some(grant.user.clone()),
            grant_id: Some(grant.id.clone()),
            scope,
            issued_at,
            expires_at,
        }
    }
}

/// The JSON of a successful token request.
#[derive(Debug, Serialize)]
pub struct TokenAnswer {
    pub access_token: String,
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    pub scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}
