//! `grantor user create`.

use clap::Args;
use serde_json::json;

use super::super::secret::read_password;
use super::super::{CliError, Common, say};
use super::claims::PersonOptions;
use super::warn_of_name;
use crate::operations::users::{self, HashedPassword, NewUser};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// What the person types to sign in
    #[arg(long, value_name = "U")]
    username: String,
    #[command(flatten)]
    person_options: PersonOptions,
    /// Read the password from standard input, without the line end after it
    #[arg(long, required = true)]
    password_stdin: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    let claims = options.person_options.claims()?;
    let password = read_password()?;
    options.common.run(async |cli| {
        let password = HashedPassword::new(&cli.passwords()?, password).await?;
        let user = NewUser { username: options.username.clone(), claims, password };
        let person = users::create(&cli.operations(), user).await?.outcome;
        warn_of_name(&cli.operations(), &person).await?;
        let (id, username) = (&person.id, &person.username);
        if options.json {
            return say(json!({ "id": id.as_str(), "username": username }));
        }
        say(format!("created the user {username} with the id {id}"))
    })
}
