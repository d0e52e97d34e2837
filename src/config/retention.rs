//! How long rows are kept.

use serde::Deserialize;

use super::span::Span;

/// The deletion of ended rows.
#[derive(Clone, Debug, Deserialize)]
pub struct Purge {
    pub every: Span,
}

/// What is kept about refused requests.
#[derive(Clone, Debug, Deserialize)]
pub struct Explain {
    pub retention: Span,
}

impl Explain {
    /// Whether refused requests are kept; `false` if the retention is 0.
    pub fn is_on(&self) -> bool {
        !self.retention.duration().is_zero()
    }
}
