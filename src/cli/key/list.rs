//! `grantor key list`.

use clap::Args;

use super::super::list::ListOptions;
use super::super::{CliError, OutputOptions};
use crate::clock::Timestamp;
use crate::operations::keys::{self, ListedKey};
use crate::representation::signing_key::to_json;

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
        let header = ["KID", "ALGORITHM", "STATE", "CURRENT FROM", "PUBLISHED UNTIL"];
        options.output.list((&keys, &options.list), to_json, header, row)
    })
}

fn row(listed: &ListedKey) -> [String; 5] {
    [
        listed.key.kid.clone(),
        listed.key.algorithm.to_string(),
        listed.state.word_for(listed.key.algorithm).to_owned(),
        listed.key.signs_from.iso(),
        listed.published_until.map_or_else(|| "-".to_owned(), Timestamp::iso),
    ]
}
