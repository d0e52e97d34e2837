//! The members of an API key in a body.

use super::Members;
use crate::oauth::grant::scope::Scope;
use crate::operations::api_keys::{ApiKeyChanges, NewApiKey};

/// Reads a key to create. What is wrong is noted with the members.
pub fn read_new(members: &mut Members) -> NewApiKey {
    let name = members.required_text("name");
    let text = members.required_text("scope");
    let scope = Scope::parse(&text);
    if let (Err(error), false) = (&scope, members.is_wrong("scope")) {
        members.wrong("scope", error.description.to_string());
    }
    let expires_at = members.changed_time("expires_at").flatten();
    NewApiKey { name, scope: scope.unwrap_or_default(), expires_at }
}

/// Reads a merge patch of a key (RFC 7396). What is wrong is noted with the members.
pub fn read_changes(members: &mut Members) -> ApiKeyChanges {
    ApiKeyChanges { name: members.kept_text("name"), expires_at: members.changed_time("expires_at") }
}
