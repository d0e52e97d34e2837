//! `grantor ping`: the applications that the server informs of answers to backchannel requests (CIBA Core §10.2).

mod list;

use clap::Subcommand;

use super::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the answers of which applications are informed, and the state of each
    List(list::Options),
}

pub(super) fn run(command: &Command) -> Result<(), CliError> {
    match command {
        Command::List(options) => list::run(options),
    }
}
