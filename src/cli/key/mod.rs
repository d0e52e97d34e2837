//! `grantor key`: the keys that sign tokens.

mod list;
mod retire;
mod rotate;

use clap::Subcommand;

use super::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the signing keys and their states
    List(list::Options),
    /// Create new keys; they are published now and sign later, while the old keys stay published
    Rotate(rotate::Options),
    /// Take a key out of use at once, for example when it was stolen
    Retire(retire::Options),
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::List(options) => list::run(&options),
        Command::Rotate(options) => rotate::run(&options),
        Command::Retire(options) => retire::run(&options),
    }
}
