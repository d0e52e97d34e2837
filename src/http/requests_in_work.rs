//! Requests with an Idempotency-Key that this process is working on.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::secret::Hash;

/// The keys of the requests that this process is working on.
#[derive(Clone, Debug, Default)]
pub struct RequestsInWork(Arc<Mutex<HashSet<Hash>>>);

/// A key that is taken until this value is dropped.
#[derive(Debug)]
pub struct TakenKey {
    all: RequestsInWork,
    id: Hash,
}

impl RequestsInWork {
    /// Takes the key of a request. `None` if a request with this key is being worked on.
    pub fn take(&self, id: Hash) -> Option<TakenKey> {
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        is_free.then(|| TakenKey { all: self.clone(), id })
    }
}

impl Drop for TakenKey {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
