//! Signing keys: lists them, creates new ones and retires one.

use std::sync::Arc;

use serde_json::{Value, json};

use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::list::{self, Cursor, List, Listing};
use super::terms::Version;
use super::{Context, Done, Outcome};
use crate::clock::Timestamp;
use crate::config::KeyOptions;
use crate::failure::Denied;
use crate::keys::master::MasterKey;
use crate::keys::signing::{Rotation, records};
use crate::oauth::signing_key::{DueKey, KeyAlgorithm, KeyRecord, KeyState, next};
use crate::store::db::{Conn, Tx};
use crate::store::signing_keys;

/// A key with its current state.
#[derive(Clone, Debug)]
pub struct ListedKey {
    pub key: KeyRecord,
    pub state: KeyState,
    /// When its publication ends or ended. `None` if no newer key is to replace it.
    pub published_until: Option<Timestamp>,
}

/// Which keys to create.
#[derive(Clone, Copy, Debug)]
pub struct KeyRotation {
    /// `None`: one key for each algorithm that the configuration offers.
    pub algorithm: Option<KeyAlgorithm>,
    pub start: Start,
}

/// When a new key starts to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// After it has been published for long enough.
    InTime,
    /// At once, before all clients have read it.
    AtOnce,
}

/// A key that is retired, and the key that signs instead. That is `None` if the retired key was not the one that
/// signed.
#[derive(Clone, Debug)]
pub struct Retirement {
    pub key: KeyRecord,
    pub successor: Option<KeyRecord>,
}

const CURSOR: Cursor = Cursor::of("keys");
/// What only an owner may change: every token depends on it.
const OBJECT: &str = "a signing key";

/// Returns a page of the keys. Those of one algorithm come in the order in which they sign.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(context: &Context<'_>, listing: Listing<()>) -> Result<List<ListedKey>, Denied<Faults>> {
    let keys = stored(context).await?;
    let all = keys.iter().map(|key| listed(&context.config.keys, &keys, key, context.now)).collect();
    // There are few keys, and the state of one depends on all of them.
    Ok(list::of_all(all, CURSOR, listing, |listed| listed.key.kid.clone())?)
}

/// Finds a key by its kid.
///
/// # Errors
/// If there is no such key.
pub async fn find(context: &Context<'_>, kid: &str) -> Result<ListedKey, Denied<Faults>> {
    let keys = stored(context).await?;
    let key = keys.iter().find(|key| key.kid == kid).ok_or_else(|| unknown(kid))?;
    Ok(listed(&context.config.keys, &keys, key, context.now))
}

/// Returns a key that was just made: it signs now or next, and no newer one is to replace it.
pub fn as_new(key: &KeyRecord, now: Timestamp) -> ListedKey {
    let state = if key.signs_from > now { KeyState::Next } else { KeyState::Signing };
    ListedKey { key: key.clone(), state, published_until: None }
}

/// Returns the version of a key, which changes when the key is retired, or signs from another time. Its state also changes
/// by itself, which is no new version.
pub fn version(key: &KeyRecord) -> Version {
    Version::of(&members(key))
}

/// Returns the keys that a rotation would create.
///
/// # Errors
/// If the configuration does not offer the algorithm, its next key already waits, or the actor may not do everything.
pub async fn check_rotate(
    context: &Context<'_>,
    rotation: KeyRotation,
) -> Result<Vec<DueKey>, Denied<Faults>> {
    context.actor.must_be_owner(OBJECT)?;
    let stored = stored(context).await?;
    Ok(due(context, rotation, &stored)?)
}

/// Creates the keys that [`check_rotate`] returned. There is one outcome for each of them.
///
/// # Errors
/// If another process has created a key since [`check_rotate`], or the actor may not do everything.
pub async fn rotate(
    context: &Context<'_>,
    master: &Arc<MasterKey>,
    due: Vec<DueKey>,
) -> Result<Vec<Done<KeyRecord>>, Denied<Faults>> {
    context.actor.must_be_owner(OBJECT)?;
    let expected = due.len();
    let made = Rotation { due, over: Vec::new() }.make(master, context.now).await?;
    context
        .act_on_each(async move |tx: &mut Tx| {
            let saved = made.save(tx).await?;
            if saved.len() < expected {
                return Err(Fault::conflict(None, "another process rotated at the same moment").into());
            }
            let done = |key: KeyRecord| {
                let made = json!({ "algorithm": key.algorithm.as_str(), "signs_from": key.signs_from.iso() });
                Done { event: event(Act::KeyCreated, &key).creating(made), outcome: key }
            };
            Ok(saved.into_iter().map(done).collect())
        })
        .await
}

/// Returns what retiring a key would do.
///
/// # Errors
/// If there is no such key, it is already retired, or it is the only key of an algorithm that the configuration offers.
pub async fn check_retire(context: &Context<'_>, kid: &str) -> Result<Retirement, Denied<Faults>> {
    Ok(retirement(&stored(context).await?, kid, &context.config.keys, context.now)?)
}

/// Takes a key out of use at once. Everything that it signed becomes invalid.
///
/// # Errors
/// Those of [`check_retire`], or if the actor may not do everything.
pub async fn retire(context: &Context<'_>, kid: &str) -> Outcome<Retirement> {
    let (kid, keys, now) = (kid.to_owned(), context.config.keys.clone(), context.now);
    let (actor, terms) = (context.actor.clone(), context.terms.clone());
    context
        .act(async move |tx: &mut Tx| {
            let stored = records(&signing_keys::list(tx).await?);
            let key = stored.iter().find(|key| key.kid == kid).ok_or_else(|| unknown(&kid))?;
            actor.must_be_owner(OBJECT)?;
            terms.check(&members(key))?;
            let found = retirement(&stored, &kid, &keys, now)?;
            signing_keys::retire(tx, &kid, now).await?;
            if let Some(successor) = &found.successor {
                signing_keys::sign_from(tx, &successor.kid, now).await?;
            }
            let retired = json!({ "retired_at": now.iso() });
            Ok(Done {
                event: event(Act::KeyRetired, &found.key).changing(Value::Null, retired),
                outcome: found,
            })
        })
        .await
}

async fn stored(context: &Context<'_>) -> Result<Vec<KeyRecord>, Denied<Faults>> {
    context.read(async |conn: &mut Conn| Ok(records(&signing_keys::list(conn).await?))).await
}

/// A key among all the keys that are stored.
fn listed(options: &KeyOptions, stored: &[KeyRecord], key: &KeyRecord, now: Timestamp) -> ListedKey {
    let schedule = options.schedule();
    let until = key.retired_at.unwrap_or_else(|| schedule.published_until(stored, key));
    ListedKey {
        key: key.clone(),
        state: schedule.state(stored, key, now),
        published_until: (until != Timestamp::MAX).then_some(until),
    }
}

fn due(context: &Context<'_>, rotation: KeyRotation, stored: &[KeyRecord]) -> Result<Vec<DueKey>, Fault> {
    let (keys, now) = (&context.config.keys, context.now);
    let algorithms: Vec<KeyAlgorithm> = match rotation.algorithm {
        None => keys.all().collect(),
        Some(algorithm) if keys.offers(algorithm) => vec![algorithm],
        Some(algorithm) => {
            let option = match algorithm {
                KeyAlgorithm::Signing(_) => "keys.algorithms",
                KeyAlgorithm::Encryption(_) => "keys.encryption_algorithms",
            };
            return Err(Fault::invalid("algorithm", format!("{option} does not name {algorithm}")));
        }
    };
    let due = |algorithm| {
        if rotation.start == Start::AtOnce {
            return Ok(keys.schedule().at_once(stored, algorithm, now));
        }
        let Some(KeyRecord { kid, signs_from, .. }) = next(stored, algorithm, now) else {
            return Ok(keys.schedule().in_time(stored, algorithm, now));
        };
        let sentence = format!(
            "the {algorithm} key {kid} already waits; it {}",
            algorithm.takes_over(&format!("from {}", signs_from.iso()))
        );
        Err(Fault::conflict(None, sentence))
    };
    algorithms.into_iter().map(due).collect()
}

fn retirement(
    stored: &[KeyRecord],
    kid: &str,
    options: &KeyOptions,
    now: Timestamp,
) -> Result<Retirement, Fault> {
    let key = stored.iter().find(|key| key.kid == kid).ok_or_else(|| unknown(kid))?.clone();
    match options.schedule().state(stored, &key, now) {
        KeyState::Next | KeyState::Former => Ok(Retirement { key, successor: None }),
        KeyState::Retired | KeyState::Ended => {
            Err(Fault::conflict(None, format!("the key {kid} is out of use already")))
        }
        KeyState::Signing => {
            let algorithm = key.algorithm;
            let successor = next(stored, algorithm, now).cloned();
            if successor.is_none() && options.offers(algorithm) {
                let sentence = format!("the key {kid} is the only one for {algorithm}");
                return Err(Fault::conflict("algorithm", sentence));
            }
            Ok(Retirement { key, successor })
        }
    }
}

fn unknown(kid: &str) -> Fault {
    Fault::not_found(format!("there is no key with the kid {kid}"))
}

fn members(key: &KeyRecord) -> Value {
    json!({
        "algorithm": key.algorithm.as_str(),
        "created_at": key.created_at,
        "signs_from": key.signs_from,
        "retired_at": key.retired_at,
    })
}

fn event(act: Act, key: &KeyRecord) -> Event {
    Event::new(act, ObjectKind::Key, key.kid.as_str()).named(key.algorithm.as_str())
}
