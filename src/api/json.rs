//! Reads the JSON body of a request to the management API.

use serde_json::{Map, Value};

use crate::oauth::strict_json::{self, NoObject};

/// Reads one JSON object.
///
/// # Errors
/// A sentence that says what is wrong and where, and repeats nothing of the text.
pub(super) fn object(text: &[u8]) -> Result<Map<String, Value>, String> {
    strict_json::object(text).map_err(|NoObject { what, place }| match place {
        None => format!("the body {what}"),
        Some((line, column)) => format!("the body {what} (line {line}, column {column})"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_is_read_and_everything_else_is_refused_with_its_place() {
        for (text, wrong) in [
            (r#"{"a": [1, -2, 1.5, "x", true, null, {}]}"#, None),
            ("", Some("the body ends too early (line 1, column 0)")),
            ("{\n\"a\": 1,}", Some("the body is not JSON (line 2, column 8)")),
            ("[]", Some("the body is JSON, but not an object")),
            ("{} {}", Some("the body is not JSON (line 1, column 4)")),
            (
                r#"{"a": 1, "a": 2}"#,
                Some("the body has an object with the same member twice (line 1, column 16)"),
            ),
            (
                r#"{"a": {"b": 1, "b": 2}}"#,
                Some("the body has an object with the same member twice (line 1, column 22)"),
            ),
            ("{\"a\": \"\u{1}\"}", Some("the body is not JSON (line 1, column 8)")),
        ] {
            assert_eq!(object(text.as_bytes()).err().as_deref(), wrong, "{text}");
        }
        let secret = object(br#"{"client_secret": "hunter2""#).unwrap_err();
        assert!(!secret.contains("hunter2"), "{secret}");
    }

    #[test]
    fn nesting_has_a_bound() {
        let nested = |levels: usize| format!("{{\"a\": {}1{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(object(nested(15).as_bytes()).is_ok());
        assert!(object(nested(16).as_bytes()).unwrap_err().contains("nested too deeply"));
        assert!(object("{\"a\":".repeat(100_000).as_bytes()).is_err());
    }
}
