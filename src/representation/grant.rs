//! Grants.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::store::grant_records::GrantRecord;

/// Returns the members of a grant, with its state at `now`. Times are in RFC 3339.
pub fn to_json(grant: &GrantRecord, now: Timestamp) -> Value {
    json!({
        "id": grant.id,
        "client_id": grant.client_id,
        "user_id": grant.user_id,
        "username": grant.username,
        "session_id": grant.session_id,
        "issuer": grant.issuer,
        "scope": grant.granted.scope,
        "resources": grant.granted.resources,
        "authorization_details": grant.granted.details,
        "state": grant.state(now).as_str(),
        "created_at": grant.created_at.iso(),
        "refreshed": grant.refresh_generation,
        "refreshed_at": (grant.refresh_generation > 0).then(|| grant.rotated_at.iso()),
        "has_refresh_token": grant.has_refresh_token,
        "expires_at": grant.expires_at.min(grant.idle_expires_at).iso(),
        "revoked_at": grant.revoked_at.map(Timestamp::iso),
        "revoked_for": grant.revoked_for,
    })
}
