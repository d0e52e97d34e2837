//! A server that refused a connection: it is called again soon, but not by every waiting job.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long after a failed call the next one may be made.
const PAUSE: Duration = Duration::from_millis(100);

/// What this process knows about the server. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Absence(Arc<Mutex<AbsenceState>>);

#[derive(Default)]
struct AbsenceState {
    /// Since the last call failed: when the next one may be made, and why the last one failed.
    failed: Option<(Instant, String)>,
    /// The number of workers that have a connection.
    served: usize,
}

impl Absence {
    fn known(&self) -> MutexGuard<'_, AbsenceState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Claims the next call.
    ///
    /// # Errors
    /// Why the last call failed, if it is too early for the next one.
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

    /// Counts a worker with a connection, until the returned value is dropped.
    pub(super) fn serving(&self) -> WorkerGuard {
        self.known().served += 1;
        WorkerGuard(self.clone())
    }

    /// Whether other workers have a connection. The caller must not have a connection itself.
    pub(super) fn others_serve(&self) -> bool {
        self.known().served > 0
    }

    /// When the next call may be made, if the last one failed and other workers have a connection: a worker without one
    /// should not take a job that it can only fail.
    pub(super) fn pause_beside_others(&self) -> Option<Instant> {
        let known = self.known();
        known.failed.as_ref().map(|(next, _)| *next).filter(|_| known.served > 0)
    }
}

pub(super) struct WorkerGuard(Absence);

impl Drop for WorkerGuard {
    fn drop(&mut self) {
        self.0.known().served -= 1;
    }
}
