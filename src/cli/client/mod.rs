//! `grantor client`: applications and their secrets.

mod create;
mod delete;
pub(super) mod encryption;
mod list;
mod logo;
mod secrets;
mod show;
mod update;
pub(super) mod words;

use clap::Subcommand;

use super::Trouble;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register an application
    Create(Box<create::Options>),
    /// List the applications
    List(list::Options),
    /// Show one application and what is known of its secrets
    Show(show::Options),
    /// Change an application; what is not named stays as it is
    Update(Box<update::Options>),
    /// Delete an application with its secrets, consents and tokens
    Delete(delete::Options),
    /// Give an application one more secret, so that it can change to it without an outage
    AddSecret(secrets::Add),
    /// Take a secret from an application; `client show` lists their ids
    RemoveSecret(secrets::Remove),
}

pub(super) fn run(command: Command) -> Result<(), Trouble> {
    match command {
        Command::Create(options) => create::run(&options),
        Command::List(options) => list::run(&options),
        Command::Show(options) => show::run(&options),
        Command::Update(options) => update::run(*options),
        Command::Delete(options) => delete::run(&options),
        Command::AddSecret(options) => secrets::add(&options),
        Command::RemoveSecret(options) => secrets::remove(&options),
    }
}
