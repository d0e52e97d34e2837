//! `grantor user show`.

use serde_json::{Value, json};

use super::super::Trouble;
use super::super::table::card;
use super::NamedUserOptions;
use crate::clock::Timestamp;
use crate::operations::{sessions, users};
use crate::store::users::UserRecord;

pub(super) fn run(options: &NamedUserOptions) -> Result<(), Trouble> {
    options.manner.common.run(async |desk| {
        let user = users::find(&desk.operations(), &options.user).await?;
        let sessions = sessions::count(&desk.operations(), &user.person.id).await?;
        let mut json = described(&user);
        json["sessions"] = sessions.into();
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
        let time = |time: Option<Timestamp>| time.map_or_else(|| "-".into(), Timestamp::iso);
        let text = card(&[
            ("id", user.person.id.to_string()),
            ("username", user.person.username.clone()),
            ("e-mail", or_none(&user.person.email)),
            ("name", or_none(&user.person.name)),
            ("claims", claims(&user)),
            ("state", state(&user).into()),
            ("sessions", sessions.to_string()),
            ("password set", time(user.password_changed_at)),
            ("created", user.created_at.iso()),
            ("changed", user.person.updated_at.iso()),
        ]);
        options.manner.say(json, text)
    })
}

pub(super) fn described(user: &UserRecord) -> Value {
    json!({
        "id": user.person.id.as_str(),
        "username": user.person.username,
        "email": user.person.email,
        "name": user.person.name,
        "claims": user.person.claims,
        "disabled": user.disabled_at.is_some(),
        "password_changed_at": user.password_changed_at.map(Timestamp::iso),
        "created_at": user.created_at.iso(),
        "updated_at": user.person.updated_at.iso(),
    })
}

fn claims(user: &UserRecord) -> String {
    let told = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name}={text}"),
        value => format!("{name}:={value}"),
    };
    let told: Vec<String> = user.person.claims.iter().map(told).collect();
    if told.is_empty() { "-".into() } else { told.join(" ") }
}

pub(super) fn state(user: &UserRecord) -> &'static str {
    if user.disabled_at.is_some() { "disabled" } else { "enabled" }
}
