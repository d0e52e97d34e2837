//! `grantor webhook deliveries`.

use clap::Args;

use super::super::list::{DeliveryStateOption, ListOptions};
use super::super::{CliError, OutputOptions};
use crate::operations::webhooks;
use crate::representation::webhook::{delivery_to_json, next_attempt_at};
use crate::store::webhook_deliveries::{WebhookDelivery, WebhookDeliveryFilter};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The webhook's id, which webhook list shows
    id: String,
    /// Only messages in this state
    #[arg(long)]
    state: Option<DeliveryStateOption>,
    /// Only messages whose type begins with this, such as client.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let filter = WebhookDeliveryFilter {
            webhook: options.id.clone(),
            state: options.state.map(Into::into),
            kind: options.kind.clone(),
        };
        let read = async |listing| webhooks::deliveries(&context, listing).await;
        let deliveries = options.list.read(filter, read).await?;
        let header = ["MESSAGE", "TYPE", "STATE", "ATTEMPTS", "CREATED", "NEXT", "LAST ERROR"];
        let list = options.list.filtered(options.state.is_some() || options.kind.is_some());
        options.output.list((&deliveries, &list), delivery_to_json, header, row)
    })
}

fn row(delivery: &WebhookDelivery) -> [String; 7] {
    [
        delivery.message_id.clone(),
        delivery.kind.clone(),
        delivery.state.clone(),
        delivery.attempts.to_string(),
        delivery.created_at.iso(),
        next_attempt_at(delivery).unwrap_or_else(|| "-".into()),
        delivery.last_error.clone().unwrap_or_else(|| "-".into()),
    ]
}
