//! `grantor ping list`.

use clap::Args;

use super::super::list::{DeliveryStateOption, ListOptions};
use super::super::{CliError, OutputOptions};
use crate::oauth::id::ClientId;
use crate::operations::pings;
use crate::representation::ping::{next_attempt_at, to_json};
use crate::store::backchannel_pings::PingRecord;
use crate::store::deliveries::DeliveryFilter;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only answers of which this application is informed, by its client_id
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Only answers in this state
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
        let found = options.list.read(filter, async |listing| pings::list(&context, listing).await).await?;
        let header = ["CLIENT", "REQUEST", "STATE", "ATTEMPTS", "ANSWERED", "NEXT", "LAST ERROR"];
        let list = options.list.filtered(options.client.is_some() || options.state.is_some());
        options.output.list((&found, &list), to_json, header, row)
    })
}

fn row(ping: &PingRecord) -> [String; 7] {
    [
        ping.client_id.clone(),
        ping.grant_id.clone(),
        ping.state.clone(),
        ping.attempts.to_string(),
        ping.created_at.iso(),
        next_attempt_at(ping).unwrap_or_else(|| "-".into()),
        ping.last_error.clone().unwrap_or_else(|| "-".into()),
    ]
}
