//! `grantor client list`.

use clap::Args;

use super::super::list::{EnabledState, ListOptions};
use super::super::{CliError, OutputOptions};
use super::show::{grants, state};
use crate::operations::clients;
use crate::representation::client::to_json;
use crate::store::clients::{ClientFilter, ClientRecord};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only applications with this text in their client_id, name or addresses, in any spelling, or with a secret of this id
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only applications in this state
    #[arg(long)]
    state: Option<EnabledState>,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let filter = ClientFilter {
            q: options.search.clone(),
            disabled: options.state.map(EnabledState::is_disabled),
            ..ClientFilter::default()
        };
        let read = async |listing| clients::list(&context, listing).await;
        let records = options.list.read(filter, read).await?;
        let header = ["ID", "NAME", "KIND", "STATE", "GRANTS", "SECRETS", "CREATED"];
        let list = options.list.filtered(options.search.is_some() || options.state.is_some());
        options.output.list((&records, &list), to_json, header, row)
    })
}

fn row(record: &ClientRecord) -> [String; 7] {
    let client = &record.client;
    [
        client.id.to_string(),
        client.name.as_str().into(),
        client.kind.as_str().into(),
        state(client).into(),
        grants(client),
        record.secrets.len().to_string(),
        record.created_at.iso(),
    ]
}
