//! `grantor issuer list`.

use clap::Args;
use serde_json::Value;

use super::super::table::table;
use super::super::{Manner, Trouble, list};
use super::show::{audience, clients, described, keys};
use crate::operations::trusted_issuers;

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    options.manner.common.run(async |desk| {
        let context = desk.operations();
        let all = list::all((), async |listing| trusted_issuers::list(&context, listing).await).await?;
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
