//! Reads JSON from strangers: one object, with no member twice.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The deepest nesting. Objects of the API have no more than a JWK Set in a client.
const MAX_DEPTH: usize = 16;

/// Reads one JSON object.
///
/// # Errors
/// A sentence that says what is wrong and where, and repeats nothing of the text.
pub(super) fn object(text: &[u8]) -> Result<Map<String, Value>, String> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Strict(MAX_DEPTH).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    match value {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err("the body is JSON, but not an object".to_owned()),
        Err(error) => {
            Err(format!("the body {} (line {}, column {})", what(&error), error.line(), error.column()))
        }
    }
}

/// What is wrong, without the text of a member, which may be a secret.
fn what(error: &serde_json::Error) -> &'static str {
    let text = error.to_string();
    match () {
        () if text.starts_with(TWICE) => "has an object with the same member twice",
        () if text.starts_with(DEEP) => "is nested too deeply",
        () if error.is_eof() => "ends too early",
        () => "is not JSON",
    }
}

const TWICE: &str = "member twice";
const DEEP: &str = "too deep";

/// Reads a value with this many levels at most, and refuses an object with the same member twice.
struct Strict(usize);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Strict {
    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom(DEEP))
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper()?)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let (mut object, mut names) = (Map::new(), HashSet::new());
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.deeper()?)?;
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(TWICE));
            }
            object.insert(name, value);
        }
        Ok(object.into())
    }
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
        assert!(object(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
        assert!(object(nested(MAX_DEPTH).as_bytes()).unwrap_err().contains("nested too deeply"));
        assert!(object("{\"a\":".repeat(100_000).as_bytes()).is_err());
    }
}
