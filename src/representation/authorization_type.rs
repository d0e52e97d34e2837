//! Authorization types: what applications may ask for in words of their own.

use serde_json::{Value, json};

use crate::oauth::grant::authorization_details::authorization_type::AuthorizationType;

/// Returns the members of an authorization type.
pub fn to_json(record: &AuthorizationType) -> Value {
    let mut json = json!({
        "name": record.name,
        "schema": record.schema,
        "resources": record.resources,
        "always_ask": record.always_ask,
    });
    for (member, text) in record.texts() {
        json[member] = text.into();
    }
    json
}
