//! `grantor user disable` and `enable`.

use serde_json::json;

use super::super::CliError;
use super::{NamedUserOptions, counted};
use crate::operations::users;

pub(super) fn disable(options: &NamedUserOptions) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let ending = users::disable(&cli.operations(), &options.user).await?.outcome;
        let (id, username, ended) = (&ending.person.id, &ending.person.username, ending.sessions_ended);
        options.output.say(
            json!({ "id": id.as_str(), "username": username, "sessions_ended": ended }),
            format!("disabled the user {username}; ended {}", counted(ended, "session")),
        )
    })
}

pub(super) fn enable(options: &NamedUserOptions) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let person = users::enable(&cli.operations(), &options.user).await?.outcome;
        let (id, username) = (&person.id, &person.username);
        options
            .output
            .say(json!({ "id": id.as_str(), "username": username }), format!("enabled the user {username}"))
    })
}
