//! The metrics that come from the database: queried when the metrics are read, at most every few seconds.

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{Mutex, MutexGuard};

use super::Label;
use crate::app::App;
use crate::clock::{Seconds, Timestamp};
use crate::store::{backchannel_pings, webhook_deliveries};
use crate::work::purge::{self, PurgeLag};

/// How many seconds an answer is reused, so that frequent reads do not load the database.
const REUSE_TIME: Seconds = Seconds::new(5);

/// How far the purge, the webhooks and the pings are behind, and whether the database answered.
#[derive(Default)]
pub(super) struct BacklogGauges {
    pub(super) database_up: Gauge,
    pub(super) rows: Family<Label, Gauge>,
    pub(super) oldest: Family<Label, Gauge>,
    pub(super) webhook_messages: Gauge,
    pub(super) oldest_message: Gauge,
    pub(super) pings: Gauge,
    pub(super) oldest_ping: Gauge,
    read_at: Mutex<Option<Timestamp>>,
}

impl BacklogGauges {
    /// Queries the database, unless the last answer is recent. The values do not change while the guard is held.
    pub(super) async fn read(&self, app: &App) -> MutexGuard<'_, Option<Timestamp>> {
        // One task queries, and the others wait for its result.
        let mut read_at = self.read_at.lock().await;
        let now = app.now();
        if read_at.is_some_and(|then| (then..then + REUSE_TIME).contains(&now)) {
            return read_at;
        }
        let read = purge::overdue(&app.db, app.config.audit.retention.seconds(), now).await;
        self.database_up.set(i64::from(read.is_ok()));
        match read {
            Ok(found) => found.iter().for_each(|overdue| self.set(overdue, now)),
            Err(failure) => {
                tracing::warn!("it is unknown how far the purge is behind: {}", failure.chain());
                self.rows.clear();
                self.oldest.clear();
            }
        }
        self.read_webhooks(app, now).await;
        self.read_pings(app, now).await;
        // A failure is kept as long as an answer, counted from its end.
        *read_at = Some(app.now());
        read_at
    }

    async fn read_webhooks(&self, app: &App, now: Timestamp) {
        match app.db.read(webhook_deliveries::overdue).await {
            Ok((count, oldest)) => {
                self.webhook_messages.set(count);
                self.oldest_message.set(oldest.map_or(0, |oldest| (now - oldest).as_i64().max(0)));
            }
            Err(error) => tracing::warn!("it is unknown how many messages wait for webhooks: {error}"),
        }
    }

    async fn read_pings(&self, app: &App, now: Timestamp) {
        match app.db.read(backchannel_pings::overdue).await {
            Ok((count, oldest)) => {
                self.pings.set(count);
                self.oldest_ping.set(oldest.map_or(0, |oldest| (now - oldest).as_i64().max(0)));
            }
            Err(error) => tracing::warn!("it is unknown how many pings wait: {error}"),
        }
    }

    fn set(&self, found: &PurgeLag, now: Timestamp) {
        let table = [("table", found.table.name())];
        self.rows.get_or_create(&table).set(found.rows);
        self.oldest.get_or_create(&table).set(found.since.map_or(0, |since| (now - since).as_i64()));
    }
}
