//! `grantor key retire`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::{Desk, Manner, Trouble, block_on};
use crate::clock::Seconds;
use crate::config::KeyOptions;
use crate::keys::signing::records;
use crate::oauth::signing_key::{KeyRecord, KeyState, next};
use crate::store::db::{DbError, Tx};
use crate::store::signing_keys;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The key's name, as `key list` and /jwks show it
    // A thumbprint can begin with a dash.
    #[arg(allow_hyphen_values = true)]
    kid: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    manner: Manner,
}

/// A key that goes, and the one that signs instead of it.
struct Retirement {
    key: KeyRecord,
    successor: Option<KeyRecord>,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let (kid, keys, now) = (options.kid.clone(), desk.config.keys.clone(), desk.now);
        let look = async move |conn: &mut _| {
            Ok(retirement(&records(&signing_keys::list(conn).await?), &kid, &keys, now))
        };
        let found = desk.db.read::<Result<_, Trouble>, DbError, _>(look).await??;
        options.question.ask(&question(&found))?;
        let (kid, keys) = (options.kid.clone(), desk.config.keys.clone());
        let work = async move |tx: &mut Tx| {
            let found = match retirement(&records(&signing_keys::list(tx).await?), &kid, &keys, now) {
                Ok(found) => found,
                Err(trouble) => return Ok(Err(trouble)),
            };
            signing_keys::retire(tx, &kid, now).await?;
            if let Some(successor) = &found.successor {
                signing_keys::bring_forward(tx, &successor.kid, now).await?;
            }
            Ok(Ok(found))
        };
        let Retirement { key, successor } =
            desk.db.write::<Result<Retirement, Trouble>, DbError, _>(work).await??;
        let signing = successor.map(|successor| successor.kid);
        let then = signing.as_ref().map_or_else(String::new, |kid| format!("; {kid} signs from now on"));
        options.manner.say(
            json!({ "kid": key.kid, "algorithm": key.algorithm.as_str(), "signing": signing }),
            format!("retired the {} key {}{then}", key.algorithm, key.kid),
        )
    })
}

/// What retiring a key comes to; the error says why it stays.
fn retirement(
    stored: &[KeyRecord],
    kid: &str,
    options: &KeyOptions,
    now: Seconds,
) -> Result<Retirement, Trouble> {
    let Some(key) = stored.iter().find(|key| key.kid == kid) else {
        return Err(format!("there is no key with the kid {kid}").into());
    };
    let key = key.clone();
    match options.schedule().state(stored, &key, now) {
        KeyState::Next | KeyState::Former => Ok(Retirement { key, successor: None }),
        KeyState::Retired | KeyState::Ended => Err(format!("the key {kid} is out of use already").into()),
        KeyState::Signing => {
            let algorithm = key.algorithm;
            let successor = next(stored, algorithm, now).cloned();
            if successor.is_none() && options.algorithms.contains(&algorithm) {
                return Err(format!(
                    "the key {kid} is the only one for {algorithm}; \
                     make another one first: grantor key rotate --algorithm {algorithm} --now"
                )
                .into());
            }
            Ok(Retirement { key, successor })
        }
    }
}

fn question(found: &Retirement) -> String {
    let Retirement { key, successor } = found;
    let kid = &key.kid;
    let then = match successor {
        Some(successor) => format!(", and sign with {} from now on", successor.kid),
        None => String::new(),
    };
    format!(
        "Take the {} key {kid} from /jwks{then}? What it has signed is worth nothing then.",
        key.algorithm
    )
}
