//! `grantor api-key`: the credentials of programs for the management API.

mod create;
mod delete;
mod list;
mod update;

use clap::Subcommand;

use super::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create an API key, and print it once
    Create(create::Options),
    /// List the API keys, without the keys themselves
    List(list::Options),
    /// Change the name or the end of an API key; its scope never changes
    Update(update::Options),
    /// Delete an API key; requests with it are refused from then on
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
