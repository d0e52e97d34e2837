//! Consents.

use serde_json::{Value, json};

use crate::oauth::grant::granted::Granted;
use crate::store::consents::ConsentRecord;

/// Returns the members of a consent: what the person has allowed the client, and what the person has left out. The time is
/// in RFC 3339.
pub fn to_json(record: &ConsentRecord) -> Value {
    let mut json = granted(&record.consent.allowed);
    json["authorization_details"] = json!(record.consent.allowed.details);
    json["user_id"] = record.user_id.as_str().into();
    json["username"] = record.username.as_str().into();
    json["client_id"] = record.client_id.as_str().into();
    json["client_name"] = record.client_name.as_str().into();
    json["refused"] = granted(&record.consent.refused);
    json["updated_at"] = record.updated_at.iso().into();
    json
}

fn granted(granted: &Granted) -> Value {
    json!({ "scope": granted.scope, "resources": granted.resources, "claims": granted.claims.names() })
}
