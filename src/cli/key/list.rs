//! `grantor key list`.

use clap::Args;
use serde_json::{Value, json};

use super::super::table::table;
use super::super::time::iso;
use super::super::{Desk, Manner, Trouble, block_on};
use crate::clock::Seconds;
use crate::keys::signing::records;
use crate::oauth::signing_key::{KeyRecord, KeyState};
use crate::store::db::{Conn, DbError};
use crate::store::signing_keys;

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    manner: Manner,
}

/// A key as the operator sees it.
struct Seen {
    key: KeyRecord,
    state: KeyState,
    /// When its publication ends, or ended; `None` as long as nothing is to take over.
    published_until: Option<Seconds>,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let list = async |conn: &mut Conn| signing_keys::list(conn).await;
        let keys = records(&desk.db.read::<_, DbError, _>(list).await?);
        let schedule = desk.config.keys.schedule();
        let seen = |key: &KeyRecord| {
            let until = key.retired_at.unwrap_or_else(|| schedule.published_until(&keys, key));
            let state = schedule.state(&keys, key, desk.now);
            Seen { key: key.clone(), state, published_until: (until != Seconds::MAX).then_some(until) }
        };
        let seen: Vec<Seen> = keys.iter().map(seen).collect();
        let rows: Vec<_> = seen.iter().map(row).collect();
        let text = table(["KID", "ALGORITHM", "STATE", "SIGNS FROM", "PUBLISHED UNTIL"], &rows);
        options.manner.say(seen.iter().map(described).collect::<Value>(), text)
    })
}

fn described(seen: &Seen) -> Value {
    json!({
        "kid": seen.key.kid,
        "algorithm": seen.key.algorithm.as_str(),
        "state": seen.state.as_str(),
        "created_at": iso(seen.key.created_at),
        "signs_from": iso(seen.key.signs_from),
        "published_until": seen.published_until.map(iso),
        "retired_at": seen.key.retired_at.map(iso),
    })
}

fn row(seen: &Seen) -> [String; 5] {
    [
        seen.key.kid.clone(),
        seen.key.algorithm.to_string(),
        seen.state.as_str().to_owned(),
        iso(seen.key.signs_from),
        seen.published_until.map_or_else(|| "-".to_owned(), iso),
    ]
}
