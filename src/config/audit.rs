//! The options of the audit trail.

use serde::Deserialize;

use super::Span;

/// The audit trail.
#[derive(Clone, Debug, Deserialize)]
pub struct Audit {
    /// Whether each answer with tokens is an event.
    pub issuances: bool,
    /// How long events are kept.
    pub retention: Span,
}
