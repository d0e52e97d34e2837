//! The metrics that are read from the parts of the process when the metrics are read: how much waits, how much is in use.

use std::sync::Arc;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use super::{Label, process};
use crate::app::App;
use crate::connection::Seats;

/// A gauge that may have no value.
type OptionalGauge = Family<[(&'static str, &'static str); 0], Gauge>;

#[derive(Default)]
pub(super) struct LoadGauges {
    pub(super) hashing_waiting: Family<Label, Gauge>,
    pub(super) hashing_threads: Gauge,
    pub(super) database_waiting: Family<Label, Gauge>,
    pub(super) database_connections: Family<Label, Gauge>,
    pub(super) database_busy: Family<Label, Gauge>,
    pub(super) connections: Gauge,
    pub(super) most_connections: Gauge,
    pub(super) clock_agrees: Gauge,
    /// Missing where the system does not say it.
    pub(super) resident_memory: OptionalGauge,
    pub(super) open_descriptors: OptionalGauge,
    pub(super) most_descriptors: OptionalGauge,
}

impl LoadGauges {
    /// Reads the values of this moment.
    pub(super) fn read(&self, app: &App, seats: &Arc<Seats>) {
        for (share, waiting) in app.passwords.waiting_by_share() {
            set(&self.hashing_waiting.get_or_create(&[("share", share)]), waiting);
        }
        set(&self.hashing_threads, app.passwords.threads());
        for load in app.db.loads() {
            let pool = [("pool", load.pool)];
            set(&self.database_waiting.get_or_create(&pool), load.waiting);
            set(&self.database_connections.get_or_create(&pool), load.connections);
            set(&self.database_busy.get_or_create(&pool), load.busy);
        }
        set(&self.connections, seats.taken_count());
        set(&self.most_connections, seats.most());
        self.clock_agrees.set(i64::from(app.clock_watch.verdict().is_ready()));
        let usage = process::usage();
        for (gauge, value) in [
            (&self.resident_memory, usage.resident_memory),
            (&self.open_descriptors, usage.open_descriptors),
            (&self.most_descriptors, usage.most_descriptors),
        ] {
            if let Some(value) = value {
                gauge.get_or_create(&[]).set(i64::try_from(value).unwrap_or(i64::MAX));
            }
        }
    }
}

fn set(gauge: &Gauge, value: usize) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}
