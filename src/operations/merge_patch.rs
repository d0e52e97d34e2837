//! JSON Merge Patch (RFC 7396).

use serde_json::{Value, json};

/// Applies a patch to a value: `null` removes a member, an object is merged, and everything else replaces (RFC 7396 §2).
pub fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(members) = target.as_object_mut() else { return };
    for (name, value) in patch {
        match value {
            Value::Null => {
                members.remove(&name);
            }
            value => merge(members.entry(name).or_insert(Value::Null), value),
        }
    }
}
