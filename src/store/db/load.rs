//! How busy a pool of connections is, for the metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A pool of connections at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLoad {
    /// `read` and `write` on SQLite, `read_write` and `replica` on PostgreSQL.
    pub pool: &'static str,
    /// The jobs that wait for a connection.
    pub waiting: usize,
    /// How many connections the pool may have.
    pub connections: usize,
    /// How many of them run jobs.
    pub busy: usize,
}

/// Counts the connections of a pool that run jobs. Clones share the count.
#[derive(Clone, Debug)]
pub(super) struct BusyCount {
    pub(super) connections: usize,
    busy: Arc<AtomicUsize>,
}

/// A connection counts as busy until this value is dropped.
pub(super) struct BusyConnection<'c>(&'c AtomicUsize);

impl BusyCount {
    pub(super) fn new(connections: usize) -> Self {
        Self { connections, busy: Arc::default() }
    }

    pub(super) fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// Counts a connection that begins to run a job.
    pub(super) fn begin(&self) -> BusyConnection<'_> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        BusyConnection(&self.busy)
    }
}

impl Drop for BusyConnection<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
