//! JSON from strangers: no object has a member twice, and nothing is nested too deeply.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

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
