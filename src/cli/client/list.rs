//! `grantor client list`.

use clap::Args;

use super::super::{Manner, Trouble, list};
use super::show::{described, grants, state};
use crate::operations::clients;
use crate::store::clients::{ClientFilter, ClientRecord};

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    options.manner.common.run(async |desk| {
        let context = desk.operations();
        let read = async |listing| clients::list(&context, listing).await;
        let records = list::all(ClientFilter::default(), read).await?;
        let header = ["ID", "NAME", "KIND", "STATE", "GRANTS", "SECRETS", "CREATED"];
        options.manner.list(&records, described, header, row)
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
