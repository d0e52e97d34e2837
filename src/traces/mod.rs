//! Traces: what a request spent its time on, for a collector of OpenTelemetry.
//!
//! A request is a span, and its storage, hashing, signing and calls to others are spans below it. Without a collector, each
//! of these places costs one look at a value that never changes. No attribute has a secret, a query, a name of a person or
//! anything else that a client chose, but the id of the request.

#[cfg(not(feature = "traces"))]
mod off;
#[cfg(feature = "traces")]
mod on;

#[cfg(not(feature = "traces"))]
pub use off::*;
#[cfg(feature = "traces")]
pub use on::*;

/// What the span of a request says from its beginning.
pub struct RequestStart<'a> {
    /// The method, or `_OTHER`.
    pub method: &'static str,
    /// The route, such as `/errors/{word}`; never the path, which may have a secret in it. `None`: no endpoint has this path.
    pub route: Option<&'static str>,
    pub request_id: &'a str,
    /// The headers `traceparent` and `tracestate` of a trusted proxy (W3C Trace Context): the span belongs to its trace.
    pub parent: Option<(&'a str, Option<&'a str>)>,
}
