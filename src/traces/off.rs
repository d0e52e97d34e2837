//! Without the feature `traces`, nothing is measured.

use super::RequestStart;

/// Does not look at the request.
pub fn begin<'a>(_start: impl FnOnce() -> RequestStart<'a>) {}

/// Runs `work`.
pub fn within<F: Future>(_span: (), work: F) -> F {
    work
}

/// Runs `work`.
pub fn span<F: Future>(_name: &'static str, work: F) -> F {
    work
}

/// Runs `work`.
pub fn call<F: Future>(_host: &str, work: F) -> F {
    work
}

/// Runs `work`.
pub fn timed<T>(_name: &'static str, work: impl FnOnce() -> T) -> T {
    work()
}

/// Does nothing.
pub fn note_answer(_status: u16, _reason: Option<&'static str>) {}
