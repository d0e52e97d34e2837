//! Sessions.

use serde_json::{Value, json};

use crate::store::sessions::SessionRecord;

/// Returns the members of a session. Times are in RFC 3339.
pub fn to_json(session: &SessionRecord) -> Value {
    json!({
        "id": session.id,
        "user_id": session.user_id,
        "username": session.username,
        "auth_time": session.auth_time.iso(),
        "last_seen_at": session.last_seen_at.iso(),
        "expires_at": session.expires_at.iso(),
    })
}
