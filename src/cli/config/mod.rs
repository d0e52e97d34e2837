//! `grantor config`: the values of the options.

mod check;
mod show;

use clap::Subcommand;

use super::{Manner, Trouble};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show every option with its value and where it comes from; secrets are hidden
    Show(Manner),
    /// Find all mistakes at once: unknown options, wrong types, values that are not valid
    Check(Manner),
}

pub(super) fn run(command: &Command) -> Result<(), Trouble> {
    match command {
        Command::Show(manner) => show::run(manner),
        Command::Check(manner) => check::run(manner),
    }
}
