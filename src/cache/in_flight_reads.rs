//! One read for all callers that wait for the same data.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The reads in progress, by what they read. There are at most as many as there are requests.
pub(super) struct InFlightReads<K, T, E>(Mutex<HashMap<K, Arc<InFlightRead<T, E>>>>);

/// The result of a read, and the moment when it began. The caller that holds the lock does the read.
type InFlightRead<T, E> = tokio::sync::Mutex<Option<(Instant, Result<T, E>)>>;

impl<K: Clone + Eq + Hash, T: Clone, E: Clone> InFlightReads<K, T, E> {
    /// A value without reads in progress.
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Returns the result of a read of `key` that began at `since` or later, and the moment when it began. The read is
    /// this caller's own or one that it waited for. A failure is shared too, so that the waiting callers do not ask a
    /// database in turn that does not answer.
    pub(super) async fn read(
        &self,
        key: &K,
        since: Instant,
        read: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<(T, Instant), E> {
        let waiter = Waiter::take(self, key);
        let mut in_flight = waiter.in_flight.lock().await;
        let shared = in_flight.as_ref().filter(|(began, _)| *began >= since);
        let (began, outcome) = match shared {
            Some((began, outcome)) => (*began, outcome.clone()),
            None => {
                let began = Instant::now();
                let outcome = read().await;
                *in_flight = Some((began, outcome.clone()));
                (began, outcome)
            }
        };
        outcome.map(|value| (value, began))
    }
}

/// A caller that waits for a read. When the last caller leaves, also by giving up its request, the read leaves the
/// list.
struct Waiter<'a, K: Eq + Hash, T, E> {
    in_flight_reads: &'a InFlightReads<K, T, E>,
    key: K,
    in_flight: Arc<InFlightRead<T, E>>,
}

impl<'a, K: Clone + Eq + Hash, T, E> Waiter<'a, K, T, E> {
    fn take(in_flight_reads: &'a InFlightReads<K, T, E>, key: &K) -> Self {
        let mut under_way = in_flight_reads.0.lock().unwrap_or_else(PoisonError::into_inner);
        let in_flight = under_way.entry(key.clone()).or_default().clone();
        Self { in_flight_reads, key: key.clone(), in_flight }
    }
}

impl<K: Eq + Hash, T, E> Drop for Waiter<'_, K, T, E> {
    fn drop(&mut self) {
        let mut under_way = self.in_flight_reads.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One reference is in the list, the other one is this waiter.
        if Arc::strong_count(&self.in_flight) == 2 {
            under_way.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt as _;
    use futures_util::future::join_all;

    use super::*;

    async fn readings(outcome: Result<u8, &'static str>) -> usize {
        let (in_flight_reads, count) = (InFlightReads::<&str, u8, &str>::new(), AtomicUsize::new(0));
        let read = async || {
            count.fetch_add(1, Ordering::Relaxed);
            // Long enough for all the others to ask.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            outcome
        };
        let all = join_all((0..20).map(|_| async {
            // Each caller asks a moment later than the one before.
            tokio::task::yield_now().await;
            in_flight_reads.read(&"it", Instant::now(), read).await
        }));
        assert!(all.await.iter().all(|got| got.is_ok() == outcome.is_ok()));
        assert!(in_flight_reads.0.lock().unwrap().is_empty(), "nothing is kept");
        count.into_inner()
    }

    #[tokio::test]
    async fn those_who_wait_share_the_next_reading_and_its_failure() {
        assert_eq!(readings(Ok(1)).await, 2, "the one under way, and one for all who came during it");
        assert_eq!(readings(Err("the database")).await, 2);
    }

    #[tokio::test]
    async fn a_reading_that_is_given_up_is_taken_over() {
        let in_flight_reads = InFlightReads::<&str, u8, &str>::new();
        let gone = in_flight_reads.read(&"it", Instant::now(), async || std::future::pending().await);
        // Polled once, and then dropped.
        assert!(gone.now_or_never().is_none());
        let next = in_flight_reads.read(&"it", Instant::now(), async || Ok(1));
        assert_eq!(next.await.unwrap().0, 1);
    }
}
