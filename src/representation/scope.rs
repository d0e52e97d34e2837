//! Scopes.

use serde_json::{Value, json};

use crate::oauth::grant::scope::ScopeRecord;

/// Returns the members of a scope. Its texts are also there in their languages, as `description#de`.
pub fn to_json(scope: &ScopeRecord) -> Value {
    let mut json = json!({
        "name": scope.name,
        "consequence": null,
        "sensitive": scope.sensitive,
        "claims": scope.claims,
        "access_token_lifetime": scope.access_token_lifetime,
        "required_group": scope.required_group,
        "required": scope.required,
    });
    for (member, text) in scope.texts() {
        json[member] = text.into();
    }
    json
}
