//! `grantor token`: what a token says, and whether it is valid.

mod inspect;

use clap::Subcommand;

use super::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Explain an access or refresh token of this server
    Inspect(inspect::Options),
}

pub(super) fn run(command: &Command) -> Result<(), CliError> {
    match command {
        Command::Inspect(options) => inspect::run(options),
    }
}
