//! Signing keys.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::operations::keys::ListedKey;

/// Returns the members of a signing key, without the key itself. Times are in RFC 3339.
pub fn to_json(listed: &ListedKey) -> Value {
    json!({
        "kid": listed.key.kid,
        "algorithm": listed.key.algorithm.as_str(),
        "state": listed.state.as_str(),
        "created_at": listed.key.created_at.iso(),
        "signs_from": listed.key.signs_from.iso(),
        "published_until": listed.published_until.map(Timestamp::iso),
        "retired_at": listed.key.retired_at.map(Timestamp::iso),
    })
}
