//! `grantor refusal`: the last refused requests.

mod list;

use clap::Subcommand;

use super::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the last refused requests; grantor explain says what was wrong with one
    List(list::Options),
}

pub(super) fn run(command: &Command) -> Result<(), CliError> {
    match command {
        Command::List(options) => list::run(options),
    }
}
