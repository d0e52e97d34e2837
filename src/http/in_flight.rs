//! How many requests this process works on at the same time, and how many long forms it has in memory, so that a burst of
//! them cannot use up the memory.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many long forms may be in memory at the same time.
const LONG_FORMS: usize = 64;

/// The places for requests that are worked on, and for long forms. Clones share them.
#[derive(Clone, Debug)]
pub struct RequestPlaces {
    all: Arc<Semaphore>,
    long_forms: Arc<Semaphore>,
}

/// The place of one request, until it is dropped.
#[derive(Debug)]
pub struct RequestPlace {
    _permit: OwnedSemaphorePermit,
}

impl RequestPlaces {
    /// Places for this many requests.
    pub fn new(count: usize) -> Self {
        let semaphore = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        Self { all: semaphore(count), long_forms: semaphore(LONG_FORMS) }
    }

    /// Takes a place; `None` if all are taken.
    pub(super) fn take(&self) -> Option<RequestPlace> {
        take(&self.all)
    }

    /// Takes a place for a long form; `None` if all are taken.
    pub(super) fn take_for_a_long_form(&self) -> Option<RequestPlace> {
        take(&self.long_forms)
    }
}

fn take(places: &Arc<Semaphore>) -> Option<RequestPlace> {
    let permit = places.clone().try_acquire_owned().ok()?;
    Some(RequestPlace { _permit: permit })
}
