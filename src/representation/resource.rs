//! Resources: the APIs that tokens are for.

use serde_json::{Value, json};

use crate::oauth::grant::resource::Resource;
use crate::oauth::id::ClientId;
use crate::oauth::signing_key::SigningAlgorithm;

/// Returns the members of a resource.
pub fn to_json(resource: &Resource) -> Value {
    json!({
        "resource": resource.uri,
        "scope": resource.scopes.to_string(),
        "token_format": resource.format.as_str(),
        "token_alg": resource.algorithm.map(SigningAlgorithm::as_str),
        "access_token_lifetime": resource.access_token_lifetime,
        "clients": resource.servers.iter().map(ClientId::as_str).collect::<Vec<_>>(),
    })
}
