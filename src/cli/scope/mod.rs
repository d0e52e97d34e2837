//! `grantor scope`: the scopes that applications may ask for.

mod create;
mod delete;
mod list;
mod update;

use clap::Subcommand;

use super::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Define a scope
    Create(create::Options),
    /// List the scopes
    List(list::Options),
    /// Change a scope: its description, whether it is sensitive or required, its claims, lifetime and group
    Update(update::Options),
    /// Delete a scope, and remove it from what people have allowed
    Delete(delete::Options),
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Create(options) => create::run(options),
        Command::List(options) => list::run(&options),
        Command::Update(options) => update::run(options),
        Command::Delete(options) => delete::run(&options),
    }
}
