//! One reading for all who wait for the same thing.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The reads in progress, by what they read. There are at most as many as there are requests.
pub(super) struct Flights<K, T, E>(Mutex<HashMap<K, Arc<Flight<T, E>>>>);

/// The result of a read, and the moment when it began. The caller that holds the lock does the read.
type Flight<T, E> = tokio::sync::Mutex<Option<(Instant, Result<T, E>)>>;

impl<K: Clone + Eq + Hash, T: Clone, E: Clone> Flights<K, T, E> {
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
        let seat = Seat::take(self, key);
        let mut flight = seat.flight.lock().await;
        let shared = flight.as_ref().filter(|(began, _)| *began >= since);
        let (began, outcome) = match shared {
            Some((began, outcome)) => (*began, outcome.clone()),
            None => {
                let began = Instant::now();
                let outcome = read().await;
                *flight = Some((began, outcome.clone()));
                (began, outcome)
            }
        };
        outcome.map(|value| (value, began))
    }
}

/// A caller's place in a flight. When the last caller leaves, also by giving up its request, the flight leaves the
/// list.
struct Seat<'a, K: Eq + Hash, T, E> {
    flights: &'a Flights<K, T, E>,
    key: K,
    flight: Arc<Flight<T, E>>,
}

impl<'a, K: Clone + Eq + Hash, T, E> Seat<'a, K, T, E> {
    fn take(flights: &'a Flights<K, T, E>, key: &K) -> Self {
        let mut under_way = flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        let flight = under_way.entry(key.clone()).or_default().clone();
        Self { flights, key: key.clone(), flight }
    }
}

impl<K: Eq + Hash, T, E> Drop for Seat<'_, K, T, E> {
    fn drop(&mut self) {
        let mut under_way = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One reference is in the list, the other one is this seat.
        if Arc::strong_count(&self.flight) == 2 {
            under_way.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;

    async fn readings(outcome: Result<u8, &'static str>) -> usize {
        let (flights, count) = (Flights::<&str, u8, &str>::new(), AtomicUsize::new(0));
        let read = async || {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(10)).await;
            outcome
        };
        let all = join_all((0..20).map(|_| async {
            // Each caller asks a moment later than the one before.
            tokio::task::yield_now().await;
            flights.read(&"it", Instant::now(), read).await
        }));
        assert!(all.await.iter().all(|got| got.is_ok() == outcome.is_ok()));
        assert!(flights.0.lock().unwrap().is_empty(), "nothing is kept");
        count.into_inner()
    }

    #[tokio::test]
    async fn those_who_wait_share_the_next_reading_and_its_failure() {
        assert_eq!(readings(Ok(1)).await, 2, "the one under way, and one for all who came during it");
        assert_eq!(readings(Err("the database")).await, 2);
    }

    #[tokio::test]
    async fn a_reading_that_is_given_up_is_taken_over() {
        let flights = Flights::<&str, u8, &str>::new();
        let gone = flights.read(&"it", Instant::now(), async || std::future::pending().await);
        assert!(tokio::time::timeout(Duration::from_millis(5), gone).await.is_err());
        let next = flights.read(&"it", Instant::now(), async || Ok(1));
        assert_eq!(next.await.unwrap().0, 1);
    }
}
