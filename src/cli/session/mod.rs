//! `grantor session`: the sessions of people who are signed in.

mod end;
mod list;

use clap::Subcommand;

use super::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the live sessions; the last one to sign in comes first
    List(list::Options),
    /// End one session, or all sessions of a user, and revoke the grants that depend on it, except offline access
    End(end::Options),
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::List(options) => list::run(&options),
        Command::End(options) => end::run(&options),
    }
}
