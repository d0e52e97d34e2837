//! `grantor user set-password`.

use clap::Args;
use serde_json::json;

use super::super::password::read_password;
use super::super::{CliError, OutputOptions};
use super::counted;
use crate::operations::users::{self, HashedPassword};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// A username, an e-mail address or an id
    user: String,
    /// Read the password from standard input, without the line end after it
    #[arg(long, required = true)]
    password_stdin: bool,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    let password = read_password()?;
    options.output.common.run(async |cli| {
        let password = HashedPassword::new(&cli.passwords()?, password).await?;
        let ending = users::set_password(&cli.operations(), &options.user, password).await?.outcome;
        let (id, username) = (ending.person.id.as_str(), &ending.person.username);
        let (ended, revoked) = (ending.sessions_ended, ending.grants_revoked);
        options.output.say(
            json!({ "id": id, "username": username, "sessions_ended": ended, "grants_revoked": revoked }),
            format!(
                "set the password of {username}; ended {} and revoked {}",
                counted(ended, "session"),
                counted(revoked, "grant")
            ),
        )
    })
}
