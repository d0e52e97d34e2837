//! Lengths of time in options.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::clock::Seconds;

/// A length of time such as "30s", "10m", "8h" or "7d".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

impl Span {
    pub fn seconds(self) -> Seconds {
        self.0.into()
    }

    pub fn duration(self) -> Duration {
        self.0
    }

    /// Parses a number with one of the units s, m, h and d; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match &text[digits.len()..] {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return None,
        };
        digits.parse::<u32>().ok().map(|count| Self(Duration::from_secs(u64::from(count) * unit)))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let hint = || serde::de::Error::custom("it is not a length of time; write 30s, 10m, 8h or 7d");
        Self::parse(&text).ok_or_else(hint)
    }
}
