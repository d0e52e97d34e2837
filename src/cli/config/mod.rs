//! `grantor config`: the values of the options.

mod check;
mod registered;
mod show;

use clap::Subcommand;

use super::{CliError, OutputOptions};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show every option with its value and where it comes from; secrets are hidden
    Show(OutputOptions),
    /// Find all mistakes at once: unknown options, wrong types, values that are not valid; also name the clients and
    /// issuers that use legacy settings, and clients whose certificates cannot arrive
    Check(OutputOptions),
}

pub(super) fn run(command: &Command) -> Result<(), CliError> {
    match command {
        Command::Show(output) => show::run(output),
        Command::Check(output) => check::run(output),
    }
}
