//! `grantor grant`: what people have allowed applications.

mod list;
mod revoke;

use clap::Subcommand;

use super::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the grants that people gave to applications, and their state
    List(list::Options),
    /// Revoke one grant, or everything that a person gave or an application got, with all tokens issued from it
    Revoke(revoke::Options),
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::List(options) => list::run(&options),
        Command::Revoke(options) => revoke::run(&options),
    }
}
