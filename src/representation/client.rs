//! Clients and their secrets.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::oauth::client::{AssertionAudience, Client, GrantType, IdTokenClaims};
use crate::oauth::request::response_type::ResponseType;
use crate::store::client_secrets::SecretRecord;
use crate::store::clients::ClientRecord;

/// Returns the settings of a client: its metadata under the registered names, and this server's own members.
pub fn settings(client: &Client) -> Value {
    // The metadata was read from JSON, so it can be written as JSON.
    let mut json = serde_json::to_value(&client.metadata).unwrap_or_default();
    for (digest, has) in [("logo_digest", "has_logo"), ("logo_dark_digest", "has_dark_logo")] {
        let logo = json.as_object_mut().and_then(|members| members.remove(digest));
        json[has] = logo.is_some_and(|digest| !digest.is_null()).into();
    }
    json["client_id"] = client.id.as_str().into();
    json["disabled"] = client.disabled.into();
    json["response_types"] = response_types(client).into();
    json["assertion_audience"] = client.assertion_audience.map_or("issuer", AssertionAudience::as_str).into();
    json["id_token_claims"] = match &client.id_token_claims {
        IdTokenClaims::None => "none".into(),
        _ => json["id_token_claims"].take(),
    };
    json
}

/// Returns a client with its secrets, without the secrets themselves.
pub fn to_json(record: &ClientRecord) -> Value {
    let mut json = settings(&record.client);
    json["version"] = record.client.version.into();
    json["created_at"] = record.created_at.iso().into();
    json["secrets"] = record.secrets.iter().map(secret_to_json).collect();
    json
}

/// Returns the members of a secret, without the secret itself. Times are in RFC 3339.
pub fn secret_to_json(secret: &SecretRecord) -> Value {
    json!({
        "id": secret.id,
        "created_at": secret.created_at.iso(),
        "expires_at": secret.expires_at.map(Timestamp::iso),
        "last_used_at": secret.last_used_at.map(Timestamp::iso),
    })
}

/// The response types that the client may use at the authorization endpoint.
pub fn response_types(client: &Client) -> Vec<&'static str> {
    let code = client.grants.contains(&GrantType::AuthorizationCode).then_some(ResponseType::Code);
    code.iter().chain(&client.response_types).map(|known| known.as_str()).collect()
}
