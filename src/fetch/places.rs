//! How many outbound calls are under way: in all, and to one host, so that a host that never answers only delays calls
//! to itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// More than the calls of the back-channel and of webhooks alone.
const CALLS: usize = 256;
const CALLS_TO_ONE_HOST: usize = 16;
/// For how many hosts the calls are counted. If a host is forgotten, its calls under way no longer count for it.
const HOSTS: usize = 1000;

/// The places for calls. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct CallPlaces {
    all: Arc<Semaphore>,
    hosts: Arc<Cache<String, Arc<Semaphore>>>,
}

/// The place of one call, until it is dropped.
pub(super) struct CallPlace {
    _of_host: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl CallPlaces {
    pub(super) fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(CALLS)), hosts: Arc::new(Cache::new(HOSTS)) }
    }

    /// Waits for a place. Returns it with the time that is left for the call; `None` if nothing is left.
    pub(super) async fn take(&self, host: &str, deadline: Duration) -> Option<(CallPlace, Duration)> {
        let asked = Instant::now();
        let of_host = self.hosts.get(host).unwrap_or_else(|| {
            let new = Arc::new(Semaphore::new(CALLS_TO_ONE_HOST));
            self.hosts.insert(host.to_owned(), new.clone());
            new
        });
        // First the host: a call that waits for its host takes no place from others.
        let both = async {
            let of_host = of_host.acquire_owned().await.ok()?;
            let of_all = self.all.clone().acquire_owned().await.ok()?;
            Some(CallPlace { _of_host: of_host, _of_all: of_all })
        };
        let place = tokio::time::timeout(deadline, both).await.ok()??;
        Some((place, deadline.checked_sub(asked.elapsed())?))
    }
}
