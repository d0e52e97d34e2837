//! What an operator or a person does: each act is one function, with typed input and outcome, in one transaction.
//!
//! The command line, the management API and the pages call the same functions. An act that is refused changes
//! nothing, and its faults name members of the object and no command-line option. What cost time (hashing, signing,
//! HTTP) is done before the transaction.

mod callable;
pub mod clients;
mod configured;
pub mod event;
pub mod fault;
pub mod grants;
pub mod keys;
pub mod list;
pub mod logout_deliveries;
mod references;
pub mod resources;
pub mod scopes;
pub mod sessions;
pub mod trusted_issuers;
pub mod users;

use crate::clock::Seconds;
use crate::config::Config;
use crate::failure::Denied;
use crate::store::db::{Conn, Db, Tx};
use event::Event;
use fault::Faults;

/// What an operation works with; a command and the server both have it.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub db: &'a Db,
    pub config: &'a Config,
    pub now: Seconds,
}

/// An act that was done, and the event that it was.
#[derive(Clone, Debug)]
pub struct Done<T> {
    pub outcome: T,
    pub event: Event,
}

/// The result of an act: its faults are the caller's, a failure is ours.
pub type Outcome<T> = Result<Done<T>, Denied<Faults>>;

impl Context<'_> {
    /// Runs an act in its transaction: the one place through which every act passes.
    ///
    /// `work` checks before it writes, because a refusal commits; it may run more than once, as [`Db::write`] says.
    async fn act<T, F>(&self, work: F) -> Outcome<T>
    where
        F: AsyncFn(&mut Tx) -> Outcome<T> + Send + 'static,
        T: Send + 'static,
    {
        self.db.decide(work).await
    }

    /// Runs what is one act on each of several objects, as [`Self::act`] does.
    async fn act_on_each<T, F>(&self, work: F) -> Result<Vec<Done<T>>, Denied<Faults>>
    where
        F: AsyncFn(&mut Tx) -> Result<Vec<Done<T>>, Denied<Faults>> + Send + 'static,
        T: Send + 'static,
    {
        self.db.decide(work).await
    }

    /// Reads what is asked for as it is now.
    async fn read<T, F>(&self, work: F) -> Result<T, Denied<Faults>>
    where
        F: AsyncFn(&mut Conn) -> Result<T, Denied<Faults>> + Send + 'static,
        T: Send + 'static,
    {
        self.db.decide_reading(work).await
    }
}
