//! `grantor key list`.

use clap::Args;
use serde_json::{Value, json};

use super::super::table::table;
use super::super::time::iso;
use super::super::{Desk, Manner, Trouble, block_on, list};
use crate::operations::keys::{self, ListedKey};

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let context = desk.operations();
        let keys = list::all((), async |listing| keys::list(&context, listing).await).await?;
        let rows: Vec<_> = keys.iter().map(row).collect();
        let text = table(["KID", "ALGORITHM", "STATE", "SIGNS FROM", "PUBLISHED UNTIL"], &rows);
        options.manner.say(keys.iter().map(described).collect::<Value>(), text)
    })
}

fn described(listed: &ListedKey) -> Value {
    json!({
        "kid": listed.key.kid,
        "algorithm": listed.key.algorithm.as_str(),
        "state": listed.state.as_str(),
        "created_at": iso(listed.key.created_at),
        "signs_from": iso(listed.key.signs_from),
        "published_until": listed.published_until.map(iso),
        "retired_at": listed.key.retired_at.map(iso),
    })
}

fn row(listed: &ListedKey) -> [String; 5] {
    [
        listed.key.kid.clone(),
        listed.key.algorithm.to_string(),
        listed.state.as_str().to_owned(),
        iso(listed.key.signs_from),
        listed.published_until.map_or_else(|| "-".to_owned(), iso),
    ]
}
