//! A shared value that is read again when it is too old. All callers that wait share one read.

use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use super::in_flight_reads::InFlightReads;
use crate::failure::Failure;

/// How long a value that may be old waits for a new one.
const PATIENCE: Duration = Duration::from_secs(1);

/// The value that `read` returns. If `last` is given and the read fails for a while or takes long, returns `last`.
///
/// # Errors
/// The failure of `read`, without a last value or if a later read will fail, too.
pub async fn fresh_or_last<T>(
    read: impl Future<Output = Result<T, Failure>>,
    last: Option<T>,
) -> Result<T, Failure> {
    let Some(last) = last else { return read.await };
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Err(failure)) if !failure.is_temporary() => Err(failure),
        Ok(Ok(fresh)) => Ok(fresh),
        _ => Ok(last),
    }
}

/// A value, and the moment when its read began. Empty until the first read.
///
/// `E` is the error of a read. Callers that wait for a read share its error as well.
pub struct Fresh<T, E> {
    value: RwLock<Option<(Arc<T>, Instant)>>,
    reads: InFlightReads<(), Arc<T>, E>,
}

impl<T, E: Clone> Fresh<T, E> {
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

    /// Returns the value and the moment when its read began; reads it if it was read before `since` or is not `good`.
    ///
    /// # Errors
    /// The error of `read`. The old value is kept.
    pub async fn get(
        &self,
        since: Instant,
        good: impl Fn(&T) -> bool,
        read: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<(Arc<T>, Instant), E> {
        if let Some((value, at)) = self.kept()
            && at >= since
            && good(&value)
        {
            return Ok((value, at));
        }
        self.reads.read(&(), since, async || self.renew(read).await).await
    }

    async fn renew(&self, read: impl AsyncFnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let at = Instant::now();
        let renewed = Arc::new(read().await?);
        if let Ok(mut value) = self.value.write() {
            *value = Some((renewed.clone(), at));
        }
        Ok(renewed)
    }
}

impl<T, E: Clone> Default for Fresh<T, E> {
    fn default() -> Self {
        Self { value: RwLock::default(), reads: InFlightReads::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_value_is_returned_only_if_a_later_read_may_succeed() {
        let away = async || Err(Failure::Busy("the database"));
        assert_eq!(fresh_or_last(away(), Some(1)).await.unwrap(), 1);
        assert!(fresh_or_last::<u8>(away(), None).await.is_err());
        assert_eq!(fresh_or_last(async { Ok(2) }, Some(1)).await.unwrap(), 2);
        let broken = async { Err(Failure::Internal("damaged".into())) };
        assert!(fresh_or_last(broken, Some(1)).await.is_err());
        assert_eq!(fresh_or_last(std::future::pending(), Some(1)).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_value_is_read_again_only_when_it_is_old_or_not_good_or_was_forgotten() {
        let (fresh, start) = (Fresh::<u8, &str>::default(), Instant::now());
        let get = async |since: Instant, good: bool, next: Result<u8, &'static str>| {
            fresh.get(since, |_| good, async || next).await.map(|(value, _)| *value)
        };
        assert_eq!(get(start, true, Ok(1)).await, Ok(1));
        assert_eq!(get(start, true, Ok(2)).await, Ok(1));
        assert_eq!(get(Instant::now(), true, Ok(3)).await, Ok(3));
        assert_eq!(get(start, false, Ok(4)).await, Ok(4));
        assert_eq!(get(start, false, Err("away")).await, Err("away"));
        assert_eq!(get(start, true, Ok(5)).await, Ok(4), "a failure takes nothing away");
        fresh.clear();
        assert_eq!(get(start, true, Ok(6)).await, Ok(6));
    }
}
