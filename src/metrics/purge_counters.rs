//! Counters for the purges of this process.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::clock::Timestamp;
use crate::store::expired::ExpiringTable;

/// The rows that this process has deleted, and when its last purge succeeded. Clones share the counters.
#[derive(Clone, Debug, Default)]
pub struct PurgeCounters {
    pub deleted: Family<[(&'static str, &'static str); 1], Counter>,
    /// Has no value before the first purge.
    pub last_success: Family<[(&'static str, &'static str); 0], Gauge>,
}

impl PurgeCounters {
    /// Counters that begin with 0 for each table, so that the first deletion is visible as an increase.
    pub fn new() -> Self {
        let counters = Self::default();
        ExpiringTable::ALL.iter().for_each(|table| counters.count(*table, 0));
        counters
    }

    /// Records that a purge succeeded at `now`.
    pub fn succeeded(&self, now: Timestamp) {
        self.last_success.get_or_create(&[]).set(now.as_unix());
    }

    /// Adds deleted rows of a table.
    pub fn count(&self, table: ExpiringTable, rows: u64) {
        self.deleted.get_or_create(&[("table", table.name())]).inc_by(rows);
    }
}
