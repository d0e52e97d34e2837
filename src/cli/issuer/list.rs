//! `grantor issuer list`.

use clap::Args;

use super::super::list::ListOptions;
use super::super::{CliError, OutputOptions};
use super::show::keys;
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::operations::trusted_issuers;
use crate::representation::trusted_issuer::{audience, clients, to_json};
use crate::store::page::NameFilter;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only issuers with this text in their name, in any spelling
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
                trusted_issuers::list(&context, listing).await
            })
            .await?;
        let header = ["ISSUER", "SCOPES", "CLIENTS", "AUDIENCE", "KEYS"];
        let list = options.list.filtered(options.search.is_some());
        options.output.list((&all, &list), to_json, header, row)
    })
}

fn row(issuer: &TrustedIssuer) -> [String; 5] {
    let scopes = if issuer.scopes.is_empty() { "-".into() } else { issuer.scopes.to_string() };
    [issuer.issuer.clone(), scopes, clients(issuer).join(" "), audience(issuer).into(), keys(issuer)]
}
