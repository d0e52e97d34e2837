//! `grantor user`: the people who sign in.

mod claims;
pub(super) mod consents;
mod create;
mod delete;
mod list;
mod password_link;
mod role;
mod set_password;
mod show;
mod status;
mod update;

use clap::{Args, Subcommand};

use super::{CliError, OutputOptions, warn};
use crate::oauth::identity::claims::Person;
use crate::operations::{Context, users};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a user
    Create(create::Options),
    /// List the users
    List(list::Options),
    /// Show one user
    Show(NamedUserOptions),
    /// Change a user; everything that you do not name stays the same
    Update(update::Options),
    /// Set a password; ends all sessions of the user and revokes all grants
    SetPassword(set_password::Options),
    /// Create a user without a password, and print a link by which the person sets one within 24 hours
    Invite(password_link::InviteOptions),
    /// Print a link by which the user sets a new password within 24 hours; a link that you made before stops working
    ResetLink(NamedUserOptions),
    /// List what a user has allowed applications, and what the user has left out
    Consents(consents::Options),
    /// Disable a user, who then can neither sign in nor get tokens; ends all sessions
    Disable(NamedUserOptions),
    /// Enable a disabled user again
    Enable(NamedUserOptions),
    /// Delete a user with all sessions, consents and tokens
    Delete(delete::Options),
}

/// A command about one user.
#[derive(Args)]
pub(super) struct NamedUserOptions {
    /// A username, an e-mail address or an id
    user: String,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Create(options) => create::run(&options),
        Command::List(options) => list::run(&options),
        Command::Show(options) => show::run(&options),
        Command::Update(options) => update::run(options),
        Command::SetPassword(options) => set_password::run(&options),
        Command::Invite(options) => password_link::invite(&options),
        Command::ResetLink(options) => password_link::reset(&options),
        Command::Consents(options) => consents::run(&options),
        Command::Disable(options) => status::disable(&options),
        Command::Enable(options) => status::enable(&options),
        Command::Delete(options) => delete::run(&options),
    }
}

/// A number of things, in words for a sentence.
pub(super) fn counted(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// Warns if people could not choose this username themselves, or another user's looks like it.
async fn warn_of_name(context: &Context<'_>, person: &Person) -> Result<(), CliError> {
    users::name_warnings(context, person).await?.iter().try_for_each(warn)
}
