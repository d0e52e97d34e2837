//! The members of an authorization type in a body.

use serde_json::Value;

use super::Members;
use super::scope::{replacing, text, whole_text};
use crate::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use crate::operations::authorization_types::TypeChanges;
use crate::operations::list_change::ListChange;

/// Reads a type to create under this name, or one that replaces it. What is wrong is noted with the members.
pub fn new(members: &mut Members, name: String) -> AuthorizationType {
    let given = changes(members);
    if given.schema.is_none() {
        members.missing_unless_wrong("schema");
    }
    let template = whole_text(members, &given.template, "template");
    if template.is_none() {
        members.missing_unless_wrong("template");
    }
    AuthorizationType {
        name,
        version: 1,
        schema: given.schema.unwrap_or_default(),
        template: template.unwrap_or_default(),
        resources: given.resources.new_members().to_vec(),
        always_ask: given.always_ask.unwrap_or_default(),
    }
}

/// The changes that give a type all the members of this one.
pub fn whole(record: AuthorizationType) -> TypeChanges {
    TypeChanges {
        template: replacing(Some(&record.template)),
        schema: Some(record.schema),
        resources: ListChange::Replace(record.resources),
        always_ask: Some(record.always_ask),
    }
}

/// Reads a merge patch of a type (RFC 7396). The schema is replaced as a whole. What is wrong is noted with the members.
pub fn changes(members: &mut Members) -> TypeChanges {
    let schema = match members.take("schema") {
        Some(schema @ Value::Object(_)) => Some(schema),
        Some(_) => {
            members.wrong("schema", "it must be a JSON Schema, as an object");
            None
        }
        None => None,
    };
    let changes = TypeChanges {
        schema,
        template: text(members, "template"),
        resources: members.texts("resources").map_or(ListChange::Keep, ListChange::Replace),
        always_ask: members.flag("always_ask"),
    };
    if changes.template.default == Some(None) {
        members.wrong("template", "it cannot be removed");
    }
    changes
}
