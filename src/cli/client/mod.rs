//! `grantor client`: applications and their secrets.

mod brand;
mod certificate;
mod check;
mod ciba;
mod consents;
mod create;
mod delete;
pub(super) mod encryption;
mod health;
mod links;
mod list;
mod logo;
mod messages;
mod secrets;
mod show;
mod update;
pub(super) mod words;

use clap::Subcommand;

use super::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register an application
    Create(Box<create::Options>),
    /// List the applications
    List(list::Options),
    /// Show one application and its secrets, without their values
    Show(show::Options),
    /// Check a request of an application without making it: what would be refused and why, or which tokens it would get
    Check(check::Options),
    /// Show how an application uses this server, and what could be required of it, or removed, without breaking it
    Health(health::Options),
    /// List what people have allowed an application
    Consents(consents::Options),
    /// Change an application; everything that you do not name stays the same
    Update(Box<update::Options>),
    /// Delete an application with its secrets, consents and tokens
    Delete(delete::Options),
    /// Add a secret to an application, so that it can change to the new one without an outage
    AddSecret(secrets::Add),
    /// Set when a secret of an application ends; `client show` lists their ids
    UpdateSecret(secrets::Update),
    /// Remove a secret from an application; `client show` lists their ids
    RemoveSecret(secrets::Remove),
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Create(options) => create::run(&options),
        Command::List(options) => list::run(&options),
        Command::Show(options) => show::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Health(options) => health::run(&options),
        Command::Consents(options) => consents::run(&options),
        Command::Update(options) => update::run(*options),
        Command::Delete(options) => delete::run(&options),
        Command::AddSecret(options) => secrets::add(&options),
        Command::UpdateSecret(options) => secrets::update(&options),
        Command::RemoveSecret(options) => secrets::remove(&options),
    }
}
