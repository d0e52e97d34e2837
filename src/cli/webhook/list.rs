//! `grantor webhook list`.

use clap::Args;

use super::super::list::ListOptions;
use super::super::{CliError, OutputOptions};
use super::show::{state, types};
use crate::operations::webhooks;
use crate::representation::webhook::to_json;
use crate::store::page::NameFilter;
use crate::store::webhooks::WebhookRecord;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only webhooks with this text in their name, id or address, in any spelling
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let filter = NameFilter { q: options.search.clone() };
        let found =
            options.list.read(filter, async |listing| webhooks::list(&context, listing).await).await?;
        let header = ["ID", "NAME", "URL", "TYPES", "CREATED", "STATE"];
        let list = options.list.filtered(options.search.is_some());
        options.output.list((&found, &list), to_json, header, row)
    })
}

fn row(webhook: &WebhookRecord) -> [String; 6] {
    [
        webhook.id.clone(),
        webhook.name.clone(),
        webhook.url.clone(),
        types(webhook),
        webhook.created_at.iso(),
        state(webhook),
    ]
}
