//! The metrics that come from the database: queried when the metrics are read, at most every few seconds.

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{Mutex, MutexGuard};

use super::Label;
use crate::app::App;
use crate::clock::{Seconds, Timestamp};
use crate::store::db::Conn;
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
    pub(super) webhooks: OutboxGauges,
    pub(super) pings: OutboxGauges,
    read_at: Mutex<Option<Timestamp>>,
}

/// How much waits in an outbox.
#[derive(Default)]
pub(super) struct OutboxGauges {
    pub(super) waiting: Gauge,
    /// For how many seconds the oldest of it has waited; 0 if nothing waits.
    pub(super) oldest: Gauge,
}

impl OutboxGauges {
    fn set(&self, (waiting, oldest): (i64, Option<Timestamp>), now: Timestamp) {
        self.waiting.set(waiting);
        self.oldest.set(oldest.map_or(0, |oldest| (now - oldest).as_i64().max(0)));
    }
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
            Ok(found) => {
                found.iter().for_each(|overdue| self.set(overdue, now));
                self.read_outboxes(app, now).await;
            }
            // Nothing else is asked, because that would only wait once more.
            Err(failure) => {
                tracing::warn!("it is unknown how far the purge is behind: {}", failure.chain());
                self.rows.clear();
                self.oldest.clear();
            }
        }
        // A failure is kept as long as an answer, counted from its end.
        *read_at = Some(app.now());
        read_at
    }

    async fn read_outboxes(&self, app: &App, now: Timestamp) {
        let overdue = async |conn: &mut Conn| {
            Ok((webhook_deliveries::overdue(conn).await?, backchannel_pings::overdue(conn).await?))
        };
        match app.db.read(overdue).await {
            Ok((messages, pings)) => {
                self.webhooks.set(messages, now);
                self.pings.set(pings, now);
            }
            Err(error) => tracing::warn!("it is unknown how many messages and pings wait: {error}"),
        }
    }

    fn set(&self, found: &PurgeLag, now: Timestamp) {
        let table = [("table", found.table.name())];
        self.rows.get_or_create(&table).set(found.rows);
        self.oldest.get_or_create(&table).set(found.since.map_or(0, |since| (now - since).as_i64()));
    }
}
