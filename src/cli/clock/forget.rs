//! `grantor clock forget`.

use clap::Args;
use serde_json::json;

use super::super::{CliError, OutputOptions};
use crate::operations::clocks;

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let forgotten = clocks::forget(&cli.operations()).await?.outcome;
        let text = format!("forgot the times of {forgotten} nodes; nodes that run write theirs again");
        options.output.say(json!({ "forgotten": forgotten }), text)
    })
}
