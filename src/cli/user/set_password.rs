//! `grantor user set-password`.

use clap::Args;
use serde_json::json;

use super::super::secret::NewPasswordOptions;
use super::super::{CliError, OutputOptions, say};
use super::counted;
use crate::operations::users::{self, HashedPassword};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// A username, an e-mail address or an id
    user: String,
    #[command(flatten)]
    password: NewPasswordOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    let new = options.password.read()?;
    options.output.common.run(async |cli| {
        let (passwords, policy) = (cli.passwords()?, cli.config.passwords.policy());
        let person = users::find(&cli.operations(), &options.user).await?.person;
        let password = HashedPassword::new(&passwords, policy, new.password.clone(), &person.names()).await?;
        // By the id: in between, the name may have become another user's.
        let ending = users::set_password(&cli.operations(), person.id.as_str(), password).await?.outcome;
        let (id, username) = (ending.person.id.as_str(), &ending.person.username);
        let (ended, revoked) = (ending.sessions_ended, ending.grants_revoked);
        let generated = new.is_generated.then(|| new.password.expose().as_str());
        if options.output.json {
            let mut json =
                json!({ "id": id, "username": username, "sessions_ended": ended, "grants_revoked": revoked });
            if let Some(password) = generated {
                json["password"] = password.into();
            }
            return say(json);
        }
        let (ended, revoked) = (counted(ended, "session"), counted(revoked, "grant"));
        say(format!("set the password of {username}; ended {ended} and revoked {revoked}"))?;
        generated.map_or(Ok(()), |password| say(format!("the password, which is shown only now: {password}")))
    })
}
