//! `grantor session end`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::user::counted;
use super::super::{CliContext, CliError, OutputOptions};
use crate::oauth::id::SessionId;
use crate::operations::{sessions, users};

#[derive(Args)]
#[command(
    override_usage = "grantor session end [OPTIONS] <SESSION_ID>\n       grantor session end [OPTIONS] --user <USER>"
)]
pub(in crate::cli) struct Options {
    /// The session's id, as `session list` shows it
    #[arg(required_unless_present = "user", conflicts_with = "user")]
    session_id: Option<String>,
    /// Every session of this user: a username, an e-mail address or an id
    #[arg(long)]
    user: Option<String>,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| match (&options.session_id, &options.user) {
        (_, Some(user)) => all_of(&cli, options, user).await,
        (session, None) => one(&cli, options, session.as_deref().unwrap_or_default()).await,
    })
}

async fn one(cli: &CliContext, options: &Options, id: &str) -> Result<(), CliError> {
    sessions::end(&cli.operations(), &SessionId::new(id)).await?;
    options.output.say(json!({ "session_id": id }), format!("ended the session {id}"))
}

async fn all_of(cli: &CliContext, options: &Options, user: &str) -> Result<(), CliError> {
    let user = users::find(&cli.operations(), user).await?.person;
    let (id, username) = (&user.id, &user.username);
    options.question.ask(&format!("End every session of the user {username}?"))?;
    let ended = sessions::end_of_user(&cli.operations(), id).await?.outcome;
    options.output.say(
        json!({ "id": id.as_str(), "username": username, "sessions_ended": ended }),
        format!("ended {} of {username}", counted(ended, "session")),
    )
}
