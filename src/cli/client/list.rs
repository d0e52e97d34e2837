//! `grantor client list`.

use clap::Args;

use super::super::{CliError, OutputOptions, list};
use super::show::{grants, state, to_json};
use crate::operations::clients;
use crate::store::clients::{ClientFilter, ClientRecord};

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let read = async |listing| clients::list(&context, listing).await;
        let records = list::all(ClientFilter::default(), read).await?;
        let header = ["ID", "NAME", "KIND", "STATE", "GRANTS", "SECRETS", "CREATED"];
        options.output.list(&records, to_json, header, row)
    })
}

fn row(record: &ClientRecord) -> [String; 7] {
    let client = &record.client;
    [
        client.id.to_string(),
        client.name.clone(),
        client.kind.as_str().into(),
        state(client).into(),
        grants(client),
        record.secrets.len().to_string(),
        record.created_at.iso(),
    ]
}
