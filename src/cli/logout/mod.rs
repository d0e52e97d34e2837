//! `grantor logout`: the applications that the server informs of sign-outs (OpenID Connect Back-Channel Logout).

mod list;
mod retry;

use clap::Subcommand;

use super::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the sign-outs of which the server informs applications, and the state of each
    List(list::Options),
    /// Inform applications again, at once, of every sign-out that they have not confirmed
    Retry(retry::Options),
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::List(options) => list::run(&options),
        Command::Retry(options) => retry::run(&options),
    }
}
