//! `grantor user update`.

use clap::Args;

use super::super::secret::read_user_code;
use super::super::{CliError, OutputOptions};
use super::claims::PersonOptions;
use super::role::RoleOrNone;
use super::warn_of_name;
use crate::operations::list_change::ListChange;
use crate::operations::user_codes::UserCodeChange;
use crate::operations::users::{self, UserChanges};
use crate::representation::user::to_json;
use crate::secret::Secret;

#[derive(Args)]
#[command(arg_required_else_help = true, override_usage = "grantor user update [OPTIONS] <USER>")]
pub(in crate::cli) struct Options {
    /// A username, an e-mail address or an id
    user: String,
    #[command(flatten)]
    changes: UserChangeOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// The changes; at least one is required.
#[derive(Args)]
#[group(required = true, multiple = true, args = [
    "username", "email", "email_verified", "name", "groups", "claims", "add_groups", "remove_groups", "no_email", "no_name", "no_groups", "no_claims",
    "role", "user_code", "no_user_code",
])]
struct UserChangeOptions {
    /// What the person types to sign in
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    #[command(flatten)]
    person_options: PersonOptions,
    /// What the person may do with the management API: everything, what operators do every day, only look, or nothing
    #[arg(long, value_name = "ROLE")]
    role: Option<RoleOrNone>,
    /// Read from standard input the secret that applications send before they may ask the person on another device (CIBA), of
    /// 4 to 64 characters. A terminal asks for it twice and does not show it
    #[arg(long, conflicts_with = "no_user_code")]
    user_code: bool,
    /// Remove the user code
    #[arg(long)]
    no_user_code: bool,
    /// Add a group, and keep the others; may be given several times
    #[arg(long = "add-group", value_name = "G", conflicts_with_all = ["groups", "no_groups"])]
    add_groups: Vec<String>,
    /// Remove a group, and keep the others; may be given several times
    #[arg(long = "remove-group", value_name = "G", conflicts_with_all = ["groups", "no_groups"])]
    remove_groups: Vec<String>,
    /// Remove the e-mail address
    #[arg(long, conflicts_with = "email")]
    no_email: bool,
    /// Remove the person's full name
    #[arg(long, conflicts_with = "name")]
    no_name: bool,
    /// Remove the person from all groups
    #[arg(long, conflicts_with = "groups")]
    no_groups: bool,
    /// Remove this claim; may be given several times
    #[arg(long = "no-claim", value_name = "NAME")]
    no_claims: Vec<String>,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let Options { user, changes, output } = options;
    let user_code = changes.read_user_code()?;
    let mut changes = changes.into_changes()?;
    let is_renamed = changes.username.is_some();
    output.common.run(async |cli| {
        if let Some(code) = user_code {
            changes.user_code = UserCodeChange::to(&cli.passwords()?, code.as_ref()).await?;
        }
        let user = users::update(&cli.operations(), &user, changes).await?.outcome;
        if is_renamed {
            warn_of_name(&cli.operations(), &user.person).await?;
        }
        output.say(to_json(&user), format!("updated the user {}", user.person.username))
    })
}

impl UserChangeOptions {
    /// The new code; `Some(None)` if it is to be removed.
    fn read_user_code(&self) -> Result<Option<Option<Secret>>, CliError> {
        match (self.user_code, self.no_user_code) {
            (true, _) => read_user_code().map(|code| Some(Some(code))),
            (false, is_removed) => Ok(is_removed.then_some(None)),
        }
    }

    fn into_changes(self) -> Result<UserChanges, CliError> {
        let claims = self.person_options.claims()?;
        let mut removed = self.no_claims;
        let options = [(self.no_email, "email"), (self.no_name, "name"), (self.no_groups, "groups")];
        removed.extend(options.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| (*name).to_owned()));
        let groups = ListChange::of(Vec::new(), false, self.add_groups, self.remove_groups);
        Ok(UserChanges {
            username: self.username,
            removed,
            claims,
            groups,
            role: self.role.map(Into::into),
            ..UserChanges::default()
        })
    }
}
