//! The bounded queue to a storage thread, in lanes: no job of a lane waits for a place behind those of another lane.

use std::cell::Cell;
use std::time::Instant;

use async_channel::{Receiver, Sender, TrySendError, WeakSender};

use super::error::DbError;
use super::job::Job;
use super::load::{BusyCount, PoolLoad};

/// Who a job is for, and with that which jobs go before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// This node: whether the database works, and what time it is. Only a few such jobs exist at a time.
    Node,
    /// Clients and people who have proven who they are, operators, and everything that only reads.
    Known,
    /// Everyone else.
    Strangers,
}

/// How many jobs of the node itself may wait.
const OF_THE_NODE: usize = 16;
/// One of this many jobs is one of a stranger, as long as strangers wait, so that they are served at any time.
const STRANGERS_TURN: u32 = 8;

pub(super) struct QueuedJob {
    pub(super) job: Box<dyn Job>,
    pub(super) lane: Lane,
    pub(super) deadline: Instant,
}

/// A value for each lane.
#[derive(Clone, Debug)]
struct PerLane<T> {
    node: T,
    known: T,
    strangers: T,
}

impl<T> PerLane<T> {
    fn of(&self, lane: Lane) -> &T {
        match lane {
            Lane::Node => &self.node,
            Lane::Known => &self.known,
            Lane::Strangers => &self.strangers,
        }
    }
}

/// The bounded queue to a storage thread.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    lanes: PerLane<Sender<QueuedJob>>,
    busy: BusyCount,
}

/// The end of a queue at which a worker takes jobs.
pub(super) struct JobReceiver {
    lanes: PerLane<Receiver<QueuedJob>>,
    /// Whether the worker also serves strangers.
    serves_strangers: bool,
    /// How many jobs this worker has taken since the last one of a stranger.
    since_a_stranger: Cell<u32>,
}

/// A queue to this number of connections, in which `capacity` jobs of each lane may wait.
pub(super) fn queue(capacity: usize, connections: u32) -> (Queue, JobReceiver) {
    let capacity = capacity.max(1);
    let busy = BusyCount::new(usize::try_from(connections).unwrap_or(usize::MAX));
    let (node, known, strangers) = (
        async_channel::bounded(OF_THE_NODE),
        async_channel::bounded(capacity),
        async_channel::bounded(capacity),
    );
    let senders = PerLane { node: node.0, known: known.0, strangers: strangers.0 };
    let lanes = PerLane { node: node.1, known: known.1, strangers: strangers.1 };
    let queue = Queue { lanes: senders, busy };
    (queue, JobReceiver { lanes, serves_strangers: true, since_a_stranger: Cell::new(0) })
}

/// Lets a worker put a job back into the queue; it does not keep the queue open.
pub(super) struct Requeue(PerLane<WeakSender<QueuedJob>>);

impl Requeue {
    pub(super) fn give(&self, queued: QueuedJob) -> Result<(), QueuedJob> {
        let Some(sender) = self.0.of(queued.lane).upgrade() else { return Err(queued) };
        sender.try_send(queued).map_err(TrySendError::into_inner)
    }
}

impl Queue {
    pub(super) fn requeue(&self) -> Requeue {
        let PerLane { node, known, strangers } = &self.lanes;
        Requeue(PerLane {
            node: node.downgrade(),
            known: known.downgrade(),
            strangers: strangers.downgrade(),
        })
    }

    /// The count in which connections say that they run a job.
    pub(super) fn busy(&self) -> BusyCount {
        self.busy.clone()
    }

    pub(super) fn load(&self, pool: &'static str) -> PoolLoad {
        let PerLane { node, known, strangers } = &self.lanes;
        PoolLoad {
            pool,
            waiting: node.len() + known.len() + strangers.len(),
            connections: self.busy.connections,
            busy: self.busy.busy(),
        }
    }

    pub(super) fn push(&self, queued: QueuedJob) -> Result<(), DbError> {
        self.lanes.of(queued.lane).try_send(queued).map_err(|error| match error {
            TrySendError::Full(_) => DbError::Overloaded,
            TrySendError::Closed(_) => DbError::Stopped,
        })
    }
}

impl JobReceiver {
    /// The same queue for one more worker.
    pub(super) fn another(&self, serves_strangers: bool) -> Self {
        Self { lanes: self.lanes.clone(), serves_strangers, since_a_stranger: Cell::new(0) }
    }

    /// The next job, if one waits.
    pub(super) fn try_recv(&self) -> Option<QueuedJob> {
        let PerLane { node, known, strangers } = &self.lanes;
        let known = || known.try_recv().ok();
        let stranger = || if self.serves_strangers { strangers.try_recv().ok() } else { None };
        let is_strangers_turn = self.since_a_stranger.get() + 1 >= STRANGERS_TURN;
        let next = node.try_recv().ok().or_else(|| match is_strangers_turn {
            true => stranger().or_else(known),
            false => known().or_else(stranger),
        });
        next.inspect(|next| self.count(next.lane))
    }

    /// Waits for the next job. `None` after the queue was closed and is empty.
    pub(super) async fn recv(&self) -> Option<QueuedJob> {
        if let Some(next) = self.try_recv() {
            return Some(next);
        }
        let PerLane { node, known, strangers } = &self.lanes;
        let next = tokio::select! {
            biased;
            next = node.recv() => next,
            next = known.recv() => next,
            next = strangers.recv(), if self.serves_strangers => next,
        };
        match next {
            Ok(next) => {
                self.count(next.lane);
                Some(next)
            }
            // All lanes are closed at the same time, and the others may not be empty yet.
            Err(_) => self.try_recv(),
        }
    }

    fn count(&self, lane: Lane) {
        let count = if lane == Lane::Strangers { 0 } else { self.since_a_stranger.get().saturating_add(1) };
        self.since_a_stranger.set(count);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::future::LocalBoxFuture;

    use super::super::connection::Tx;
    use super::super::job::TransactionEnd;
    use super::*;

    struct Nothing;

    impl Job for Nothing {
        fn writes(&self) -> bool {
            true
        }

        fn is_abandoned(&self) -> bool {
            false
        }

        fn run<'a>(&'a mut self, _: &'a mut Tx) -> LocalBoxFuture<'a, TransactionEnd> {
            async { TransactionEnd::Commit }.boxed_local()
        }

        fn answer(self: Box<Self>) {}

        fn fail(self: Box<Self>, _: DbError) {}
    }

    fn push(queue: &Queue, lane: Lane) -> Result<(), DbError> {
        queue.push(QueuedJob { job: Box::new(Nothing), lane, deadline: Instant::now() })
    }

    /// The lanes of the next jobs, by their first letters.
    fn taken(receiver: &JobReceiver, count: usize) -> String {
        let lanes = std::iter::from_fn(|| receiver.recv().now_or_never().flatten()).take(count);
        lanes.map(|next| format!("{:?}", next.lane).remove(0)).collect()
    }

    #[test]
    fn the_node_goes_first_then_the_known_and_one_of_eight_is_a_stranger() {
        let (queue, receiver) = queue(20, 1);
        for _ in 0..20 {
            push(&queue, Lane::Strangers).unwrap();
            push(&queue, Lane::Known).unwrap();
        }
        push(&queue, Lane::Node).unwrap();
        assert_eq!(taken(&receiver, 17), "NKKKKKKSKKKKKKKSK");
        push(&queue, Lane::Node).unwrap();
        assert_eq!(taken(&receiver, 100), format!("NKKKKKSK{}", "S".repeat(17)));
    }

    #[test]
    fn a_full_lane_refuses_and_leaves_the_others_their_places() {
        let (queue, receiver) = queue(2, 1);
        for lane in [Lane::Strangers, Lane::Known] {
            (0..2).for_each(|_| push(&queue, lane).unwrap());
            assert!(matches!(push(&queue, lane), Err(DbError::Overloaded)));
        }
        push(&queue, Lane::Node).unwrap();
        drop(queue);
        assert_eq!(taken(&receiver, 100), "NKKSS", "a closed queue is emptied first");
        assert!(receiver.recv().now_or_never().unwrap().is_none());
    }

    #[test]
    fn a_worker_that_serves_no_strangers_leaves_them_to_the_others() {
        let (queue, receiver) = queue(2, 1);
        let reserved = receiver.another(false);
        push(&queue, Lane::Strangers).unwrap();
        push(&queue, Lane::Known).unwrap();
        assert_eq!(taken(&reserved, 2), "K");
        assert_eq!(taken(&receiver, 2), "S");
    }
}
