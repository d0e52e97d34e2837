//! `grantor resource list`.

use clap::Args;

use super::super::list::ListOptions;
use super::super::{CliError, OutputOptions};
use crate::oauth::grant::resource::Resource;
use crate::oauth::id::ClientId;
use crate::operations::resources;
use crate::representation::resource::to_json;
use crate::store::page::NameFilter;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only APIs with this text in their URI, in any spelling
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
                resources::list(&context, listing).await
            })
            .await?;
        let header = ["URI", "SCOPES", "TOKENS", "LIFETIME", "CLIENTS"];
        let list = options.list.filtered(options.search.is_some());
        options.output.list((&all, &list), to_json, header, row)
    })
}

fn row(resource: &Resource) -> [String; 5] {
    let or_none = |text: String| if text.is_empty() { "-".into() } else { text };
    let algorithm = resource.algorithm.map(|algorithm| format!(" {algorithm}")).unwrap_or_default();
    let servers: Vec<&str> = resource.servers.iter().map(ClientId::as_str).collect();
    [
        resource.uri.clone(),
        or_none(resource.scopes.to_string()),
        format!("{}{algorithm}", resource.format.as_str()),
        resource.access_token_lifetime.map_or_else(|| "-".into(), |seconds| format!("{seconds} s")),
        or_none(servers.join(" ")),
    ]
}
