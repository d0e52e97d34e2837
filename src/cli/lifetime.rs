//! Spans and times in options: `--access-token-lifetime`, `--since`.

use super::CliError;
use crate::clock::{Seconds, Timestamp};
use crate::config::Span;

/// The seconds in a text such as `5m`.
pub(super) fn lifetime(text: &str) -> Result<Seconds, CliError> {
    let span = Span::parse(text).map(Span::seconds);
    Ok(span
        .ok_or_else(|| format!("the lifetime {text:?} is not a length of time; write 30s, 10m, 8h or 7d"))?)
}

/// The change that an option asks for. `Some(None)`: `default` removes the lifetime. `None`: the option is not given.
pub(super) fn new_lifetime(text: Option<&str>) -> Result<Option<Option<Seconds>>, CliError> {
    match text {
        None => Ok(None),
        Some("default") => Ok(Some(None)),
        Some(text) => lifetime(text).map(|seconds| Some(Some(seconds))),
    }
}

/// The time that a text names: a time, or how long ago.
pub(super) fn instant(text: &str, now: Timestamp) -> Result<Timestamp, CliError> {
    let ago = Span::parse(text).map(|span| now - span.seconds());
    ago.or_else(|| Timestamp::parse(text)).ok_or_else(|| {
        format!("{text:?} is not a time; write how long ago, such as 1h or 7d, or a time such as 2026-01-31T12:00:00Z")
            .into()
    })
}
