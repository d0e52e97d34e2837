//! `grantor key list`.

use clap::Args;
use serde_json::{Value, json};

use super::super::list::ListOptions;
use super::super::{CliError, OutputOptions};
use crate::clock::Timestamp;
use crate::operations::keys::{self, ListedKey};

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let keys = options.list.read((), async |listing| keys::list(&context, listing).await).await?;
        let header = ["KID", "ALGORITHM", "STATE", "SIGNS FROM", "PUBLISHED UNTIL"];
        options.output.list((&keys, &options.list), to_json, header, row)
    })
}

fn to_json(listed: &ListedKey) -> Value {
    json!({
        "kid": listed.key.kid,
        "algorithm": listed.key.algorithm.as_str(),
        "state": listed.state.as_str(),
        "created_at": listed.key.created_at.iso(),
        "signs_from": listed.key.signs_from.iso(),
        "published_until": listed.published_until.map(Timestamp::iso),
        "retired_at": listed.key.retired_at.map(Timestamp::iso),
    })
}

fn row(listed: &ListedKey) -> [String; 5] {
    [
        listed.key.kid.clone(),
        listed.key.algorithm.to_string(),
        listed.state.as_str().to_owned(),
        listed.key.signs_from.iso(),
        listed.published_until.map_or_else(|| "-".to_owned(), Timestamp::iso),
    ]
}
