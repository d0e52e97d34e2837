//! `grantor user show`.

use serde_json::Value;

use super::super::CliError;
use super::super::table::card;
use super::NamedUserOptions;
use crate::clock::Timestamp;
use crate::oauth::identity::role::Role;
use crate::operations::{sessions, users};
use crate::representation::user::to_json;
use crate::store::users::UserRecord;

pub(super) fn run(options: &NamedUserOptions) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let user = users::find(&cli.operations(), &options.user).await?;
        let sessions = sessions::count(&cli.operations(), &user.person.id).await?;
        let mut json = to_json(&user);
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
            ("role", role(&user).into()),
            ("sessions", sessions.to_string()),
            ("password set", time(user.password_changed_at)),
            ("user code set", time(user.user_code_changed_at)),
            ("created", user.created_at.iso()),
            ("changed", user.person.updated_at.iso()),
        ]);
        options.output.say(json, text)
    })
}

fn claims(user: &UserRecord) -> String {
    let claim_texts = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name}={text}"),
        value => format!("{name}:={value}"),
    };
    let claim_texts: Vec<String> = user.person.claims.iter().map(claim_texts).collect();
    if claim_texts.is_empty() { "-".into() } else { claim_texts.join(" ") }
}

pub(super) fn role(user: &UserRecord) -> &'static str {
    user.role.map_or("-", Role::as_str)
}

pub(super) fn state(user: &UserRecord) -> &'static str {
    if user.disabled_at.is_some() { "disabled" } else { "enabled" }
}
