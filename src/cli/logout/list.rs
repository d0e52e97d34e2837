//! `grantor logout list`.

use clap::Args;

use super::super::list::{DeliveryStateOption, ListOptions};
use super::super::{CliError, OutputOptions};
use crate::oauth::id::ClientId;
use crate::operations::logout_deliveries;
use crate::representation::logout_delivery::{next_attempt_at, to_json};
use crate::store::deliveries::DeliveryFilter;
use crate::store::logout_deliveries::Delivery;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only sign-outs of which the server informs this application, by its client_id
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Only sign-outs in this state
    #[arg(long)]
    state: Option<DeliveryStateOption>,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let filter = DeliveryFilter {
            client: options.client.as_deref().map(ClientId::new),
            state: options.state.map(Into::into),
        };
        let deliveries = options
            .list
            .read(filter, async |listing| logout_deliveries::list(&context, listing).await)
            .await?;
        let header = ["CLIENT", "SESSION", "STATE", "ATTEMPTS", "ENDED", "NEXT", "LAST ERROR"];
        let list = options.list.filtered(options.client.is_some() || options.state.is_some());
        options.output.list((&deliveries, &list), to_json, header, row)
    })
}

fn row(delivery: &Delivery) -> [String; 7] {
    [
        delivery.client_id.clone(),
        delivery.session_id.clone(),
        delivery.state.clone(),
        delivery.attempts.to_string(),
        delivery.created_at.iso(),
        next_attempt_at(delivery).unwrap_or_else(|| "-".into()),
        delivery.last_error.clone().unwrap_or_else(|| "-".into()),
    ]
}
