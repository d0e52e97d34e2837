//! Load: requests that run while something else happens.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Shared by the callers: they count successful answers, and continue until the load ends.
#[derive(Default)]
pub(crate) struct Load {
    given: AtomicUsize,
    has_ended: AtomicBool,
}

impl Load {
    pub(crate) fn goes_on(&self) -> bool {
        !self.has_ended.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self) {
        self.given.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for that many more answers.
    pub(crate) async fn has_more(&self, count: usize) {
        let before = self.given.load(Ordering::Relaxed);
        while self.given.load(Ordering::Relaxed) < before + count {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn ends(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }
}
