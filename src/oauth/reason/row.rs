//! The row of one reason in the table.

use super::Reason;
use crate::oauth::error_code::ErrorCode;

#[derive(Clone, Copy)]
pub(super) struct ReasonRow {
    pub(super) word: &'static str,
    pub(super) title: &'static str,
    pub(super) code: ErrorCode,
    pub(super) who: &'static [Responsible],
    pub(super) what: &'static str,
    pub(super) fix: &'static str,
    pub(super) command: Option<&'static str>,
    pub(super) example: Example,
    pub(super) see: &'static [Reason],
}

/// Who can fix the cause of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Responsible {
    /// The developer of the application.
    Developer,
    /// The operator of this server.
    Operator,
    /// The person who signs in.
    Person,
    /// No one: it passes without help.
    Nobody,
}

impl Responsible {
    /// How the error reference names this party, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Developer => "the application's developer",
            Self::Operator => "the operator of this server",
            Self::Person => "the person who signs in",
            Self::Nobody => "no one: it passes, so wait and try again",
        }
    }
}

impl Example {
    /// The refused and the corrected request, sent to this issuer.
    pub fn at(self, issuer: &str) -> [String; 2] {
        [self.before, self.after].map(|text| text.replace(ISSUER, issuer))
    }
}

/// The issuer of the examples as they are written.
pub const ISSUER: &str = "https://id.example.com";

/// A request that is refused, and the corrected request, as text.
///
/// Each parameter is on its own line; `…` replaces the parameters that do not matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    pub before: &'static str,
    pub after: &'static str,
}

pub(super) const fn example(before: &'static str, after: &'static str) -> Example {
    Example { before, after }
}
