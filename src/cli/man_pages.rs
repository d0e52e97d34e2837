//! `grantor man-pages`.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};

use super::{Cli, CliError};

#[derive(Args)]
pub(super) struct Options {
    /// The directory; it is made if it does not exist
    directory: PathBuf,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    let failed = |error: std::io::Error| format!("cannot write to {}: {error}", options.directory.display());
    std::fs::create_dir_all(&options.directory).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), &options.directory).map_err(failed)?;
    Ok(())
}
