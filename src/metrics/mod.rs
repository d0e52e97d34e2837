//! The metrics for Prometheus: every name is in this file.

mod backlog;
mod listener;
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
use backlog::BacklogGauges;

/// One label: its name and its value.
type Label = [(&'static str, &'static str); 1];

/// Every metric of this process.
struct Metrics {
    app: Arc<App>,
    registry: Registry,
    backlog: BacklogGauges,
}

impl Metrics {
    fn new(app: Arc<App>) -> Self {
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
        Self { app, registry, backlog }
    }

    /// All metrics in Prometheus' text format.
    async fn text(&self) -> Result<String, fmt::Error> {
        let _unchanged = self.backlog.read(&self.app).await;
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
