//! Refusals on their way into the database, so that the operator can ask later why a request was refused.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use prometheus_client::metrics::counter::Counter;
use tokio::sync::{Mutex as Turn, MutexGuard, Notify};

use crate::store::refusals::KeptRefusal;

/// How many refusals wait at most.
const MAX_WAITING: usize = 1000;
/// How many refusals are stored in one transaction.
const BATCH: usize = 100;

/// The refusals that wait to be stored. A request only adds to a list in memory.
#[derive(Debug, Default)]
pub struct KeptRefusals {
    is_on: bool,
    waiting: Mutex<VecDeque<KeptRefusal>>,
    is_there: Notify,
    /// Taken by the task that stores.
    turn: Turn<()>,
    /// Refusals that were not stored, because too many waited or the database did not take them.
    pub dropped: Counter,
}

impl KeptRefusals {
    /// A list that keeps nothing if `is_on` is `false`.
    pub fn new(is_on: bool) -> Self {
        Self { is_on, ..Self::default() }
    }

    /// Adds the refusal that `make` makes, or counts it as dropped if too many wait.
    pub(super) fn add(&self, make: impl FnOnce() -> KeptRefusal) {
        if !self.is_on {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MAX_WAITING {
            drop(waiting);
            self.dropped.inc();
            return;
        }
        waiting.push_back(make());
        drop(waiting);
        self.is_there.notify_one();
    }

    /// Waits until a refusal was added.
    pub async fn added(&self) {
        self.is_there.notified().await;
    }

    /// Waits until no one else stores refusals. When this returns, no refusal is on its way.
    pub async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Takes the oldest refusals that wait: as many as one transaction stores.
    pub fn take(&self) -> Vec<KeptRefusal> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let most = waiting.len().min(BATCH);
        waiting.drain(..most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::secret::ordered_id;

    fn refusal() -> KeptRefusal {
        KeptRefusal {
            id: ordered_id(Timestamp::from_unix(0)),
            request_id: "r".into(),
            created_at: Timestamp::from_unix(0),
            client: None,
            user: None,
            address: "192.0.2.1".into(),
            network: "192.0.2.1".into(),
            path: "/token".into(),
            reason: "code.unknown".into(),
            description: "the code is not known here".into(),
            detail: None,
        }
    }

    #[test]
    fn a_flood_is_dropped_and_counted_and_taken_in_batches() {
        let kept = KeptRefusals::new(true);
        (0..1500).for_each(|_| kept.add(refusal));
        assert_eq!(kept.dropped.get(), 500);
        let batches: Vec<usize> = std::iter::repeat_with(|| kept.take().len()).take(11).collect();
        assert_eq!(batches, [100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 0]);
        let off = KeptRefusals::new(false);
        off.add(|| unreachable!("nothing is kept"));
        assert_eq!((off.take().len(), off.dropped.get()), (0, 0));
    }
}
