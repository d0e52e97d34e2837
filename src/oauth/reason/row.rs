//! What a row of the table of reasons holds.

use super::Reason;
use crate::oauth::error_code::ErrorCode;

pub(super) struct Row {
    pub(super) word: &'static str,
    pub(super) code: ErrorCode,
    pub(super) who: &'static [Who],
    pub(super) what: &'static str,
    pub(super) fix: &'static str,
    pub(super) example: Example,
    pub(super) see: &'static [Reason],
}

/// Who can mend a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Who writes the application.
    Developer,
    /// Who runs this server.
    Operator,
    /// Who signs in.
    Person,
    /// It passes by itself.
    Nobody,
}

impl Who {
    pub fn name(self) -> &'static str {
        match self {
            Self::Developer => "the application's developer",
            Self::Operator => "the operator of this server",
            Self::Person => "the person who signs in",
            Self::Nobody => "nobody: it passes, so wait and try again",
        }
    }
}

/// A request that is refused, and the one that is right, as text.
///
/// A parameter stands on a line of its own; `…` stands for the parameters that do not matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    pub before: &'static str,
    pub after: &'static str,
}

pub(super) const fn example(before: &'static str, after: &'static str) -> Example {
    Example { before, after }
}
