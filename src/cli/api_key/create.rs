//! `grantor api-key create`.

use clap::Args;

use super::super::end::end;
use super::super::list::scope;
use super::super::{CliError, OutputOptions, say};
use crate::operations::api_keys::{self, NewApiKey};
use crate::representation::api_key::to_json;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// A name that says which program has the key
    #[arg(long, value_name = "N")]
    name: String,
    /// What the key permits, such as grantor.read or "grantor.clients.write grantor.users.read"; grantor.write permits all
    #[arg(long, value_name = "\"a b\"")]
    scope: String,
    /// When the key ends: a length of time from now, such as 90d, or a time such as 2027-01-31T12:00:00Z; without this
    /// option, or with never, it does not end by itself
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let Options { name, scope: names, expires, output } = options;
    let scope = scope(&names)?;
    output.common.run(async |cli| {
        let expires_at = expires.map(|text| end(&text, cli.now)).transpose()?.flatten();
        let new = NewApiKey { name, scope, expires_at };
        let created = api_keys::create(&cli.operations(), new).await?.outcome;
        let key = created.key.expose().as_str();
        if output.json {
            let mut json = to_json(&created.record);
            json["key"] = key.into();
            return say(json);
        }
        let until = created.record.expires_at.map(|end| format!(", which ends at {}", end.iso()));
        let (name, id) = (&created.record.name, &created.record.id);
        say(format!("created the API key {name} with the id {id}{}", until.unwrap_or_default()))?;
        say(format!("the key, which is shown only now: {key}"))
    })
}
