//! What the purge of this process has done, as it counts it.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::clock::Seconds;
use crate::store::expired::Table;

/// What this process has deleted since its start, and when a pass of it last came to its end; clones count together.
#[derive(Clone, Debug, Default)]
pub struct PurgeCounters {
    pub deleted: Family<[(&'static str, &'static str); 1], Counter>,
    /// Without a value until there was one.
    pub last_success: Family<[(&'static str, &'static str); 0], Gauge>,
}

impl PurgeCounters {
    /// Begins with 0 for each table, so that the first deletion is seen as a rise.
    pub fn new() -> Self {
        let counters = Self::default();
        Table::ALL.iter().for_each(|table| counters.count(*table, 0));
        counters
    }

    pub fn succeeded(&self, now: Seconds) {
        self.last_success.get_or_create(&[]).set(now);
    }

    pub fn count(&self, table: Table, rows: u64) {
        self.deleted.get_or_create(&[("table", table.name())]).inc_by(rows);
    }
}
