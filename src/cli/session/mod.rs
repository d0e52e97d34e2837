//! `grantor session`: who is signed in.

mod end;
mod list;

use clap::Subcommand;

use super::Trouble;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the live sessions, the last signed in first
    List(list::Options),
    /// End one session, or every session of a user, and what applications hold by it, but for offline access
    End(end::Options),
}

pub(super) fn run(command: Command) -> Result<(), Trouble> {
    match command {
        Command::List(options) => list::run(&options),
        Command::End(options) => end::run(&options),
    }
}
