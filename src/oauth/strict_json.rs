//! JSON from strangers: no object has a member twice, so that two readers cannot understand it differently, and nothing is
//! nested too deeply.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The deepest nesting of an object. None that strangers send has more than a JWK Set in a client, or a JSON Schema.
const MAX_DEPTH: usize = 16;

/// Why a text is not one JSON object. It repeats nothing of the text, which may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoObject {
    /// What is wrong, as the end of a sentence.
    pub what: &'static str,
    /// The line and column; `None` if the text is JSON but not an object.
    pub place: Option<(usize, usize)>,
}

/// Reads one JSON object.
///
/// # Errors
/// If the text is not JSON, is not an object, has an object with the same member twice, or is nested too deeply.
pub fn object(text: &[u8]) -> Result<Map<String, Value>, NoObject> {
    match read(text, MAX_DEPTH) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(NoObject { what: "is JSON, but not an object", place: None }),
        Err(WrongJson { flaw, line, column }) => {
            Err(NoObject { what: flaw.words(), place: Some((line, column)) })
        }
    }
}

/// Reads one JSON value with at most `depth` levels of arrays and objects.
///
/// # Errors
/// What is wrong, and where. It repeats nothing of the text, which may have a secret.
pub fn read(text: &[u8], depth: usize) -> Result<Value, WrongJson> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Strict(depth).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| WrongJson {
        flaw: JsonFlaw::of(&error),
        line: error.line(),
        column: error.column(),
    })
}

/// Why a text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} (line {line}, column {column})", flaw.words())]
pub struct WrongJson {
    pub flaw: JsonFlaw,
    pub line: usize,
    pub column: usize,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonFlaw {
    Twice,
    Deep,
    Short,
    NotJson,
}

const TWICE: &str = "member twice";
const DEEP: &str = "too deep";

impl JsonFlaw {
    fn of(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        match () {
            () if text.starts_with(TWICE) => Self::Twice,
            () if text.starts_with(DEEP) => Self::Deep,
            () if error.is_eof() => Self::Short,
            () => Self::NotJson,
        }
    }

    /// The flaw as the rest of a sentence about the text.
    pub fn words(self) -> &'static str {
        match self {
            Self::Twice => "has an object with the same member twice",
            Self::Deep => "is nested too deeply",
            Self::Short => "ends too early",
            Self::NotJson => "is not JSON",
        }
    }
}

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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_member_is_there_once_and_nesting_has_an_end() {
        let nested = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
        for (text, wrong) in [
            (r#"{"a":[{"b":1}],"c":null}"#.to_owned(), None),
            (nested(MAX_DEPTH), None),
            (nested(MAX_DEPTH + 1), Some("is nested too deeply")),
            (nested(5000), Some("is nested too deeply")),
            (r#"{"a":1,"b":2,"a":1}"#.to_owned(), Some("has an object with the same member twice")),
            (r#"{"a":1,"\u0061":1}"#.to_owned(), Some("has an object with the same member twice")),
            (r#"{"x":[{"a":1,"a":2}]}"#.to_owned(), Some("has an object with the same member twice")),
            ("[]".to_owned(), Some("is JSON, but not an object")),
            (r#"{"a":1"#.to_owned(), Some("ends too early")),
            (r#"{"a":1}{}"#.to_owned(), Some("is not JSON")),
        ] {
            assert_eq!(object(text.as_bytes()).err().map(|error| error.what), wrong, "{text:.60}");
        }
    }

    proptest! {
        #[test]
        fn no_text_causes_a_panic(text in "[\\[\\]{}\":,a0.e\\\\u -]{0,60}") {
            let strict = object(text.as_bytes());
            let lenient = serde_json::from_str::<Map<String, Value>>(&text);
            prop_assert!(strict.is_err() || strict.ok() == lenient.ok());
        }
    }
}
