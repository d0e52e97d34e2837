//! `grantor issuer list`.

use clap::Args;

use super::super::{CliError, OutputOptions, list};
use super::show::{audience, clients, keys, to_json};
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::operations::trusted_issuers;
use crate::store::page::NameFilter;

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let all =
            list::all(NameFilter::default(), async |listing| trusted_issuers::list(&context, listing).await)
                .await?;
        let header = ["ISSUER", "SCOPES", "CLIENTS", "AUDIENCE", "KEYS"];
        options.output.list(&all, to_json, header, row)
    })
}

fn row(issuer: &TrustedIssuer) -> [String; 5] {
    let scopes = if issuer.scopes.is_empty() { "-".into() } else { issuer.scopes.to_string() };
    [issuer.issuer.clone(), scopes, clients(issuer).join(" "), audience(issuer).into(), keys(issuer)]
}
