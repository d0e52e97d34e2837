//! `grantor webhook retry`.

use clap::Args;
use serde_json::json;

use super::super::{CliError, OutputOptions};
use crate::operations::webhooks;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The webhook's id, which webhook list shows
    id: String,
    /// Only this message, which webhook deliveries shows; it is sent again even if it was delivered
    #[arg(long, value_name = "ID")]
    message: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let message = options.message.as_deref();
        let count = webhooks::retry(&cli.operations(), &options.id, message).await?.outcome;
        let what = if count == 1 { "1 message".to_owned() } else { format!("{count} messages") };
        options.output.say(json!({ "retried": count }), format!("the running server will send {what} again"))
    })
}
