//! Received values, made safe for descriptions, pages and the log.

use super::withheld::without_credentials;

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
/// for which `is_encoded` says so; it gets the position and the byte. Credentials in it are withheld.
fn escaped(value: &str, most: usize, is_encoded: impl Fn(usize, u8) -> bool) -> String {
    let value = without_credentials(value);
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
