//! `grantor user delete`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::{CliError, OutputOptions};
use super::counted;
use crate::operations::users;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// A username, an e-mail address or an id
    user: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let user = users::find(&cli.operations(), &options.user).await?.person;
        let (id, username) = (&user.id, &user.username);
        options
            .question
            .ask(&format!("Delete the user {username} (id {id}) with all sessions, consents and tokens?"))?;
        // By the id: while the question was open, the name may have become another user's.
        let ending = users::delete(&cli.operations(), id).await?.outcome;
        let (ended, revoked) = (ending.sessions_ended, ending.grants_revoked);
        let id = id.as_str();
        options.output.say(
            json!({ "id": id, "username": username, "sessions_ended": ended, "grants_revoked": revoked }),
            format!(
                "deleted the user {username}; ended {} and revoked {}",
                counted(ended, "session"),
                counted(revoked, "grant")
            ),
        )
    })
}
