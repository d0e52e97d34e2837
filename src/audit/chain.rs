//! The chain: each event has a number and a MAC over its content and the chain before it, under a key that is not in the
//! database. So an intruder who can only write to the database cannot remove, change or reorder events without being noticed.

use crate::clock::{Seconds, Timestamp};
use crate::keys::master::ServerKeys;
use crate::secret::equal;
use crate::store::db::{Conn, Db, DbError, Tx};
use crate::store::events::{self, ChainEnd, End, EventRecord, NewEvent};
use crate::store::leases;
use crate::store::steps::STEP;

const LEASE: &str = "audit";
/// For how many seconds a node that dies keeps the other nodes from numbering.
const LEASE_SECONDS: Seconds = Seconds::new(10);
/// How many events one transaction numbers, and one read verifies.
const BATCH: i64 = 500;

/// The chain before the first event.
const BEGINNING: [u8; 32] = [0; 32];

/// The result of a step of numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbered {
    /// This many events got their numbers.
    Events(usize),
    /// Another node numbers events now.
    AnotherNode,
    /// Another task of this process was faster; there may be more.
    Overtaken,
}

/// Numbers and chains all new events, unless another process does. `holder` is the name of this process in the lease.
///
/// # Errors
/// Only failures of the database.
pub async fn number(db: &Db, keys: &ServerKeys, holder: &str, now: Timestamp) -> Result<(), DbError> {
    loop {
        match number_some(db, keys, holder, now).await? {
            Numbered::Events(count) if count as i64 >= BATCH => {}
            Numbered::Overtaken => {}
            Numbered::Events(_) | Numbered::AnotherNode => return Ok(()),
        }
    }
}

/// Lets other processes number events at once.
///
/// # Errors
/// Only failures of the database.
pub async fn release(db: &Db, holder: &str) -> Result<(), DbError> {
    let holder = holder.to_owned();
    db.write(async move |tx: &mut Tx| leases::release(tx, LEASE, &holder).await).await
}

async fn number_some(db: &Db, keys: &ServerKeys, holder: &str, now: Timestamp) -> Result<Numbered, DbError> {
    // The end first: if another node moves it after this read, the transaction notices.
    let look = async |conn: &mut Conn| {
        let new = events::without_number(conn, 1).await?;
        if new.is_empty() {
            return Ok((None, new));
        }
        let head = events::end(conn, End::Head).await?;
        Ok((head, events::without_number(conn, BATCH).await?))
    };
    let (head, new) = db.read(look).await?;
    if new.is_empty() {
        return Ok(Numbered::Events(0));
    }
    let from = head.as_ref().map_or(0, |head| head.number);
    let (chained, to) = chained(keys, head, new);
    let count = chained.len();
    let holder = holder.to_owned();
    let write = async move |tx: &mut Tx| {
        if !leases::take(tx, LEASE, &holder, now + LEASE_SECONDS, now).await? {
            return Ok(Numbered::AnotherNode);
        }
        if !events::move_end(tx, End::Head, from, &to).await? {
            return Ok(Numbered::Overtaken);
        }
        events::number(tx, &chained).await?;
        Ok(Numbered::Events(count))
    };
    db.write(write).await
}

/// Stores events, with their numbers if this process numbers events now: then nothing has to be done about them later.
///
/// # Errors
/// Only failures of the database. The events may have been stored nevertheless.
pub async fn store(
    db: &Db,
    keys: &ServerKeys,
    holder: &str,
    (events, now): (&[NewEvent], Timestamp),
) -> Result<(), DbError> {
    let head = db.read(async |conn: &mut Conn| events::end(conn, End::Head).await).await?;
    let from = head.as_ref().map_or(0, |head| head.number);
    let (chained, to) = chained(keys, head, events.to_vec());
    let holder = holder.to_owned();
    let write = async move |tx: &mut Tx| {
        let may_number = leases::take(tx, LEASE, &holder, now + LEASE_SECONDS, now).await?
            && events::move_end(tx, End::Head, from, &to).await?;
        if may_number {
            return events::save_numbered(tx, &chained).await;
        }
        let events: Vec<NewEvent> = chained.iter().map(|record| record.event.clone()).collect();
        events::save(tx, &events).await
    };
    db.write(write).await
}

/// The events with their numbers and their chain after `head`, and the new head.
fn chained(keys: &ServerKeys, head: Option<ChainEnd>, events: Vec<NewEvent>) -> (Vec<EventRecord>, ChainEnd) {
    let (mut number, mut chain) =
        head.map_or_else(|| (0, BEGINNING.to_vec()), |head| (head.number, head.chain));
    let next = |event: NewEvent| {
        number += 1;
        chain = keys.event_mac(&message(&chain, number, &event)).to_vec();
        EventRecord { number, chain: chain.clone(), event }
    };
    let chained: Vec<EventRecord> = events.into_iter().map(next).collect();
    let mac = end_mac(keys, End::Head, number, &chain);
    (chained, ChainEnd { number, chain, mac })
}

/// Deletes up to [`STEP`] of the oldest events that happened at `before` or earlier, and moves the base of the chain to the
/// last of them. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn forget(db: &Db, keys: &ServerKeys, before: Timestamp) -> Result<u64, DbError> {
    let look = async |conn: &mut Conn| {
        let base = events::end(conn, End::Base).await?.map_or(0, |base| base.number);
        Ok((base, events::after(conn, 0, STEP).await?))
    };
    let (from, oldest) = db.read(look).await?;
    let Some(last) = oldest.into_iter().take_while(|record| record.event.time <= before).last() else {
        return Ok(0);
    };
    let EventRecord { number, chain, .. } = last;
    let to = ChainEnd { number, mac: end_mac(keys, End::Base, number, &chain), chain };
    let write = async move |tx: &mut Tx| match events::move_end(tx, End::Base, from, &to).await? {
        true => events::forget(tx, number).await,
        false => Ok(0),
    };
    db.write(write).await
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How many events are in the chain.
    pub events: u64,
    /// The numbers of the first and the last event. `None` without events.
    pub from_to: Option<(i64, i64)>,
    /// What is wrong, each in a sentence; at most [`MAX_FINDINGS`].
    pub findings: Vec<String>,
}

/// How many findings are reported.
pub const MAX_FINDINGS: usize = 20;

/// Reads the whole chain, and finds events that were removed, changed, reordered or inserted after they were numbered.
///
/// # Errors
/// Only failures of the database.
pub async fn verify(db: &Db, keys: &ServerKeys) -> Result<Verification, DbError> {
    loop {
        let (head, base) = ends(db).await?;
        let found = verify_between(db, keys, head, base.clone()).await?;
        // A purge in between takes events away that this verification expects.
        if found.findings.is_empty() || ends(db).await?.1 == base {
            return Ok(found);
        }
    }
}

async fn ends(db: &Db) -> Result<(Option<ChainEnd>, Option<ChainEnd>), DbError> {
    db.read(async |conn: &mut Conn| {
        Ok((events::end(conn, End::Head).await?, events::end(conn, End::Base).await?))
    })
    .await
}

/// Verifies the events that are in the table now. The ends were read before, so events that are numbered in between come
/// after the head.
async fn verify_between(
    db: &Db,
    keys: &ServerKeys,
    head: Option<ChainEnd>,
    base: Option<ChainEnd>,
) -> Result<Verification, DbError> {
    let mut found = Verification { events: 0, from_to: None, findings: Vec::new() };
    for (end, which) in [(&head, End::Head), (&base, End::Base)] {
        let is_genuine = |end: &ChainEnd| equal(&end.mac, &end_mac(keys, which, end.number, &end.chain));
        if end.as_ref().is_some_and(|end| !is_genuine(end)) {
            found.findings.push(format!("the row {} of the table event_chain was changed", which.word()));
        }
    }
    let mut place =
        base.map_or_else(ChainPlace::default, |base| ChainPlace { number: base.number, chain: base.chain });
    let (base, mut after) = (place.number, 0);
    loop {
        let page = db.read(async move |conn: &mut Conn| events::after(conn, after, BATCH).await).await?;
        let is_last = (page.len() as i64) < BATCH;
        for record in page {
            after = record.number;
            if after <= base {
                found.findings.push(format!(
                    "the event {after} was inserted: the events up to {base} were deleted because of their age"
                ));
            } else {
                found.check(keys, &mut place, record);
            }
        }
        if is_last || found.findings.len() >= MAX_FINDINGS {
            break;
        }
    }
    found.check_head(head, place.number);
    found.findings.truncate(MAX_FINDINGS);
    Ok(found)
}

/// Where a verification is: the event before the next one.
struct ChainPlace {
    number: i64,
    chain: Vec<u8>,
}

impl Default for ChainPlace {
    fn default() -> Self {
        Self { number: 0, chain: BEGINNING.to_vec() }
    }
}

impl Verification {
    /// Checks one event against the chain before it, and goes on from what the event itself says.
    fn check(&mut self, keys: &ServerKeys, place: &mut ChainPlace, record: EventRecord) {
        let EventRecord { number: own, chain, event } = record;
        let expected = place.number + 1;
        let is_chained = equal(&chain, &keys.event_mac(&message(&place.chain, own, &event)));
        if own != expected {
            let missing = if own - 1 == expected {
                format!("the event {expected} is missing")
            } else {
                format!("the events {expected} to {} are missing", own - 1)
            };
            self.findings.push(missing);
        } else if !is_chained {
            let what = "was changed, moved or inserted, or the event before it was";
            self.findings.push(format!("the event {own} ({}, {}) {what}", event.act, event.time.iso()));
        }
        self.events += 1;
        self.from_to = Some((self.from_to.map_or(own, |(first, _)| first), own));
        *place = ChainPlace { number: own, chain };
    }

    /// Checks that the last event is the one that was numbered last, or a later one that is chained to it.
    fn check_head(&mut self, head: Option<ChainEnd>, last: i64) {
        match head {
            Some(head) if head.number > last && self.findings.len() < MAX_FINDINGS => {
                self.findings.push(format!("the events {} to {} are missing", last + 1, head.number));
            }
            None if self.events > 0 => {
                self.findings.push("the row about the last event (event_chain, head) is missing".into());
            }
            _ => {}
        }
    }
}

/// The MAC of an end of the chain.
fn end_mac(keys: &ServerKeys, end: End, number: i64, chain: &[u8]) -> Vec<u8> {
    let message = [end.word().as_bytes(), &number.to_be_bytes(), chain].concat();
    keys.event_mac(&message).to_vec()
}

/// What an event's MAC is made over: the chain before it, its number, and every member with its length, so that different
/// events have different messages.
fn message(chain: &[u8], number: i64, event: &NewEvent) -> Vec<u8> {
    // Every member is named, so that a new one is not forgotten.
    let NewEvent {
        id,
        time,
        act,
        object_kind,
        object_id,
        object_name,
        actor_kind,
        actor_id,
        actor_name,
        actor_client,
        user_id,
        client_id,
        address,
        request_id,
        reason,
        changes,
    } = event;
    let needed = [id, act, object_kind, object_id, actor_kind].map(Some);
    let optional = [
        object_name,
        actor_id,
        actor_name,
        actor_client,
        user_id,
        client_id,
        address,
        request_id,
        reason,
        changes,
    ];
    let mut message = Vec::with_capacity(512);
    message.extend_from_slice(chain);
    message.extend_from_slice(&number.to_be_bytes());
    message.extend_from_slice(&time.as_unix().to_be_bytes());
    for member in needed.into_iter().chain(optional.map(Option::as_ref)) {
        // A length that no text has stands for NULL.
        let length = member.map_or(u64::MAX, |text| text.len() as u64);
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(member.map_or(b"", |text| text.as_bytes()));
    }
    message
}
