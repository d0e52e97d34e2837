//! Which claims of the granted scopes a client finds in its ID Tokens, besides UserInfo (OpenID Connect Core §5.4).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::oauth::identity::claims::check_name;

/// The maximum number of names.
const MAX_NAMES: usize = 64;
/// The word for no claims.
const NONE: &str = "none";
/// The word for all claims of the granted scopes.
const SCOPES: &str = "scopes";

/// The claims of the granted scopes that are also in the ID Tokens of a client. Claims that a request names itself are
/// not affected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IdTokenClaims {
    /// No claims of scopes: the client reads them at UserInfo.
    #[default]
    None,
    /// All claims of the granted scopes.
    Scopes,
    /// Of the claims of the granted scopes, those with these names.
    Named(BTreeSet<String>),
}

impl IdTokenClaims {
    /// Parses `none`, `scopes`, or names of claims separated by spaces.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.trim_matches(' ') {
            NONE => Ok(Self::None),
            SCOPES => Ok(Self::Scopes),
            names => Self::named(names.split(' ').filter(|name| !name.is_empty()).map(str::to_owned)),
        }
    }

    /// # Errors
    /// A sentence for the operator, if there are no names or too many, or one cannot be a claim of a scope.
    fn named(names: impl Iterator<Item = String>) -> Result<Self, String> {
        let names: BTreeSet<String> = names.collect();
        if !(1..=MAX_NAMES).contains(&names.len()) {
            return Err(format!(
                "the claims of ID Tokens are {NONE}, {SCOPES}, or 1 to {MAX_NAMES} names of claims"
            ));
        }
        if let Some(word) = [NONE, SCOPES].into_iter().find(|word| names.contains(*word)) {
            return Err(format!("{word} cannot be combined with names of claims"));
        }
        names.iter().try_for_each(|name| check_name(name))?;
        Ok(Self::Named(names))
    }

    /// The names that were chosen; empty if all claims or none were chosen.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let named = match self {
            Self::None | Self::Scopes => None,
            Self::Named(names) => Some(names),
        };
        named.into_iter().flatten().map(String::as_str)
    }

    /// Whether a claim of a granted scope is in the ID Tokens.
    pub fn includes(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::Scopes => true,
            Self::Named(names) => names.contains(name),
        }
    }
}

impl fmt::Display for IdTokenClaims {
    /// Writes what [`Self::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str(NONE),
            Self::Scopes => f.write_str(SCOPES),
            Self::Named(names) => {
                f.write_str(&names.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
            }
        }
    }
}

/// Nothing, the word `scopes`, or an array of names.
impl Serialize for IdTokenClaims {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_none(),
            Self::Scopes => serializer.serialize_str(SCOPES),
            Self::Named(names) => names.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for IdTokenClaims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum WordOrNames {
            Word(String),
            Names(Vec<String>),
        }
        let wrong = serde::de::Error::custom::<&str>;
        match Option::deserialize(deserializer)? {
            None => Ok(Self::None),
            Some(WordOrNames::Word(word)) if word == SCOPES => Ok(Self::Scopes),
            Some(WordOrNames::Word(word)) if word == NONE => Ok(Self::None),
            Some(WordOrNames::Word(_)) => Err(wrong("not a registered word")),
            Some(WordOrNames::Names(names)) => {
                Self::named(names.into_iter()).map_err(|_| wrong("not a list of names of claims"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn words_and_names_come_back_as_they_were_written() {
        for (text, written, stored) in [
            ("none", "none", json!(null)),
            ("scopes", "scopes", json!("scopes")),
            ("groups email", "email groups", json!(["email", "groups"])),
            ("  email   email ", "email", json!(["email"])),
            ("https://example.com/level", "https://example.com/level", json!(["https://example.com/level"])),
        ] {
            let claims = IdTokenClaims::parse(text).unwrap();
            assert_eq!(claims.to_string(), written);
            assert_eq!(serde_json::to_value(&claims).unwrap(), stored);
            assert_eq!(serde_json::from_value::<IdTokenClaims>(stored).unwrap(), claims);
        }
    }

    #[test]
    fn other_words_and_names_are_refused() {
        let many = (0..=MAX_NAMES).map(|number| format!("c{number}")).collect::<Vec<_>>();
        let long = "x".repeat(129);
        for text in
            ["", " ", "sub", "nonce email", "email scopes", "none email", "a\"b", &long, &many.join(" ")]
        {
            assert!(IdTokenClaims::parse(text).is_err(), "{text}");
        }
        assert!(IdTokenClaims::parse(&many[1..].join(" ")).is_ok());
        for stored in [json!("all"), json!([]), json!(["sub"]), json!([7]), json!(7), json!({}), json!(many)]
        {
            assert!(serde_json::from_value::<IdTokenClaims>(stored.clone()).is_err(), "{stored}");
        }
        assert_eq!(serde_json::from_value::<IdTokenClaims>(Value::Null).unwrap(), IdTokenClaims::None);
    }
}
