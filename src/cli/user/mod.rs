//! `grantor user`: the people who sign in.

mod claims;
mod create;
mod delete;
mod list;
mod set_password;
mod show;
mod standing;
mod update;

use clap::{Args, Subcommand};

use super::{Manner, Trouble};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a user
    Create(create::Options),
    /// List the users
    List(list::Options),
    /// Show one user
    Show(Named),
    /// Change what is known of a user; what is not named stays as it is
    Update(update::Options),
    /// Set a password; every session of the user and all that applications hold for the user ends
    SetPassword(set_password::Options),
    /// Let a user neither sign in nor have tokens; every session ends
    Disable(Named),
    /// Let a disabled user sign in and have tokens again
    Enable(Named),
    /// Delete a user with sessions, consents and tokens
    Delete(delete::Options),
}

/// A command about one user.
#[derive(Args)]
pub(super) struct Named {
    /// A username, an e-mail address or an id
    user: String,
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(command: Command) -> Result<(), Trouble> {
    match command {
        Command::Create(options) => create::run(&options),
        Command::List(options) => list::run(&options),
        Command::Show(options) => show::run(&options),
        Command::Update(options) => update::run(options),
        Command::SetPassword(options) => set_password::run(&options),
        Command::Disable(options) => standing::disable(&options),
        Command::Enable(options) => standing::enable(&options),
        Command::Delete(options) => delete::run(&options),
    }
}

/// A number of things in a sentence.
pub(super) fn counted(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}
