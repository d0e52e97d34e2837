//! `grantor key rotate`.

use clap::Args;
use serde_json::{Value, json};

use super::super::question::Question;
use super::super::time::iso;
use super::super::{Desk, Manner, Trouble, block_on};
use crate::keys::master::Keys;
use crate::keys::signing::{Rotation, records};
use crate::oauth::signing_key::{Due, KeyRecord, SigningAlgorithm, next};
use crate::store::db::{Conn, DbError};
use crate::store::signing_keys;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only the keys of this algorithm: RS256, PS256, ES256 or EdDSA
    #[arg(long, value_parser = algorithm)]
    algorithm: Option<SigningAlgorithm>,
    /// Let the new keys sign at once, before everybody has read them
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    manner: Manner,
}

fn algorithm(word: &str) -> Result<SigningAlgorithm, String> {
    let known: Vec<&str> = SigningAlgorithm::ALL.iter().map(|known| known.as_str()).collect();
    SigningAlgorithm::parse(word).ok_or_else(|| format!("it is none of {}", known.join(", ")))
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let list = async |conn: &mut Conn| signing_keys::list(conn).await;
        let stored = records(&desk.db.read::<_, DbError, _>(list).await?);
        let due = due(&desk, options, &stored)?;
        if options.now {
            options.question.ask(&format!(
                "Sign with new keys for {} at once? Who has read /jwks within the last hour may refuse what they sign.",
                words(&due)
            ))?;
        }
        let keys = Keys::open(&desk.config, &desk.db, desk.now).await?;
        let expected = due.len();
        let made = Rotation { due, over: Vec::new() }.run(&desk.db, keys.master(), desk.now).await?;
        if made.len() < expected {
            return Err("another process rotated at the same moment; see grantor key list".into());
        }
        let text: Vec<String> = made.iter().map(sentence).collect();
        options.manner.say(json!({ "keys": made.iter().map(described).collect::<Value>() }), text.join("\n"))
    })
}

/// The keys to be made; the error says what stands against it.
fn due(desk: &Desk, options: &Options, stored: &[KeyRecord]) -> Result<Vec<Due>, Trouble> {
    let offered = &desk.config.keys.algorithms;
    let algorithms = match options.algorithm {
        None => offered.clone(),
        Some(algorithm) if offered.contains(&algorithm) => vec![algorithm],
        Some(algorithm) => return Err(format!("keys.algorithms does not name {algorithm}").into()),
    };
    let mut due = Vec::new();
    for algorithm in algorithms {
        if options.now {
            due.push(desk.config.keys.schedule().at_once(stored, algorithm, desk.now));
            continue;
        }
        if let Some(KeyRecord { kid, signs_from, .. }) = next(stored, algorithm, desk.now) {
            let at = iso(*signs_from);
            return Err(format!(
                "the {algorithm} key {kid} waits already, and signs from {at}; --now makes one that signs at once"
            )
            .into());
        }
        due.push(desk.config.keys.schedule().in_time(stored, algorithm, desk.now));
    }
    Ok(due)
}

fn words(due: &[Due]) -> String {
    due.iter().map(|due| due.algorithm.as_str()).collect::<Vec<_>>().join(", ")
}

fn described(key: &KeyRecord) -> Value {
    json!({ "kid": key.kid, "algorithm": key.algorithm.as_str(), "signs_from": iso(key.signs_from) })
}

fn sentence(key: &KeyRecord) -> String {
    format!("made the {} key {}, which signs from {}", key.algorithm, key.kid, iso(key.signs_from))
}
