//! `grantor issuer list`.

use clap::Args;
use serde_json::Value;

use super::super::table::table;
use super::super::{Desk, Manner, Trouble, block_on, list};
use super::show::{audience, clients, described, keys};
use crate::operations::trusted_issuers;
use crate::store::page::NameFilter;

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let context = desk.operations();
        let all =
            list::all(NameFilter::default(), async |listing| trusted_issuers::list(&context, listing).await)
                .await?;
        let rows: Vec<[String; 5]> = all
            .iter()
            .map(|issuer| {
                let scopes = if issuer.scopes.is_empty() { "-".into() } else { issuer.scopes.to_string() };
                [
                    issuer.issuer.clone(),
                    scopes,
                    clients(issuer).join(" "),
                    audience(issuer).into(),
                    keys(issuer),
                ]
            })
            .collect();
        let text = table(["ISSUER", "SCOPES", "CLIENTS", "AUDIENCE", "KEYS"], &rows);
        options.manner.say(all.iter().map(described).collect::<Value>(), text)
    })
}
