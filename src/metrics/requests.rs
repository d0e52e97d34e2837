//! Counters for requests: how long they take, their status, and the reasons of refusals.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

use crate::oauth::reason::Reason;

/// The upper bounds of the histogram in seconds: from an answer without the database to the default deadline.
const BOUNDS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The route of an endpoint as a label.
type EndpointLabel = [(&'static str, &'static str); 1];

/// Labels with few values: an endpoint is its route, and a reason is from the error reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct StatusLabels {
    endpoint: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RefusalLabels {
    endpoint: &'static str,
    reason: &'static str,
}

/// The answers of this process since its start. Clones share the counters.
#[derive(Clone, Debug)]
pub struct Requests {
    pub(super) duration: Family<EndpointLabel, Histogram, fn() -> Histogram>,
    pub(super) responses: Family<StatusLabels, Counter>,
    pub(super) refusals: Family<RefusalLabels, Counter>,
}

impl Default for Requests {
    fn default() -> Self {
        let duration = Family::new_with_constructor((|| Histogram::new(BOUNDS)) as fn() -> Histogram);
        Self { duration, responses: Family::default(), refusals: Family::default() }
    }
}

impl Requests {
    /// Counts an answer of an endpoint.
    pub fn count(&self, endpoint: &'static str, status: u16, reason: Option<Reason>, took: Duration) {
        self.duration.get_or_create(&[("endpoint", endpoint)]).observe(took.as_secs_f64());
        self.responses.get_or_create(&StatusLabels { endpoint, status }).inc();
        if let Some(reason) = reason {
            self.refusals.get_or_create(&RefusalLabels { endpoint, reason: reason.word() }).inc();
        }
    }
}
