//! The error of an OAuth endpoint: a code that the RFCs define, our reason word, and a sentence.

use std::borrow::Cow;

use crate::oauth::error_code::ErrorCode;
use crate::oauth::reason::Reason;

/// A refusal: it is answered to the client, commits what was written, and is logged with its reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", reason.word())]
pub struct OAuthError {
    pub reason: Reason,
    pub description: Cow<'static, str>,
}

impl OAuthError {
    pub fn code(&self) -> ErrorCode {
        self.reason.code()
    }
}

impl Reason {
    /// Refuses for this reason, with the sentence that the client's developer reads.
    pub fn because(self, description: impl Into<Cow<'static, str>>) -> OAuthError {
        OAuthError { reason: self, description: description.into() }
    }
}

/// How a received value may stand in a description: printable ASCII without `"` and `\` (RFC 6749 §5.2), cut short.
pub fn shown(value: &str) -> String {
    const LONGEST: usize = 64;
    let mut text = String::with_capacity(value.len().min(LONGEST) + 4);
    for byte in value.bytes() {
        if text.len() >= LONGEST {
            text.push_str("...");
            break;
        }
        match byte {
            b'"' | b'\\' | b'%' | 0..=0x1f | 0x7f..=0xff => text.push_str(&format!("%{byte:02X}")),
            _ => text.push(char::from(byte)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_shown_value_is_fit_for_an_error_description(value in ".*") {
            let text = shown(&value);
            prop_assert!(text.len() <= 70);
            prop_assert!(text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)));
        }
    }
}
