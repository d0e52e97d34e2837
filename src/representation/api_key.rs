//! API keys.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::store::api_keys::ApiKeyRecord;

/// Returns the members of an API key, without the key itself. Times are in RFC 3339.
pub fn to_json(key: &ApiKeyRecord) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "scope": key.scope.to_string(),
        "created_at": key.created_at.iso(),
        "expires_at": key.expires_at.map(Timestamp::iso),
        "last_used_at": key.last_used_at.map(Timestamp::iso),
    })
}
