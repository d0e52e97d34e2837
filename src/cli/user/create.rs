//! `grantor user create`.

use clap::Args;

use super::super::secret::NewPasswordOptions;
use super::super::{CliError, OutputOptions, say};
use super::claims::PersonOptions;
use super::role::RoleOrNone;
use super::warn_of_name;
use crate::oauth::identity::claims::Claims;
use crate::operations::users::{self, HashedPassword, NewUser};
use crate::representation::user::to_json;

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    user: NewUserOptions,
    #[command(flatten)]
    password: NewPasswordOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// Who the new user is.
#[derive(Args)]
#[group(skip)]
pub(super) struct NewUserOptions {
    /// What the person types to sign in
    #[arg(long, value_name = "NAME")]
    username: String,
    #[command(flatten)]
    person_options: PersonOptions,
    /// What the person may do with the management API: everything, what operators do every day, only look, or nothing
    #[arg(long, value_name = "ROLE")]
    role: Option<RoleOrNone>,
}

impl NewUserOptions {
    /// The new user that the options describe.
    pub(super) fn user(&self) -> Result<NewUser, CliError> {
        let role = self.role.and_then(Into::into);
        Ok(NewUser {
            username: self.username.clone(),
            claims: self.person_options.claims()?,
            role,
            user_code: None,
        })
    }
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    let user = options.user.user()?;
    let new = options.password.read()?;
    options.output.common.run(async |cli| {
        let (passwords, policy) = (cli.passwords()?, cli.config.passwords.policy());
        let names = names(&user.username, &user.claims);
        let password = HashedPassword::new(&passwords, policy, new.password.clone(), &names).await?;
        let user = users::create(&cli.operations(), user, password).await?.outcome;
        warn_of_name(&cli.operations(), &user.person).await?;
        let generated = new.is_generated.then(|| new.password.expose().as_str());
        if options.output.json {
            let mut json = to_json(&user);
            if let Some(password) = generated {
                json["password"] = password.into();
            }
            return say(json);
        }
        say(format!("created the user {} with the id {}", user.person.username, user.person.id))?;
        generated.map_or(Ok(()), |password| say(format!("the password, which is shown only now: {password}")))
    })
}

/// What the password of a user with these claims must not be.
fn names<'a>(username: &'a str, claims: &'a Claims) -> Vec<&'a str> {
    let claim = |name: &str| claims.get(name).and_then(|value| value.as_str());
    [Some(username), claim("email"), claim("name")].into_iter().flatten().collect()
}
