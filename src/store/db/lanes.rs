//! The bounded queue to a storage thread, in lanes: no job of a lane waits for a place behind those of another lane.
//!
//! All lanes are behind one lock and wake the same workers. With a channel for each lane, a worker would join and leave
//! three lists of waiting workers for each job.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

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

/// The bounded queue to a storage thread. Closed when its last clone is dropped.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    end: Arc<QueueEnd>,
    busy: BusyCount,
}

/// Lets a worker put a job back into the queue; it does not keep the queue open.
pub(super) struct Requeue(Weak<QueueEnd>);

/// The end of a queue at which a worker takes jobs.
pub(super) struct JobReceiver {
    end: Arc<QueueEnd>,
    /// The number of this worker.
    worker: usize,
    /// Whether the worker also serves strangers.
    serves_strangers: bool,
    /// Whether this worker may be among the idle ones.
    is_idle: Cell<bool>,
    /// How many jobs this worker has taken since the last one of a stranger.
    since_a_stranger: Cell<u32>,
}

/// All clones of a queue share one end of it, and all workers the other. Without one of its ends a queue is closed.
struct QueueEnd(Arc<JobLanes>);

struct JobLanes {
    /// How many jobs of a lane may wait, except those of the node.
    capacity: usize,
    state: Mutex<JobLanesState>,
}

#[derive(Default)]
struct JobLanesState {
    node: VecDeque<QueuedJob>,
    known: VecDeque<QueuedJob>,
    strangers: VecDeque<QueuedJob>,
    /// The workers that wait for a job. The last one has worked last, so what it needs is still in its caches.
    idle: Vec<IdleWorker>,
    workers: usize,
    is_closed: bool,
}

struct IdleWorker {
    worker: usize,
    serves_strangers: bool,
    waker: Waker,
}

/// A queue to this number of connections, in which `capacity` jobs of each lane may wait.
pub(super) fn queue(capacity: usize, connections: u32) -> (Queue, JobReceiver) {
    let busy = BusyCount::new(usize::try_from(connections).unwrap_or(usize::MAX));
    let lanes = Arc::new(JobLanes { capacity: capacity.max(1), state: Mutex::default() });
    let end = || Arc::new(QueueEnd(lanes.clone()));
    (Queue { end: end(), busy }, JobReceiver::new(end(), true))
}

impl Requeue {
    pub(super) fn give(&self, queued: QueuedJob) -> Result<(), QueuedJob> {
        let Some(end) = self.0.upgrade() else { return Err(queued) };
        end.0.push(queued)
    }
}

impl Queue {
    pub(super) fn requeue(&self) -> Requeue {
        Requeue(Arc::downgrade(&self.end))
    }

    /// The count in which connections say that they run a job.
    pub(super) fn busy(&self) -> BusyCount {
        self.busy.clone()
    }

    pub(super) fn load(&self, pool: &'static str) -> PoolLoad {
        let JobLanesState { node, known, strangers, .. } = &*self.end.0.state();
        PoolLoad {
            pool,
            waiting: node.len() + known.len() + strangers.len(),
            connections: self.busy.connections,
            busy: self.busy.busy(),
        }
    }

    pub(super) fn push(&self, queued: QueuedJob) -> Result<(), DbError> {
        let lanes = &self.end.0;
        let why = |_| if lanes.state().is_closed { DbError::Stopped } else { DbError::Overloaded };
        lanes.push(queued).map_err(why)
    }
}

impl JobLanes {
    fn state(&self) -> MutexGuard<'_, JobLanesState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job, and wakes one worker that may take it. Gives the job back if its lane is full or the queue is closed.
    fn push(&self, queued: QueuedJob) -> Result<(), QueuedJob> {
        let mut state = self.state();
        let (lane, is_closed) = (queued.lane, state.is_closed);
        let (jobs, capacity) = match lane {
            Lane::Node => (&mut state.node, OF_THE_NODE),
            Lane::Known => (&mut state.known, self.capacity),
            Lane::Strangers => (&mut state.strangers, self.capacity),
        };
        if is_closed || jobs.len() >= capacity {
            return Err(queued);
        }
        jobs.push_back(queued);
        let may_take = |idle: &IdleWorker| idle.serves_strangers || lane != Lane::Strangers;
        let idle = state.idle.iter().rposition(may_take).map(|place| state.idle.remove(place));
        drop(state);
        if let Some(idle) = idle {
            idle.waker.wake();
        }
        Ok(())
    }

    /// Wakes all workers, so that each looks again.
    fn wake_all(&self, mut state: MutexGuard<'_, JobLanesState>) {
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        idle.into_iter().for_each(|idle| idle.waker.wake());
    }
}

impl Drop for QueueEnd {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_closed = true;
        self.0.wake_all(state);
    }
}

impl fmt::Debug for QueueEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueEnd").finish_non_exhaustive()
    }
}

impl JobReceiver {
    fn new(end: Arc<QueueEnd>, serves_strangers: bool) -> Self {
        let mut state = end.0.state();
        let worker = state.workers;
        state.workers += 1;
        drop(state);
        Self { end, worker, serves_strangers, is_idle: Cell::new(false), since_a_stranger: Cell::new(0) }
    }

    /// The same queue for one more worker.
    pub(super) fn another(&self, serves_strangers: bool) -> Self {
        Self::new(self.end.clone(), serves_strangers)
    }

    /// The next job, if one waits.
    pub(super) fn try_recv(&self) -> Option<QueuedJob> {
        self.take(&mut self.end.0.state())
    }

    /// Waits for the next job. `None` after the queue was closed and is empty.
    pub(super) async fn recv(&self) -> Option<QueuedJob> {
        let _idle = IdleGuard(self);
        std::future::poll_fn(|cx| self.poll_recv(cx)).await
    }

    fn poll_recv(&self, cx: &Context<'_>) -> Poll<Option<QueuedJob>> {
        let mut state = self.end.0.state();
        self.leave_the_idle(&mut state);
        let next = self.take(&mut state);
        if next.is_some() || state.is_closed {
            return Poll::Ready(next);
        }
        let Self { worker, serves_strangers, .. } = *self;
        state.idle.push(IdleWorker { worker, serves_strangers, waker: cx.waker().clone() });
        self.is_idle.set(true);
        Poll::Pending
    }

    fn leave_the_idle(&self, state: &mut JobLanesState) {
        if self.is_idle.take() {
            state.idle.retain(|idle| idle.worker != self.worker);
        }
    }

    fn take(&self, state: &mut JobLanesState) -> Option<QueuedJob> {
        let JobLanesState { node, known, strangers, .. } = state;
        let mut stranger = || if self.serves_strangers { strangers.pop_front() } else { None };
        let is_strangers_turn = self.since_a_stranger.get() + 1 >= STRANGERS_TURN;
        let next = node.pop_front().or_else(|| match is_strangers_turn {
            true => stranger().or_else(|| known.pop_front()),
            false => known.pop_front().or_else(stranger),
        })?;
        let is_strangers = next.lane == Lane::Strangers;
        self.since_a_stranger.set(if is_strangers {
            0
        } else {
            self.since_a_stranger.get().saturating_add(1)
        });
        Some(next)
    }
}

/// A worker that may wait. If it goes away, others look for the job that it may have been woken for.
struct IdleGuard<'r>(&'r JobReceiver);

impl Drop for IdleGuard<'_> {
    fn drop(&mut self) {
        if self.0.is_idle.get() {
            let lanes = &self.0.end.0;
            let mut state = lanes.state();
            self.0.leave_the_idle(&mut state);
            lanes.wake_all(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

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
    fn a_queue_is_open_until_its_last_clone_is_dropped_and_keeps_the_jobs_of_those_who_left() {
        let (queue, receiver) = queue(2, 1);
        let clone = queue.clone();
        push(&clone, Lane::Known).unwrap();
        let requeue = clone.requeue();
        drop(clone);
        let job = receiver.try_recv().unwrap();
        requeue.give(job).ok().unwrap();
        drop(queue);
        let job = receiver.try_recv().unwrap();
        assert!(requeue.give(job).is_err(), "the queue is closed");
        assert!(receiver.recv().now_or_never().unwrap().is_none());
    }

    #[test]
    fn a_queue_without_workers_takes_no_job() {
        let (queue, receiver) = queue(2, 1);
        let another = receiver.another(false);
        drop(receiver);
        push(&queue, Lane::Known).unwrap();
        drop(another);
        assert!(matches!(push(&queue, Lane::Known), Err(DbError::Stopped)));
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A worker that waits for a job.
    struct Waiting<'r> {
        next: Pin<Box<dyn Future<Output = Option<QueuedJob>> + 'r>>,
        woken: Arc<Woken>,
    }

    impl<'r> Waiting<'r> {
        fn of(receiver: &'r JobReceiver) -> Self {
            let mut waiting = Self { next: Box::pin(receiver.recv()), woken: Arc::default() };
            assert!(waiting.poll().is_pending());
            waiting
        }

        fn poll(&mut self) -> Poll<Option<QueuedJob>> {
            self.next.as_mut().poll(&mut Context::from_waker(&self.woken.clone().into()))
        }

        /// How often the worker was woken since the last call.
        fn woken(&self) -> usize {
            self.woken.0.swap(0, Ordering::Relaxed)
        }
    }

    #[test]
    fn a_job_wakes_the_worker_that_has_worked_last_and_no_other() {
        let (queue, receiver) = queue(9, 2);
        let another = receiver.another(true);
        let (mut first, mut second) = (Waiting::of(&receiver), Waiting::of(&another));
        for (jobs, woken) in [(1, (0, 1)), (1, (1, 0)), (2, (0, 0))] {
            (0..jobs).for_each(|_| push(&queue, Lane::Known).unwrap());
            assert_eq!((first.woken(), second.woken()), woken);
        }
        assert!(second.poll().is_ready() && first.poll().is_ready());
        drop((first, second));
        assert_eq!(taken(&receiver, 9), "KK", "what came while nobody waited");
    }

    #[test]
    fn a_stranger_does_not_wake_a_worker_that_serves_no_strangers() {
        let (queue, receiver) = queue(9, 2);
        let reserved = receiver.another(false);
        let (mut waiting, mut unwilling) = (Waiting::of(&receiver), Waiting::of(&reserved));
        push(&queue, Lane::Strangers).unwrap();
        assert_eq!((unwilling.woken(), waiting.woken()), (0, 1));
        push(&queue, Lane::Strangers).unwrap();
        assert_eq!((unwilling.woken(), waiting.woken()), (0, 0), "the other one is awake");
        assert!(unwilling.poll().is_pending() && waiting.poll().is_ready());
        for lane in [Lane::Known, Lane::Node] {
            push(&queue, lane).unwrap();
            assert_eq!(unwilling.woken(), 1, "{lane:?}");
            assert!(unwilling.poll().is_ready());
            unwilling = Waiting::of(&reserved);
        }
    }

    #[test]
    fn what_a_worker_was_woken_for_goes_to_another_if_it_stops_waiting() {
        let (queue, receiver) = queue(9, 2);
        let another = receiver.another(true);
        let (mut first, second) = (Waiting::of(&receiver), Waiting::of(&another));
        push(&queue, Lane::Strangers).unwrap();
        assert_eq!((first.woken(), second.woken()), (0, 1));
        drop(second);
        assert_eq!(first.woken(), 1);
        assert!(first.poll().is_ready());
    }

    #[test]
    fn a_worker_that_stopped_waiting_is_woken_for_no_job() {
        let (queue, receiver) = queue(9, 2);
        let another = receiver.another(true);
        let (mut first, second) = (Waiting::of(&receiver), Waiting::of(&another));
        drop(second);
        assert!(first.poll().is_pending());
        first.woken();
        push(&queue, Lane::Strangers).unwrap();
        assert_eq!(first.woken(), 1);
    }

    #[test]
    fn closing_wakes_all_workers() {
        let (queue, receiver) = queue(9, 2);
        let reserved = receiver.another(false);
        let mut waiting = [Waiting::of(&receiver), Waiting::of(&reserved)];
        drop(queue);
        for worker in &mut waiting {
            assert_eq!(worker.woken(), 1);
            assert!(matches!(worker.poll(), Poll::Ready(None)));
        }
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
