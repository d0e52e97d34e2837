//! `grantor authorization-type list`.

use clap::Args;

use super::super::list::ListOptions;
use super::super::{CliError, OutputOptions};
use crate::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use crate::operations::authorization_types;
use crate::representation::authorization_type::to_json;
use crate::store::page::NameFilter;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only types with this text in their name, in any spelling
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
        let all = options
            .list
            .read(NameFilter { q: options.search.clone() }, async |listing| {
                authorization_types::list(&context, listing).await
            })
            .await?;
        let header = ["TYPE", "TEMPLATE", "RESOURCES", "ALWAYS ASKS"];
        let list = options.list.filtered(options.search.is_some());
        options.output.list((&all, &list), to_json, header, row)
    })
}

fn row(record: &AuthorizationType) -> [String; 4] {
    let resources = if record.resources.is_empty() { "any".into() } else { record.resources.join(" ") };
    let asks = if record.always_ask { "yes" } else { "no" };
    [record.name.clone(), record.template.as_str().to_owned(), resources, asks.into()]
}
