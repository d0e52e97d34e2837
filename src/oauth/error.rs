//! The error of an OAuth endpoint: an error code of the RFCs, a reason of ours, and a sentence.

use std::borrow::Cow;

use crate::clock::Seconds;
use crate::oauth::error_code::ErrorCode;
use crate::oauth::id::UserId;
use crate::oauth::reason::Reason;

/// A refusal. The client gets it as the answer, the transaction commits, and the reason is logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", reason.word())]
pub struct OAuthError {
    pub reason: Reason,
    pub description: Cow<'static, str>,
    /// After which time the request may succeed; `None` if waiting does not help, or if the time is unknown.
    pub retry_after: Option<Seconds>,
    /// The user that the refused request is about, for the log; `None` if that is not known. The answer never contains
    /// it. In a box, because a large error makes every result large.
    pub user: Option<Box<UserId>>,
    /// The address that the request named and the client has not registered, for the page and the log.
    pub address: Option<Box<UnregisteredAddress>>,
}

/// An address that came with a request and is not registered, compared with the most similar one that is. The texts are
/// [`shown_address`]'s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnregisteredAddress {
    pub came: String,
    /// Which part differs, such as `port`, and its text in the address that came. `None` if nothing can be compared.
    pub differs: Option<(&'static str, String)>,
    /// The registered address, for the log only; `None` if the client has none.
    pub registered: Option<String>,
}

impl OAuthError {
    /// The error of a request that is about this user, if it is about one.
    pub fn about<'u>(self, user: impl Into<Option<&'u UserId>>) -> Self {
        Self { user: user.into().cloned().map(Box::new), ..self }
    }

    /// The error of a request with this address, which is not registered.
    pub fn of_address(self, address: UnregisteredAddress) -> Self {
        Self { address: Some(Box::new(address)), ..self }
    }

    /// The error with `wait` as the time after which the request may succeed.
    pub fn after(self, wait: Seconds) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// The error code that belongs to the reason.
    pub fn code(&self) -> ErrorCode {
        self.reason.code()
    }
}

impl Reason {
    /// Makes an error with this reason. The client's developer reads `description`: printable ASCII without `"` and `\`
    /// (RFC 6749 §5.2).
    pub fn because(self, description: impl Into<Cow<'static, str>>) -> OAuthError {
        OAuthError {
            reason: self,
            description: description.into(),
            retry_after: None,
            user: None,
            address: None,
        }
    }
}

/// A received value made safe for a description: printable ASCII without `"` and `\` (RFC 6749 §5.2), cut after 64 bytes
/// with `...`. Other bytes are percent-encoded.
pub fn quoted(value: &str) -> String {
    const MAX_LENGTH: usize = 64;
    escaped(value, MAX_LENGTH, |_, byte| byte == b'%')
}

/// A received address made safe for a page and the log: printable ASCII without `"` and `\`, cut after about `most` bytes
/// with `...`. What is percent-encoded stays as it came. A space is encoded where it could not be seen: at the ends and
/// beside another one.
pub fn shown_address(address: &str, most: usize) -> String {
    let bytes = address.as_bytes();
    let is_seen = |at: usize| bytes.get(at).is_some_and(|byte| *byte != b' ');
    escaped(address, most, |at, byte| byte == b' ' && !(at > 0 && is_seen(at - 1) && is_seen(at + 1)))
}

/// The value as printable ASCII without `"` and `\`, cut after about `most` bytes. Other bytes are percent-encoded, and those
/// for which `is_encoded` says so; it gets the position and the byte.
fn escaped(value: &str, most: usize, is_encoded: impl Fn(usize, u8) -> bool) -> String {
    let mut text = String::with_capacity(value.len().min(most) + 4);
    for (at, byte) in value.bytes().enumerate() {
        if text.len() >= most {
            text.push_str("...");
            break;
        }
        match byte {
            b'"' | b'\\' | 0..=0x1f | 0x7f..=0xff => text.push_str(&format!("%{byte:02X}")),
            _ if is_encoded(at, byte) => text.push_str(&format!("%{byte:02X}")),
            _ => text.push(char::from(byte)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_shown_as_it_came() {
        for (came, shown) in [
            ("https://a.example/a%20b", "https://a.example/a%20b"),
            ("http%3A%2F%2Fa.example%2F", "http%3A%2F%2Fa.example%2F"),
            (" https://a.example/ ", "%20https://a.example/%20"),
            ("/a b", "/a b"),
            ("/a  b", "/a%20%20b"),
            (" ", "%20"),
            ("/\u{fc}\"\\\u{202e}", "/%C3%BC%22%5C%E2%80%AE"),
            ("/123456", "/123456"),
        ] {
            assert_eq!(shown_address(came, 80), shown);
        }
        assert_eq!(shown_address("/12345678", 4), "/123...");
        assert_eq!(quoted("a%20b"), "a%2520b", "a description encodes % too, so that it is unambiguous");
    }

    proptest! {
        #[test]
        fn a_shown_address_is_valid_there_too_and_bounded(address in ".*") {
            let text = shown_address(&address, 64);
            prop_assert!(text.len() <= 70);
            prop_assert!(text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)));
        }

        #[test]
        fn a_shown_value_is_valid_in_an_error_description(value in ".*") {
            let text = quoted(&value);
            prop_assert!(text.len() <= 70);
            prop_assert!(text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)));
        }
    }
}
