//! `--access-token-lifetime`.

use super::CliError;
use crate::clock::Seconds;
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
