//! The metrics for Prometheus: every name is in this file.

mod backlog;
pub mod counters;
mod gauges;
mod listener;
mod process;
pub mod purge_counters;
pub mod requests;

use std::fmt;
use std::sync::Arc;

use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

pub use listener::serve;

use crate::app::App;
use crate::connection::Seats;
use backlog::BacklogGauges;
use gauges::LoadGauges;

/// One label: its name and its value.
type Label = [(&'static str, &'static str); 1];

/// Every metric of this process.
struct Metrics {
    app: Arc<App>,
    registry: Registry,
    backlog: BacklogGauges,
    loads: LoadGauges,
    /// The connections of people and applications.
    seats: Arc<Seats>,
}

impl Metrics {
    fn new(app: Arc<App>, seats: Arc<Seats>) -> Self {
        let build = Family::<Label, Gauge>::default();
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        let backlog = BacklogGauges::default();
        let mut registry = Registry::default();
        registry.register("grantor_build_info", "The running version", build);
        registry.register(
            "grantor_database_up",
            "Whether the database answered when these metrics were read",
            backlog.database_up.clone(),
        );
        registry.register(
            "grantor_purge_backlog_rows",
            "Rows that have ended and are not deleted yet, counted up to 100000",
            backlog.rows.clone(),
        );
        registry.register(
            "grantor_purge_oldest_ended_seconds",
            "How long ago the oldest of these rows ended; 0 if there are none",
            backlog.oldest.clone(),
        );
        registry.register(
            "grantor_purge_deleted_rows",
            "Rows that this process has deleted because they had ended",
            app.purged.deleted.clone(),
        );
        registry.register(
            "grantor_purge_last_success_timestamp_seconds",
            "When this process last purged without a failure",
            app.purged.last_success.clone(),
        );
        registry.register(
            "grantor_password_hashes",
            "Passwords and chosen client secrets that this process has hashed",
            app.passwords.hashes().clone(),
        );
        let loads = LoadGauges::default();
        register_loads(&mut registry, &loads, &app);
        register_webhooks(&mut registry, &backlog, &app);
        register_pings(&mut registry, &backlog, &app);
        register_counters(&mut registry, &app);
        Self { app, registry, backlog, loads, seats }
    }

    /// All metrics in Prometheus' text format.
    async fn text(&self) -> Result<String, fmt::Error> {
        // The lock keeps the other values unchanged, too.
        let _unchanged = self.backlog.read(&self.app).await;
        self.loads.read(&self.app, &self.seats);
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// What waits and what is in use, read at each look.
fn register_loads(registry: &mut Registry, loads: &LoadGauges, app: &App) {
    let mut gauges = |name: &str, help: &str, family: &Family<Label, Gauge>| {
        registry.register(name, help, family.clone());
    };
    gauges(
        "grantor_hashing_jobs_waiting",
        "Passwords and secrets that wait for a hashing thread, by who has to be served",
        &loads.hashing_waiting,
    );
    gauges(
        "grantor_database_jobs_waiting",
        "Reads and transactions that wait for a connection to the database",
        &loads.database_waiting,
    );
    gauges(
        "grantor_database_connections",
        "Connections to the database that this process may have",
        &loads.database_connections,
    );
    gauges(
        "grantor_database_connections_busy",
        "Connections to the database that are in use",
        &loads.database_busy,
    );
    let mut gauge = |name: &str, help: &str, gauge: &Gauge| registry.register(name, help, gauge.clone());
    gauge("grantor_hashing_threads", "Threads that hash passwords and secrets", &loads.hashing_threads);
    gauge("grantor_hashing_threads_busy", "Threads that are hashing", app.passwords.busy());
    gauge("grantor_http_connections", "Open connections of people and applications", &loads.connections);
    gauge(
        "grantor_http_connections_max",
        "Connections of people and applications that may be open",
        &loads.most_connections,
    );
    gauge(
        "grantor_clock_agrees",
        "Whether this clock agreed with the others when it was last compared",
        &loads.clock_agrees,
    );
    for (name, help, family) in [
        ("process_resident_memory_bytes", "Resident memory size in bytes", &loads.resident_memory),
        ("process_open_fds", "Number of open file descriptors", &loads.open_descriptors),
        ("process_max_fds", "Maximum number of open file descriptors", &loads.most_descriptors),
    ] {
        registry.register(name, help, family.clone());
    }
}

/// What webhooks get.
fn register_webhooks(registry: &mut Registry, backlog: &BacklogGauges, app: &App) {
    registry.register(
        "grantor_webhook_messages_waiting",
        "Messages that have not been delivered to enabled webhooks yet",
        backlog.webhooks.waiting.clone(),
    );
    registry.register(
        "grantor_webhook_oldest_waiting_seconds",
        "For how long the oldest of these messages has waited; 0 if no message waits",
        backlog.webhooks.oldest.clone(),
    );
    registry.register(
        "grantor_webhook_attempts",
        "Attempts to deliver a message to a webhook, by outcome",
        app.counters.webhooks.family.clone(),
    );
}

/// What applications learn of answers to backchannel requests.
fn register_pings(registry: &mut Registry, backlog: &BacklogGauges, app: &App) {
    registry.register(
        "grantor_pings_waiting",
        "Pings about answers to backchannel requests that have not been delivered yet",
        backlog.pings.waiting.clone(),
    );
    registry.register(
        "grantor_ping_oldest_waiting_seconds",
        "For how long the oldest of these pings has waited; 0 if no ping waits",
        backlog.pings.oldest.clone(),
    );
    registry.register(
        "grantor_ping_attempts",
        "Attempts to deliver a ping about an answer to a backchannel request, by outcome",
        app.counters.pings.family.clone(),
    );
}

/// What requests did.
fn register_counters(registry: &mut Registry, app: &App) {
    let counters = &app.counters;
    registry.register(
        "grantor_sign_ins",
        "Attempts to sign in, and accounts that people made, by outcome",
        counters.sign_ins.family.clone(),
    );
    registry.register(
        "grantor_tokens_issued",
        "Answers with tokens by grant type; implicit: tokens in the answer of /authorize",
        counters.issued(),
    );
    registry.register(
        "grantor_guesses_delayed",
        "Passwords, codes and secrets that were not checked because of wrong ones before",
        counters.delayed.family.clone(),
    );
    registry.register(
        "grantor_audit_events_dropped",
        "Events of the audit trail that were not stored, because too many waited",
        app.audit.dropped(),
    );
    registry.register(
        "grantor_activity_dropped",
        "Counts of the dashboard and of the health of clients that were not stored, because too many waited",
        app.activity.dropped(),
    );
    registry.register(
        "grantor_explain_dropped",
        "Refused requests that were logged and not kept for grantor explain",
        app.refusals.kept.dropped.clone(),
    );
    if let Some(requests) = app.requests.clone() {
        registry.register_with_unit(
            "grantor_http_request_duration",
            "How long answers took, by the route of their endpoint",
            Unit::Seconds,
            requests.duration,
        );
        registry.register(
            "grantor_http_responses",
            "Answers by the route of their endpoint and their status",
            requests.responses,
        );
        registry.register(
            "grantor_http_refusals",
            "Answers with an error, by the route of their endpoint and the reason, as in the error reference",
            requests.refusals,
        );
    }
}
