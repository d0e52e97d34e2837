//! `grantor client list`.

use clap::Args;
use serde_json::Value;

use super::super::table::table;
use super::super::time::iso;
use super::super::{Desk, Manner, Trouble, block_on};
use super::show::{described, grants, state};
use crate::store::clients::{self, ClientRecord};
use crate::store::db::DbError;

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let records = desk.db.read_lagging::<_, DbError, _>(async |conn| clients::list(conn).await).await?;
        let rows: Vec<_> = records.iter().map(row).collect();
        let header = ["ID", "NAME", "KIND", "STATE", "GRANTS", "SECRETS", "CREATED"];
        options.manner.say(records.iter().map(described).collect::<Value>(), table(header, &rows))
    })
}

fn row(record: &ClientRecord) -> [String; 7] {
    let client = &record.client;
    [
        client.id.to_string(),
        client.name.clone(),
        client.kind.as_str().into(),
        state(client).into(),
        grants(client),
        record.secrets.len().to_string(),
        iso(record.created_at),
    ]
}
