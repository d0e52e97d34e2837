//! `grantor api-key list`.

use clap::Args;

use super::super::list::ListOptions;
use super::super::{CliError, OutputOptions};
use crate::clock::Timestamp;
use crate::operations::api_keys;
use crate::representation::api_key::to_json;
use crate::store::api_keys::ApiKeyRecord;
use crate::store::page::NameFilter;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only keys with this text in their name or id, in any spelling
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
        let keys = options.list.read(filter, async |listing| api_keys::list(&context, listing).await).await?;
        let header = ["ID", "NAME", "SCOPE", "CREATED", "ENDS", "LAST USED", "STATE"];
        let list = options.list.filtered(options.search.is_some());
        options.output.list((&keys, &list), to_json, header, |key| row(key, cli.now))
    })
}

fn row(key: &ApiKeyRecord, now: Timestamp) -> [String; 7] {
    let time = |time: Option<Timestamp>| time.map_or_else(|| "-".into(), Timestamp::iso);
    [
        key.id.clone(),
        key.name.clone(),
        key.scope.to_string(),
        key.created_at.iso(),
        time(key.expires_at),
        time(key.last_used_at),
        if key.is_live(now) { "live" } else { "ended" }.into(),
    ]
}
