//! A shared value that is read again when it is too old. All callers that wait share one read.

use std::sync::{Arc, RwLock};
use std::time::Instant;

use tokio::sync::Mutex;

/// A value, and the moment when its read began. Empty until the first read.
pub struct Fresh<T> {
    value: RwLock<Option<(Arc<T>, Instant)>>,
    /// Locked while the value is read. Contains the moment when the last failed read began.
    failed_at: Mutex<Option<Instant>>,
}

impl<T> Fresh<T> {
    /// The value, and the moment when its read began. `None` before the first read.
    pub fn kept(&self) -> Option<(Arc<T>, Instant)> {
        self.value.read().ok().and_then(|value| value.clone())
    }

    /// Removes the value, so that the next call reads it.
    pub fn clear(&self) {
        if let Ok(mut value) = self.value.write() {
            *value = None;
        }
    }

    /// Returns the value if it is `good`, otherwise reads it. Callers that wait for a read share its result.
    ///
    /// `good` receives the value and the moment when its read began. After a failed read, each caller that waited for
    /// it reads by itself at once, so that the last one in a queue does not wait for all time-outs before it.
    ///
    /// # Errors
    ///
    /// The error of `read`. The old value is kept.
    pub async fn get<E>(
        &self,
        good: impl Fn(&T, Instant) -> bool,
        read: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let kept = || self.kept().filter(|(value, at)| good(value, *at)).map(|(value, _)| value);
        if let Some(value) = kept() {
            return Ok(value);
        }
        let asked_at = Instant::now();
        let mut failed_at = self.failed_at.lock().await;
        if let Some(value) = kept() {
            return Ok(value);
        }
        if failed_at.is_some_and(|at| at >= asked_at) {
            drop(failed_at);
            return self.renew(read).await;
        }
        let at = Instant::now();
        let renewed = self.renew(read).await;
        *failed_at = renewed.is_err().then_some(at);
        renewed
    }

    async fn renew<E>(&self, read: impl AsyncFnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let at = Instant::now();
        let renewed = Arc::new(read().await?);
        if let Ok(mut value) = self.value.write() {
            *value = Some((renewed.clone(), at));
        }
        Ok(renewed)
    }
}

impl<T> Default for Fresh<T> {
    fn default() -> Self {
        Self { value: RwLock::default(), failed_at: Mutex::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    /// Reads the value three times at the same time. Each read counts itself and ends with `outcome`.
    async fn three_at_once(outcome: Result<u8, ()>) -> (Vec<Result<u8, ()>>, usize) {
        let (fresh, readings) = (Fresh::default(), AtomicUsize::new(0));
        let read = async || {
            readings.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            outcome
        };
        let calls = (0..3).map(|_| fresh.get(|_, _| true, read));
        let answers = join_all(calls).await.into_iter().map(|answer| answer.map(|value| *value)).collect();
        (answers, readings.into_inner())
    }

    #[tokio::test]
    async fn those_who_wait_share_one_reading() {
        assert_eq!(three_at_once(Ok(7)).await, (vec![Ok(7); 3], 1));
    }

    #[tokio::test]
    async fn a_reading_that_failed_is_tried_by_each_who_waited() {
        assert_eq!(three_at_once(Err(())).await, (vec![Err(()); 3], 3));
    }

    #[tokio::test]
    async fn a_value_is_read_again_only_when_it_is_not_good_or_was_forgotten() {
        let fresh = Fresh::default();
        let get =
            async |good: bool, next: u8| *fresh.get(|_, _| good, async || Ok::<_, ()>(next)).await.unwrap();
        assert_eq!(get(true, 1).await, 1);
        assert_eq!(get(true, 2).await, 1);
        assert_eq!(get(false, 3).await, 3);
        let failed: Result<Arc<u8>, ()> = fresh.get(|_, _| false, async || Err(())).await;
        assert_eq!(failed, Err(()));
        assert_eq!(get(true, 4).await, 3, "a failure takes nothing away");
        fresh.clear();
        assert_eq!(get(true, 5).await, 5);
    }
}
