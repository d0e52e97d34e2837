//! `grantor logout`: which applications were told of sign-outs (OpenID Connect Back-Channel Logout).

mod list;
mod retry;

use clap::Subcommand;

use super::Trouble;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the sign-outs that applications are told of, and what became of each
    List(list::Options),
    /// Tell again at once what has not been delivered
    Retry(retry::Options),
}

pub(super) fn run(command: Command) -> Result<(), Trouble> {
    match command {
        Command::List(options) => list::run(&options),
        Command::Retry(options) => retry::run(&options),
    }
}
