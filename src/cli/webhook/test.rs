//! `grantor webhook test`.

use clap::Args;

use super::super::{CliError, OutputOptions};
use crate::operations::webhooks;
use crate::representation::webhook::delivery_to_json;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The webhook's id, which webhook list shows
    id: String,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let id = &options.id;
        let delivery = webhooks::test(&cli.operations(), id).await?.outcome;
        let text = format!(
            "the running server will send the message {}; grantor webhook deliveries {id} shows its state",
            delivery.message_id
        );
        options.output.say(delivery_to_json(&delivery), text)
    })
}
