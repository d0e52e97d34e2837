//! `grantor logout retry`.

use clap::Args;
use serde_json::json;

use super::super::{CliError, OutputOptions};
use crate::oauth::id::ClientId;
use crate::operations::logout_deliveries;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only inform this application, by its client_id
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let client = options.client.as_deref().map(ClientId::new);
        let count = logout_deliveries::retry(&cli.operations(), client.as_ref()).await?.outcome;
        let what = if count == 1 { "1 sign-out".to_owned() } else { format!("{count} sign-outs") };
        options.output.say(json!({ "retried": count }), format!("the running server will send {what} again"))
    })
}
