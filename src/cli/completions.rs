//! `grantor completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

use super::{Cli, CliError, print};

#[derive(Args)]
pub(super) struct Options {
    /// The shell for which to print the script
    shell: Shell,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    let mut script = Vec::new();
    generate(options.shell, &mut Cli::command(), "grantor", &mut script);
    print(&script)
}
