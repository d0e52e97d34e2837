//! The acts of operators and of people. Each act is one function with typed input and outcome, in one transaction; an act
//! that changes any number of rows has a transaction for each few hundred of them (`steps`).
//!
//! The command line, the management API and the pages call the same functions. A refused act changes nothing, and its
//! faults name members of the object, not command-line options. Slow work (hashing, signing, HTTP) is done before the
//! transaction.

pub mod activity;
pub mod actor;
pub mod api_keys;
pub mod authorization_types;
pub mod backchannel;
mod callable;
pub mod client_check;
pub mod client_health;
pub mod clients;
pub mod clocks;
mod configured;
pub mod consents;
pub mod cure;
pub mod devices;
pub mod event;
pub mod events;
pub mod explanation;
pub mod fault;
pub mod first_owner;
pub mod grants;
pub mod guesses;
mod jwk_set;
pub mod keys;
mod label;
pub mod list;
pub mod list_change;
pub mod logout_deliveries;
pub mod merge_patch;
pub mod password_links;
pub mod pings;
mod references;
pub mod refusals;
pub mod resources;
mod roles;
pub mod scope_deletion;
pub mod scopes;
pub mod sessions;
pub mod shell_word;
pub mod sign_up;
mod steps;
pub mod terms;
pub mod text_change;
pub mod trusted_issuers;
mod user_changes;
pub mod user_codes;
pub mod users;
pub mod webhooks;

use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Timestamp;
use crate::config::Config;
use crate::failure::Denied;
use crate::secret::ordered_id;
use crate::store::db::{Conn, Db, DbError, Refusable, Tx};
use crate::store::events::{self as stored_events, NewEvent};
use actor::Actor;
use event::Event;
use fault::Faults;
use terms::Terms;

/// What an operation needs. A command and the server both provide it.
#[derive(Clone)]
pub struct Context<'a> {
    pub db: &'a Db,
    pub config: &'a Config,
    pub now: Timestamp,
    pub actor: Arc<Actor>,
    pub terms: Terms,
}

/// The outcome of an act, with the event that records it.
#[derive(Clone, Debug)]
pub struct Done<T> {
    pub outcome: T,
    pub event: Event,
}

/// The result of an act. Faults are the caller's mistakes; a failure is the server's.
pub type Outcome<T> = Result<Done<T>, Denied<Faults>>;

/// Stores the events of an act in the act's own transaction.
#[derive(Clone)]
struct Witness {
    /// The id of the first event. `None` for a rehearsal, which leaves no event.
    id: Option<String>,
    actor: Arc<Actor>,
    now: Timestamp,
}

impl Witness {
    /// Stores the events of an act.
    async fn record<'e>(
        &self,
        tx: &mut Tx,
        events: impl IntoIterator<Item = &'e Event>,
    ) -> Result<(), DbError> {
        let Some(first) = &self.id else { return Ok(()) };
        let record = |(place, event): (usize, &Event)| {
            let id = if place == 0 { first.clone() } else { format!("{first}-{place:04}") };
            event.record(id, &self.actor, self.now)
        };
        let records: Vec<NewEvent> = events.into_iter().enumerate().map(record).collect();
        stored_events::save(tx, &records).await
    }
}

impl Context<'_> {
    /// Runs an act in its transaction. Every act passes through this function, or through `act_in_steps`.
    ///
    /// `work` checks before it writes, because a refusal commits; it may run more than once, as [`Db::write`] says.
    async fn act<T, E, F>(&self, work: F) -> Result<Done<T>, E>
    where
        F: AsyncFn(&mut Tx) -> Result<Done<T>, E> + Send + 'static,
        T: Send + 'static,
        E: Refusable,
    {
        let (keeper, witness) = (self.terms.keeper.clone(), self.witness());
        self.on_terms(async move |tx: &mut Tx| {
            let done = work(tx).await?;
            witness.record(tx, [&done.event]).await?;
            if let Some(keeper) = &keeper {
                keeper.keep(tx, &done.outcome).await?;
            }
            Ok(done)
        })
        .await
    }

    /// Runs the same act on several objects, as [`Self::act`] does.
    async fn act_on_each<T, E, F>(&self, work: F) -> Result<Vec<Done<T>>, E>
    where
        F: AsyncFn(&mut Tx) -> Result<Vec<Done<T>>, E> + Send + 'static,
        T: Send + 'static,
        E: Refusable,
    {
        let (keeper, witness) = (self.terms.keeper.clone(), self.witness());
        self.on_terms(async move |tx: &mut Tx| {
            let done = work(tx).await?;
            witness.record(tx, done.iter().map(|done| &done.event)).await?;
            if let Some(keeper) = &keeper {
                keeper.keep(tx, &done).await?;
            }
            Ok(done)
        })
        .await
    }

    /// What stores the events of one act.
    fn witness(&self) -> Witness {
        let id = (!self.terms.is_rehearsal).then(|| ordered_id(self.now));
        Witness { id, actor: self.actor.clone(), now: self.now }
    }

    /// Runs the transaction of an act. A rehearsal is rolled back, and returns what it would have done.
    async fn on_terms<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Refusable,
    {
        if !self.terms.is_rehearsal {
            return self.db.decide(work).await;
        }
        let would_be = Arc::new(Mutex::new(None));
        let seen = would_be.clone();
        let ended: Result<(), E> = self
            .db
            .decide(async move |tx: &mut Tx| {
                let done = work(tx).await?;
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
                Err(DbError::Rehearsed.into())
            })
            .await;
        let done = would_be.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (ended, done) {
            (Err(error), Some(done)) if matches!(error.failure(), Some(DbError::Rehearsed)) => Ok(done),
            (Err(error), _) => Err(error),
            (Ok(()), _) => Err(DbError::Swallowed.into()),
        }
    }

    /// Reads from the primary database.
    async fn read<T, F>(&self, work: F) -> Result<T, Denied<Faults>>
    where
        F: AsyncFn(&mut Conn) -> Result<T, Denied<Faults>> + Send + 'static,
        T: Send + 'static,
    {
        self.db.decide_reading(work).await
    }
}
