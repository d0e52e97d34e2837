//! `grantor config`: what the options are set to.

mod check;
mod show;

use clap::Subcommand;

use super::{Manner, Trouble};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show every option with its value and where it comes from; secrets are hidden
    Show(Manner),
    /// Find every mistake at once: unknown options, wrong types, values that cannot be
    Check(Manner),
}

pub(super) fn run(command: &Command) -> Result<(), Trouble> {
    match command {
        Command::Show(manner) => show::run(manner),
        Command::Check(manner) => check::run(manner),
    }
}
