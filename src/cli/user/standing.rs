//! `grantor user disable` and `enable`.

use serde_json::json;

use super::super::Trouble;
use super::{NamedUserOptions, counted};
use crate::operations::users;

pub(super) fn disable(options: &NamedUserOptions) -> Result<(), Trouble> {
    options.manner.common.run(async |desk| {
        let ending = users::disable(&desk.operations(), &options.user).await?.outcome;
        let (id, username, ended) = (&ending.person.id, &ending.person.username, ending.sessions_ended);
        options.manner.say(
            json!({ "id": id.as_str(), "username": username, "sessions_ended": ended }),
            format!("disabled the user {username}; ended {}", counted(ended, "session")),
        )
    })
}

pub(super) fn enable(options: &NamedUserOptions) -> Result<(), Trouble> {
    options.manner.common.run(async |desk| {
        let person = users::enable(&desk.operations(), &options.user).await?.outcome;
        let (id, username) = (&person.id, &person.username);
        options
            .manner
            .say(json!({ "id": id.as_str(), "username": username }), format!("enabled the user {username}"))
    })
}
