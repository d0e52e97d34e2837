//! `--expires`: when a key or a secret ends.

use super::CliError;
use crate::clock::{Seconds, Timestamp};
use crate::config::Span;

/// The end that a text means: a length of time from `now`, such as `90d`, or a time in RFC 3339. `None`: never.
pub(super) fn end(text: &str, now: Timestamp) -> Result<Option<Timestamp>, CliError> {
    if text == "never" {
        return Ok(None);
    }
    let span = Span::parse(text).map(Span::seconds).filter(|span| *span > Seconds::ZERO);
    let end = span.map(|span| now + span).or_else(|| Timestamp::parse(text));
    let wrong = || format!("{text:?} is not an end; write 90d, 2027-01-31T12:00:00Z, or never");
    Ok(Some(end.ok_or_else(wrong)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_length_of_time_or_a_time_or_never() {
        let now = Timestamp::from_unix(1_000);
        for (text, expected) in [
            ("90d", Some(1_000 + 90 * 86_400)),
            ("1970-01-01T01:00:00Z", Some(3600)),
            ("1970-01-01T02:00:00+01:00", Some(3600)),
            ("never", None),
        ] {
            assert_eq!(end(text, now).unwrap(), expected.map(Timestamp::from_unix), "{text}");
        }
        for wrong in ["", "0d", "90", "tomorrow", "2027-01-31", "1970-01-01T01:00:00"] {
            assert!(end(wrong, now).is_err(), "{wrong}");
        }
    }
}
