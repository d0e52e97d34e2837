//! A server that did not take a connection: it is called again soon, but not by everybody who wants something of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How soon after a call that failed the next one may be made.
const PAUSE: Duration = Duration::from_millis(100);

/// What this process knows of it; clones share it.
#[derive(Clone, Default)]
pub(super) struct Absence(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// Since the last call failed: when the next one may be made, and what came of the last one.
    failed: Option<(Instant, String)>,
    /// Workers that have a connection.
    served: usize,
}

impl Absence {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next call; otherwise says why the last one failed.
    pub(super) fn call(&self) -> Result<(), String> {
        let mut known = self.known();
        let now = Instant::now();
        match &mut known.failed {
            Some((next, why)) if now < *next => Err(why.clone()),
            Some((next, _)) => {
                *next = now + PAUSE;
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn begins(&self, why: String) {
        self.known().failed = Some((Instant::now() + PAUSE, why));
    }

    pub(super) fn ends(&self) {
        self.known().failed = None;
    }

    /// Counts a worker that has a connection, for as long as it has one.
    pub(super) fn serving(&self) -> Serving {
        self.known().served += 1;
        Serving(self.clone())
    }

    /// Whether another worker has a connection, for who has none.
    pub(super) fn others_serve(&self) -> bool {
        self.known().served > 0
    }

    /// When the next call may be made, where the last one failed and other workers have a connection: they are not to lose
    /// a job to one that can only fail it.
    pub(super) fn pause_beside_others(&self) -> Option<Instant> {
        let known = self.known();
        known.failed.as_ref().map(|(next, _)| *next).filter(|_| known.served > 0)
    }
}

pub(super) struct Serving(Absence);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.known().served -= 1;
    }
}
