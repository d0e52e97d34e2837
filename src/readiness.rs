//! Whether this node can work. A task looks, and `/readyz` answers from memory: strangers who ask cost no write, and a
//! full queue is no reason to leave the balancer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

use crate::clock_watch::{ClockVerdict, ClockWatch};
use crate::keys::master::ServerKeys;
use crate::store::db::{Db, DbError, Tx};
use crate::store::leases;

/// The pause between two looks while someone asks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// For how long after a question the node looks this often. Each look is a write to the disk, so a node that no one asks
/// looks less often.
const ASKED_WITHIN: Duration = Duration::from_secs(60);
/// A look that takes longer has failed.
const LONGEST_LOOK: Duration = Duration::from_secs(2);
/// How old a finding may be to be an answer: the pause, the longest look, and a second for a busy machine.
const MAX_AGE: Duration = Duration::from_secs(4);

/// Why a node should get no requests.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    #[error("this node has not looked at its database yet")]
    Unknown,
    #[error("the database holds other keys than those that this process started with")]
    OtherKeys,
    #[error("{0}")]
    Clock(ClockVerdict),
    #[error("the database does not answer in time")]
    Late,
    /// The cause is for the log.
    #[error("the database is away or takes no writes")]
    Away { cause: String },
}

/// What a node needs to work.
#[derive(Clone, Debug)]
struct Needs {
    db: Db,
    keys: Arc<ServerKeys>,
    clocks: ClockWatch,
}

/// What the last look found.
#[derive(Debug)]
pub struct Readiness {
    needs: Needs,
    latest: watch::Sender<Option<Looked>>,
    asked_at: Mutex<Option<Instant>>,
    asked: Notify,
}

#[derive(Clone, Debug)]
struct Looked {
    began: Instant,
    ended: Instant,
    found: Result<(), NotReady>,
}

impl Needs {
    async fn look(&self) -> Result<(), NotReady> {
        let keys = self.keys.clone();
        let check = async move |tx: &mut Tx| {
            // A full disk is only noticed by writing.
            leases::touch(tx).await?;
            keys.are_those_of(tx).await
        };
        let both = async { tokio::join!(self.db.write(check), self.clocks.look()) };
        let (checked, clocks) = tokio::time::timeout(LONGEST_LOOK, both).await.map_err(|_| NotReady::Late)?;
        match checked {
            Ok(true) => {}
            Ok(false) => return Err(NotReady::OtherKeys),
            Err(DbError::Overloaded | DbError::Deadline) => return Err(NotReady::Late),
            Err(error) => return Err(NotReady::Away { cause: crate::failure::chain(&error) }),
        }
        // If this look fails, the verdict of the last one is used.
        let clocks = clocks.unwrap_or_else(|_| self.clocks.verdict());
        if clocks.is_ready() { Ok(()) } else { Err(NotReady::Clock(clocks)) }
    }
}

impl Readiness {
    /// A node that has not looked yet.
    pub fn new(db: &Db, keys: &Arc<ServerKeys>, clocks: &ClockWatch) -> Self {
        Self {
            needs: Needs { db: db.for_the_node(), keys: keys.clone(), clocks: clocks.clone() },
            latest: watch::Sender::new(None),
            asked_at: Mutex::default(),
            asked: Notify::new(),
        }
    }

    /// What the last look found. If no one has asked for so long that it is old, waits for the next look, which all who
    /// ask share.
    ///
    /// # Errors
    /// Why the node is not ready.
    pub async fn answer(&self) -> Result<(), NotReady> {
        let before = self.lock_asked_at().replace(Instant::now());
        if !is_recent(before) {
            // The task pauses for longer, because no one has asked.
            self.asked.notify_one();
        }
        let mut latest = self.latest.subscribe();
        let is_young =
            |looked: &Option<Looked>| looked.as_ref().is_some_and(|looked| looked.ended.elapsed() <= MAX_AGE);
        let waited = tokio::time::timeout(LONGEST_LOOK + LOOK_EVERY, latest.wait_for(is_young)).await;
        match waited {
            Ok(Ok(looked)) => looked.as_ref().map_or(Err(NotReady::Unknown), |looked| looked.found.clone()),
            _ if self.latest.borrow().is_none() => Err(NotReady::Unknown),
            _ => Err(NotReady::Late),
        }
    }

    /// Looks now, and logs what has changed.
    ///
    /// # Errors
    /// Why the node is not ready.
    pub async fn look(&self) -> Result<(), NotReady> {
        let began = Instant::now();
        let found = self.needs.look().await;
        let looked = Looked { began, ended: Instant::now(), found: found.clone() };
        self.latest.send_if_modified(|latest| {
            // A look that has taken long does not replace what a later one found.
            let is_newest = latest.as_ref().is_none_or(|latest| latest.began <= began);
            if is_newest {
                note(latest.as_ref().map(|latest| &latest.found), &found);
                *latest = Some(looked);
            }
            is_newest
        });
        found
    }

    fn lock_asked_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.asked_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is time for the next look; at most `longest` if no one asks.
    pub async fn until_next_look(&self, longest: Duration) {
        let asked_at = *self.lock_asked_at();
        if is_recent(asked_at) {
            return tokio::time::sleep(LOOK_EVERY).await;
        }
        // Either the pause is over or someone asks.
        let _ = tokio::time::timeout(longest, self.asked.notified()).await;
    }
}

/// Whether the last question was so recent that the node looks often.
fn is_recent(asked_at: Option<Instant>) -> bool {
    asked_at.is_some_and(|asked_at| asked_at.elapsed() < ASKED_WITHIN)
}

/// Logs that the node has become ready, or has ceased to be.
fn note(before: Option<&Result<(), NotReady>>, now: &Result<(), NotReady>) {
    match (before, now) {
        (Some(Err(_)), Ok(())) => tracing::info!("ready again"),
        (_, Ok(())) => {}
        (Some(Err(before)), Err(now)) if std::mem::discriminant(before) == std::mem::discriminant(now) => {}
        (_, Err(now @ NotReady::Away { cause })) => tracing::warn!("not ready: {now}: {cause}"),
        (_, Err(now)) => tracing::warn!("not ready: {now}"),
    }
}
