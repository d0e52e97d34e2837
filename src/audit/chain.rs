//! The chain: each event has a number and a MAC over its content and the chain before it, under a key that is not in the
//! database. So an intruder who can only write to the database cannot remove, change or reorder events without being noticed.

use crate::clock::{Seconds, Timestamp};
use crate::keys::height::{self, KeptHeight, TrailHeight};
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

/// What a head's MAC begins with since heights are kept. A head without one may have the word of an older release.
const HEAD_WITH_HEIGHT: &str = "head with height";

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
            return Ok(None);
        }
        let ends = ChainEnds::find(conn).await?;
        Ok(Some((ends, events::without_number(conn, BATCH).await?)))
    };
    let Some((ends, new)) = db.read(look).await? else { return Ok(Numbered::Events(0)) };
    let (chained, step) = ChainStart::of(keys, ends).chained(keys, new);
    let count = chained.len();
    let holder = holder.to_owned();
    let write = async move |tx: &mut Tx| {
        if !leases::take(tx, LEASE, &holder, now + LEASE_SECONDS, now).await? {
            return Ok(Numbered::AnotherNode);
        }
        if !step.take(tx, now).await? {
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
    let ends = db.read(ChainEnds::find).await?;
    let (chained, step) = ChainStart::of(keys, ends).chained(keys, events.to_vec());
    let holder = holder.to_owned();
    let write = async move |tx: &mut Tx| {
        let may_number =
            leases::take(tx, LEASE, &holder, now + LEASE_SECONDS, now).await? && step.take(tx, now).await?;
        if may_number {
            return events::save_numbered(tx, &chained).await;
        }
        let events: Vec<NewEvent> = chained.iter().map(|record| record.event.clone()).collect();
        events::save(tx, &events).await
    };
    db.write(write).await
}

/// Where the chain goes on.
struct ChainStart {
    /// The number of the head, from which a step moves it.
    head: i64,
    /// The last event, by the head or by the height: after events and head were removed, the numbers go on, so that the gap
    /// stays.
    place: ChainPlace,
    /// Whether the head is of an older release, which kept no height.
    has_no_height_yet: bool,
}

/// A step of the chain.
struct ChainStep {
    from: i64,
    to: ChainEnd,
    height: Vec<u8>,
    is_first_height: bool,
}

impl ChainStart {
    fn of(keys: &ServerKeys, ends: ChainEnds) -> Self {
        let has_no_height_yet = ends.height.is_none() && is_of_older_release(keys, ends.head.as_ref());
        let height = ends.height(keys);
        let by_head = ends.head.map_or_else(ChainPlace::default, ChainPlace::of);
        let place = match height {
            KeptHeight::Genuine(TrailHeight { number, chain }) if number > by_head.number => {
                ChainPlace { number, chain }
            }
            _ => by_head.clone(),
        };
        Self { head: by_head.number, place, has_no_height_yet }
    }

    /// The events with their numbers and their places in the chain, and the step that makes them its end.
    fn chained(self, keys: &ServerKeys, events: Vec<NewEvent>) -> (Vec<EventRecord>, ChainStep) {
        let ChainPlace { mut number, mut chain } = self.place;
        let next = |event: NewEvent| {
            number += 1;
            chain = keys.event_mac(&message(&chain, number, &event)).to_vec();
            EventRecord { number, chain: chain.clone(), event }
        };
        let chained: Vec<EventRecord> = events.into_iter().map(next).collect();
        let to = signed(keys, HEAD_WITH_HEIGHT, number, chain.clone());
        let height = TrailHeight { number, chain }.row(|message| keys.event_mac(message));
        (chained, ChainStep { from: self.head, to, height, is_first_height: self.has_no_height_yet })
    }
}

impl ChainStep {
    /// Moves the head and the height. `false` if the head is elsewhere.
    async fn take(&self, tx: &mut Tx, now: Timestamp) -> Result<bool, DbError> {
        let is_moved = events::move_end(tx, End::Head, self.from, &self.to).await?;
        if is_moved {
            TrailHeight::keep(tx, &self.height, (self.is_first_height, now)).await?;
        }
        Ok(is_moved)
    }
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
    let to = signed(keys, End::Base.word(), number, chain);
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
        let ends = db.read(ChainEnds::find).await?;
        let found = verify_between(db, keys, &ends).await?;
        // A purge in between takes events away that this verification expects.
        if found.findings.is_empty() || db.read(ChainEnds::find).await?.base == ends.base {
            return Ok(found);
        }
    }
}

/// What is known of the chain beside its events.
struct ChainEnds {
    head: Option<ChainEnd>,
    base: Option<ChainEnd>,
    height: Option<Vec<u8>>,
}

impl ChainEnds {
    async fn find(conn: &mut Conn) -> Result<Self, DbError> {
        let head = events::end(conn, End::Head).await?;
        let base = events::end(conn, End::Base).await?;
        Ok(Self { head, base, height: height::find(conn).await? })
    }

    fn height(&self, keys: &ServerKeys) -> KeptHeight {
        KeptHeight::of(self.height.as_deref(), |message| keys.event_mac(message))
    }

    /// What is wrong with them.
    fn findings(&self, keys: &ServerKeys) -> Vec<String> {
        let mut findings = Vec::new();
        let is_old = is_of_older_release(keys, self.head.as_ref());
        let is_genuine = |end: &Option<ChainEnd>, begin| {
            end.as_ref().is_none_or(|end| equal(&end.mac, &end_mac(keys, begin, end.number, &end.chain)))
        };
        if !is_old && !is_genuine(&self.head, HEAD_WITH_HEIGHT) {
            findings.push("the row head of the table event_chain was changed".to_owned());
        }
        if !is_genuine(&self.base, End::Base.word()) {
            findings.push("the row base of the table event_chain was changed".to_owned());
        }
        match self.height(keys) {
            // An older release kept no height; the next event brings it.
            KeptHeight::Missing if is_old => {}
            KeptHeight::Missing => findings.push(
                "the row event_height of the table server_keys is missing: the whole audit trail may have been removed"
                    .to_owned(),
            ),
            KeptHeight::Forged => {
                findings.push("the row event_height of the table server_keys was changed".to_owned());
            }
            KeptHeight::Genuine(_) => {}
        }
        findings
    }

    /// The number of the last event, by the head and the height.
    fn last(&self, keys: &ServerKeys) -> i64 {
        let by_head = self.head.as_ref().map_or(0, |head| head.number);
        match self.height(keys) {
            KeptHeight::Genuine(height) => by_head.max(height.number),
            KeptHeight::Missing | KeptHeight::Forged => by_head,
        }
    }
}

/// Whether an older release has written the head, which kept no height.
fn is_of_older_release(keys: &ServerKeys, head: Option<&ChainEnd>) -> bool {
    let mac = |head: &ChainEnd| end_mac(keys, End::Head.word(), head.number, &head.chain);
    head.is_some_and(|head| equal(&head.mac, &mac(head)))
}

/// Verifies the events that are in the table now. The ends were read before, so events that are numbered in between come
/// after the head.
async fn verify_between(db: &Db, keys: &ServerKeys, ends: &ChainEnds) -> Result<Verification, DbError> {
    let mut found = Verification { events: 0, from_to: None, findings: ends.findings(keys) };
    let mut place = ends.base.clone().map_or_else(ChainPlace::default, ChainPlace::of);
    // Also before 1, where the server numbers no event.
    let (base, mut after) = (place.number, i64::MIN);
    loop {
        let page = db.read(async move |conn: &mut Conn| events::after(conn, after, BATCH).await).await?;
        let is_last = (page.len() as i64) < BATCH;
        for record in page {
            after = record.number;
            if after < 1 {
                found.findings.push(format!("the event {after} was inserted: the first one is 1"));
            } else if after <= base {
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
    found.check_last(ends.last(keys), ends.head.is_some(), place.number);
    found.findings.truncate(MAX_FINDINGS);
    Ok(found)
}

/// A place in the chain: the event before the next one.
#[derive(Clone)]
struct ChainPlace {
    number: i64,
    chain: Vec<u8>,
}

impl Default for ChainPlace {
    fn default() -> Self {
        let TrailHeight { number, chain } = TrailHeight::beginning();
        Self { number, chain }
    }
}

impl ChainPlace {
    fn of(end: ChainEnd) -> Self {
        Self { number: end.number, chain: end.chain }
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

    /// Checks that the last event, which has the number `found`, is the one that was numbered last, or a later one that is
    /// chained to it.
    fn check_last(&mut self, last: i64, has_head: bool, found: i64) {
        if last > found {
            self.findings.push(match last == found + 1 {
                true => format!("the event {last} is missing"),
                false => format!("the events {} to {last} are missing", found + 1),
            });
        }
        if !has_head && (self.events > 0 || last > 0) {
            self.findings.push("the row about the last event (event_chain, head) is missing".into());
        }
    }
}

/// The end of the chain at this event.
fn signed(keys: &ServerKeys, begin: &str, number: i64, chain: Vec<u8>) -> ChainEnd {
    ChainEnd { number, mac: end_mac(keys, begin, number, &chain), chain }
}

/// The MAC of an end of the chain, whose message begins with this word.
fn end_mac(keys: &ServerKeys, begin: &str, number: i64, chain: &[u8]) -> Vec<u8> {
    let message = [begin.as_bytes(), &number.to_be_bytes(), chain].concat();
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
