//! Delivers the rows of an outbox, with retries: logout notifications, pings, and messages to webhooks.
//!
//! The deliveries are rows in the database. Every node looks for due deliveries. A node claims a row by moving its next
//! attempt beyond the end of this one: if the node dies, another one retries it later, and no two nodes send it at the
//! same time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{Id, JoinSet};

use super::wake::Wake;
use crate::app::App;
use crate::clock::{Seconds, Timestamp};
use crate::failure::Failure;
use crate::store::db::{Conn, DbError, Tx};

/// How often a node looks for deliveries that another node or the command line has left.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Seconds for what is read before a call and stored after it.
const MARGIN: Seconds = Seconds::new(30);
/// If a call begins later than this after its claim, its result may come after the end of the claim.
const LONGEST_PREPARATION: Duration = Duration::from_secs(15);

/// A kind of deliveries.
pub(super) trait Outbox: 'static {
    /// The one that something is delivered to.
    type Receiver: Clone + PartialEq + Send + 'static;
    /// A delivery that this node has claimed.
    type Due: Send + 'static;

    /// The maximum number of calls at the same time, in total and to one receiver. So a receiver that never answers only
    /// delays itself.
    const CALLS: usize;
    const CALLS_TO_ONE: usize;
    /// What is delivered, at the beginning of a sentence.
    const WHAT: &'static str;

    /// Wakes this node when it has made new deliveries.
    fn wake(app: &App) -> &Wake;

    /// The receivers with deliveries that are due at `now`.
    async fn receivers(conn: &mut Conn, now: Timestamp) -> Result<Vec<Self::Receiver>, DbError>;

    /// Takes some due deliveries to a receiver.
    async fn claim(tx: &mut Tx, receiver: &Self::Receiver, claim: &Claim) -> Result<Vec<Self::Due>, DbError>;

    /// Makes an attempt, and stores its result.
    async fn attempt(app: &App, due: Self::Due, claimed: Claimed);
}

/// What one node takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) most: usize,
    /// No other node makes an attempt before.
    pub(super) until: Timestamp,
    pub(super) now: Timestamp,
}

/// When a delivery was claimed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claimed(Instant);

impl Claimed {
    /// Whether another node may claim the delivery before a call that begins now has ended.
    pub(super) fn is_too_old(self) -> bool {
        self.0.elapsed() > LONGEST_PREPARATION
    }
}

/// Makes the due attempts as long as the server runs.
pub(super) async fn run<O: Outbox>(app: Arc<App>) {
    let mut calls = Calls::<O> { tasks: JoinSet::new(), to: HashMap::new() };
    let mut is_away = false;
    loop {
        match calls.begin(&app).await {
            Ok(()) => is_away = false,
            // Logged once for each outage, because the next look is in a second.
            Err(failure) if !is_away => {
                is_away = true;
                tracing::warn!("{} wait for the database: {}", O::WHAT, failure.chain());
            }
            Err(_) => {}
        }
        tokio::select! {
            () = O::wake(&app).woken() => {}
            () = tokio::time::sleep(POLL_INTERVAL) => {}
            () = calls.end_of_one(), if !calls.tasks.is_empty() => {}
        }
    }
}

/// The calls in progress.
struct Calls<O: Outbox> {
    tasks: JoinSet<()>,
    to: HashMap<Id, O::Receiver>,
}

impl<O: Outbox> Calls<O> {
    /// Begins as many calls as are allowed now.
    async fn begin(&mut self, app: &Arc<App>) -> Result<(), Failure> {
        let now = app.now();
        let find = async move |conn: &mut Conn| O::receivers(conn, now).await;
        for receiver in app.db.read(find).await? {
            let under_way = self.to.values().filter(|called| **called == receiver).count();
            let most =
                O::CALLS_TO_ONE.saturating_sub(under_way).min(O::CALLS.saturating_sub(self.tasks.len()));
            if most == 0 {
                continue;
            }
            let until = now + app.config.fetch.deadline.seconds() + MARGIN;
            let (to, claim) = (receiver.clone(), Claim { most, until, now });
            let take = async move |tx: &mut Tx| O::claim(tx, &to, &claim).await;
            let claimed = Claimed(Instant::now());
            for due in app.db.write(take).await? {
                let app = app.clone();
                let call = self.tasks.spawn_local(async move { O::attempt(&app, due, claimed).await });
                self.to.insert(call.id(), receiver.clone());
            }
        }
        Ok(())
    }

    /// Waits until one call has ended, successfully or not.
    async fn end_of_one(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                tracing::error!("an attempt to deliver one of the {} broke off: {error}", O::WHAT);
                error.id()
            }
            None => return,
        };
        self.to.remove(&id);
    }
}
