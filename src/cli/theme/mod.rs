//! `grantor theme`: looks at the pages, and begins templates of one's own.

mod export;
mod frame;
mod preview;
mod source;
mod stylesheet;

use clap::Subcommand;

use super::signals::{HangUp, stop_asked};
use super::{CliError, Common, OutputOptions, say};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Serve every page in every state with invented data, and show it again when the theme changes
    Preview(preview::Options),
    /// Write templates of the server into a folder, as a start for your own
    Export(export::Options),
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Preview(options) => preview::run(options),
        Command::Export(options) => export::run(&options),
    }
}
