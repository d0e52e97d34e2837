//! The audit trail of a running server: events that are recorded beside the requests, and the chain of all events.

pub mod chain;
mod refused;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::metrics::counter::Counter;
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::keys::master::ServerKeys;
use crate::oauth::id::ClientId;
use crate::oauth::token::IssuedFor;
use crate::operations::actor::{Actor, ActorKind};
use crate::operations::event::{Act, Event, ObjectKind};
use crate::secret::{ordered_id, random_id};
use crate::store::db::{Conn, Db, DbError};
use crate::store::events::{self, NewEvent};
use refused::RefusedCredentials;

/// How many events may wait to be written, which takes about 10 MB. Further ones are dropped, and counted.
pub const MAX_WAITING: usize = 32_768;
/// How many events one transaction writes.
const BATCH: usize = 200;

/// The events that no transaction of their own stores: they wait in memory for at most about a second.
#[derive(Debug)]
pub struct AuditTrail {
    /// The name of this process in the lease of the chain.
    pub holder: String,
    waiting: Mutex<VecDeque<Waiting>>,
    refused: Mutex<RefusedCredentials>,
    /// The events that are being written.
    writing: tokio::sync::Mutex<Vec<NewEvent>>,
    dropped: Counter,
}

/// An answer with tokens.
#[derive(Debug)]
pub struct Issuance {
    pub at: Timestamp,
    pub grant_type: &'static str,
    pub client: ClientId,
    /// Whether the client has proven who it is.
    pub is_proven: bool,
    pub issued_for: IssuedFor,
    pub scope: String,
    pub address: IpAddr,
    pub request_id: String,
}

#[derive(Debug)]
enum Waiting {
    Issuance(Issuance),
    Event(Event, Arc<Actor>, Timestamp),
}

impl Default for AuditTrail {
    fn default() -> Self {
        Self {
            holder: random_id(),
            waiting: Mutex::default(),
            refused: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            dropped: Counter::default(),
        }
    }
}

impl AuditTrail {
    /// Records an answer with tokens. It costs no wait: the event is written within a second.
    pub fn issued(&self, issuance: Issuance) {
        self.push(Waiting::Issuance(issuance));
    }

    /// Records refused credentials: the event's object is the account that somebody claimed to be. The first few of each
    /// network and account are events of their own, the rest is summed up once a minute.
    pub fn refused(&self, event: Event, actor: Arc<Actor>, now: Timestamp) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = refused.take_ended(now);
        let is_single = refused.count(&event, actor.address, now);
        drop(refused);
        self.push_sums(ended, now);
        if is_single {
            self.push(Waiting::Event(event, actor, now));
        }
    }

    /// The number of events that were dropped since the start, because too many waited.
    pub fn dropped(&self) -> Counter {
        self.dropped.clone()
    }

    /// Writes all events that wait. Sums that are not due yet are written only if `is_end`.
    ///
    /// # Errors
    /// Only failures of the database. The events still wait then.
    pub async fn flush(
        &self,
        (db, keys): (&Db, &ServerKeys),
        now: Timestamp,
        is_end: bool,
    ) -> Result<(), DbError> {
        let ended = self.take_sums(now, is_end);
        self.push_sums(ended, now);
        // One after the other, so that no event is written twice or lost.
        let mut writing = self.writing.lock().await;
        if !writing.is_empty() {
            // The last attempt failed, and may have stored them nevertheless.
            let batch = writing.clone();
            *writing = db.read(async move |conn: &mut Conn| events::missing(conn, &batch).await).await?;
        }
        loop {
            if writing.is_empty() {
                writing.extend(self.take(BATCH).iter().map(Waiting::record));
            }
            if writing.is_empty() {
                return Ok(());
            }
            chain::store(db, keys, &self.holder, (&writing, now)).await?;
            writing.clear();
        }
    }

    /// The sums that are due, or all of them.
    fn take_sums(&self, now: Timestamp, all: bool) -> RefusedCredentials {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if all { std::mem::take(&mut *refused) } else { refused.take_ended(now) }
    }

    fn push_sums(&self, ended: RefusedCredentials, now: Timestamp) {
        for (event, address) in ended.sums() {
            let actor = Actor { address, ..Actor::of(ActorKind::Stranger) };
            self.push(Waiting::Event(event, Arc::new(actor), now));
        }
    }

    fn push(&self, event: Waiting) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MAX_WAITING {
            waiting.push_back(event);
        } else {
            drop(waiting);
            self.dropped.inc();
        }
    }

    fn take(&self, most: usize) -> Vec<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let most = most.min(waiting.len());
        waiting.drain(..most).collect()
    }
}

impl Waiting {
    fn record(&self) -> NewEvent {
        match self {
            Self::Event(event, actor, now) => event.record(ordered_id(*now), actor, *now),
            Self::Issuance(issuance) => issuance.record(),
        }
    }
}

impl Issuance {
    fn record(&self) -> NewEvent {
        let IssuedFor { user, grant } = &self.issued_for;
        let id = grant.as_ref().map_or(self.client.as_str(), |grant| grant.as_str());
        let mut event = Event::new(Act::TokenIssued, ObjectKind::Token, id)
            .with(&self.client)
            .changing(Value::Null, json!({ "grant_type": self.grant_type, "scope": self.scope }));
        event.user = user.clone();
        let kind = if self.is_proven { ActorKind::Client } else { ActorKind::Stranger };
        let actor = Actor {
            id: self.is_proven.then(|| self.client.to_string()),
            address: Some(self.address),
            request_id: Some(self.request_id.clone()),
            ..Actor::of(kind)
        };
        event.record(ordered_id(self.at), &actor, self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_beyond_the_bound_are_dropped_and_counted() {
        let trail = AuditTrail::default();
        let event = Event::new(Act::ClientRefused, ObjectKind::Client, "web");
        let actor = Arc::new(Actor::of(ActorKind::Stranger));
        for _ in 0..MAX_WAITING + 3 {
            trail.push(Waiting::Event(event.clone(), actor.clone(), Timestamp::from_unix(1)));
        }
        assert_eq!((trail.dropped().get(), trail.take(usize::MAX).len()), (3, MAX_WAITING));
    }
}
