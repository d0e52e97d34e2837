//! Trusted issuers, and the users that their subjects are linked to.

use serde_json::{Value, json};

use crate::oauth::client::AssertionAudience;
use crate::oauth::grant::trusted_issuer::{IssuerKeys, TrustedIssuer};
use crate::oauth::id::ClientId;
use crate::store::trusted_issuers::SubjectRecord;

/// Returns the members of a trusted issuer.
pub fn to_json(issuer: &TrustedIssuer) -> Value {
    let (jwks, jwks_uri) = match &issuer.keys {
        IssuerKeys::Here(jwks) => (serde_json::from_str::<Value>(jwks).ok(), None),
        IssuerKeys::At(uri) => (None, Some(uri)),
    };
    json!({
        "issuer": issuer.issuer,
        "jwks": jwks,
        "jwks_uri": jwks_uri,
        "scope": issuer.scopes.to_string(),
        "assertion_audience": audience(issuer),
        "clients": clients(issuer),
    })
}

/// Returns the members of the link of a subject to a user.
pub fn subject_to_json(link: &SubjectRecord) -> Value {
    json!({ "subject": link.subject, "user_id": link.user_id, "username": link.username })
}

/// The word for the audience that the issuer's tokens may have.
pub fn audience(issuer: &TrustedIssuer) -> &'static str {
    issuer.audience.map_or("issuer", AssertionAudience::as_str)
}

/// The ids of the clients that may present the issuer's tokens.
pub fn clients(issuer: &TrustedIssuer) -> Vec<&str> {
    issuer.clients.iter().map(ClientId::as_str).collect()
}
