//! `grantor resource`: the APIs that tokens are for (RFC 8707).

mod create;
mod delete;
mod list;
mod update;

use clap::Subcommand;

use super::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register an API
    Create(create::Options),
    /// List the APIs
    List(list::Options),
    /// Change an API; everything that you do not name stays the same
    Update(Box<update::Options>),
    /// Delete an API; no more tokens are issued for it
    Delete(delete::Options),
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Create(options) => create::run(options),
        Command::List(options) => list::run(&options),
        Command::Update(options) => update::run(*options),
        Command::Delete(options) => delete::run(&options),
    }
}
