//! What a Prometheus is told, every name on one screen.

mod listener;

use std::fmt;
use std::sync::Arc;

use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

pub use listener::serve;

use crate::app::App;

/// One label: its name and its value.
type Label = [(&'static str, &'static str); 1];

/// Every metric of this process.
struct Metrics {
    app: Arc<App>,
    registry: Registry,
}

impl Metrics {
    fn new(app: Arc<App>) -> Self {
        let build = Family::<Label, Gauge>::default();
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        let mut registry = Registry::default();
        registry.register("grantor_build_info", "The version that runs", build);
        Self { app, registry }
    }

    /// All of them in Prometheus' text format.
    fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
