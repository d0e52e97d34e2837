//! Users.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::oauth::identity::claims::Person;
use crate::store::users::UserRecord;

/// Returns the members of a user. `claims` are those without a member of their own. Times are in RFC 3339.
pub fn to_json(user: &UserRecord) -> Value {
    let mut json = person_to_json(&user.person);
    json["role"] = json!(user.role);
    json["disabled"] = user.disabled_at.is_some().into();
    json["password_changed_at"] = user.password_changed_at.map(Timestamp::iso).into();
    json["user_code_changed_at"] = user.user_code_changed_at.map(Timestamp::iso).into();
    json["created_at"] = user.created_at.iso().into();
    json["updated_at"] = user.person.updated_at.iso().into();
    json
}

fn person_to_json(person: &Person) -> Value {
    let (is_verified, groups, claims) = person.claims_apart();
    json!({
        "id": person.id.as_str(),
        "username": person.username,
        "email": person.email,
        "email_verified": is_verified == Some(Value::Bool(true)),
        "name": person.name,
        "groups": groups.unwrap_or_else(|| json!([])),
        "claims": claims,
    })
}
