//! `grantor issuer list`.

use clap::Args;

use super::super::{Manner, Trouble, list};
use super::show::{audience, clients, described, keys};
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::operations::trusted_issuers;
use crate::store::page::NameFilter;

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    options.manner.common.run(async |desk| {
        let context = desk.operations();
        let all =
            list::all(NameFilter::default(), async |listing| trusted_issuers::list(&context, listing).await)
                .await?;
        let header = ["ISSUER", "SCOPES", "CLIENTS", "AUDIENCE", "KEYS"];
        options.manner.list(&all, described, header, row)
    })
}

fn row(issuer: &TrustedIssuer) -> [String; 5] {
    let scopes = if issuer.scopes.is_empty() { "-".into() } else { issuer.scopes.to_string() };
    [issuer.issuer.clone(), scopes, clients(issuer).join(" "), audience(issuer).into(), keys(issuer)]
}
