//! Authorization details: what a request asks for in words of its own, such as one payment of one amount (RFC 9396).

pub mod authorization_type;
mod check;
mod placed;
mod sample;
mod schema;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::oauth::display_text::{is_blank, is_shown};
use crate::oauth::error::OAuthError;
use crate::oauth::grant::scope::{self, KnownScopes, Scope};
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::strict_json;

pub use placed::PlacedDetails;
pub use sample::samples;
pub use schema::check as check_schema;

/// The name of the parameter (RFC 9396 §2).
pub const PARAMETER: &str = "authorization_details";
/// The largest number of details in one request.
pub const MAX_DETAILS: usize = 20;
/// The largest number of details that a consent remembers; the newest are kept.
pub const MAX_REMEMBERED: usize = 40;
/// The deepest nesting of the parameter, with the list and the details themselves.
const MAX_DEPTH: usize = 10;

/// Authorization details, in the order of the request. Each is an object with the member `type`.
///
/// Two details are equal if their JSON is equal; the order of members does not matter, because objects are sorted when they are
/// read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorizationDetails(Vec<Value>);

impl AuthorizationDetails {
    /// The parameter of any request; `None` if it is missing. Types and schemas are not checked here.
    ///
    /// # Errors
    /// If it is repeated or too long, is not a list of objects with a `type`, has too many, is nested too deeply, or has a
    /// number that would change or a text that people could not read as it is.
    pub fn requested(params: &Params) -> Result<Option<Self>, OAuthError> {
        params.one(PARAMETER)?.map(Self::parse).transpose()
    }

    /// Parses the value of the parameter (RFC 9396 §2).
    ///
    /// # Errors
    /// Those of [`Self::requested`] about the value.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let value = strict_json::read(text.as_bytes(), MAX_DEPTH).map_err(|wrong| {
            Reason::DetailsMalformed.because(format!("the parameter {PARAMETER} {wrong}"))
        })?;
        let malformed = |what: &str| Reason::DetailsMalformed.because(format!("{PARAMETER} is {what}"));
        let Value::Array(details) = value else { return Err(malformed("JSON, but not a list of objects")) };
        if details.is_empty() {
            return Err(malformed("an empty list, which asks for nothing; leave it out"));
        }
        if details.len() > MAX_DETAILS {
            return Err(Reason::DetailsTooMany
                .because(format!("{PARAMETER} has more than {MAX_DETAILS} elements in one request")));
        }
        for (index, detail) in details.iter().enumerate() {
            let has_type = type_of(detail).is_some_and(|name| !name.is_empty());
            if !has_type {
                return Err(Reason::DetailsMalformed.because(format!(
                    "the element {index} of {PARAMETER} is not an object with a type that is a text"
                )));
            }
            if has_inexact_number(detail) {
                return Err(Reason::DetailsMalformed.because(format!(
                    "the element {index} of {PARAMETER} has a number that programs would change, because it is too large \
                     (RFC 7493 section 2.2); send it as a text"
                )));
            }
            if let Some(pointer) = unreadable(detail, &mut String::new()) {
                return Err(check::at(Reason::DetailsText, index, &pointer).because(
                    "has a text of nothing but spaces, or with control characters, line ends, characters that are not shown, or \
                     controls of the writing direction, which the person could not read as it is",
                ));
            }
        }
        Ok(Self(details))
    }

    /// Details that were checked before.
    pub fn of(details: Vec<Value>) -> Self {
        Self(details)
    }

    /// Whether there are no details.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The details, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.0.iter()
    }

    /// The details of both, each as often as where it comes more often; of many, the last [`MAX_REMEMBERED`].
    pub fn and(&self, other: &Self) -> Self {
        let mut all: Vec<Value> = self.without(other).0.into_iter().chain(other.0.iter().cloned()).collect();
        all.drain(..all.len().saturating_sub(MAX_REMEMBERED));
        Self(all)
    }

    /// The details that `is_wanted` accepts.
    #[must_use]
    pub fn only(&self, is_wanted: impl Fn(&Value) -> bool) -> Self {
        Self(self.0.iter().filter(|detail| is_wanted(detail)).cloned().collect())
    }

    /// The details that are not in `other`. Equal details count one by one: of two, one is left if `other` has one, because
    /// two equal payments are not one.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(self.beyond(other).map(|(_, detail)| detail.clone()).collect())
    }

    /// The details that are not in `other`, each with its index, as [`Self::without`] counts them.
    fn beyond(&self, other: &Self) -> impl Iterator<Item = (usize, &Value)> {
        let mut left: Vec<&Value> = other.0.iter().collect();
        self.0.iter().enumerate().filter(move |(_, detail)| match left.iter().position(|one| one == detail) {
            Some(found) => {
                left.swap_remove(found);
                false
            }
            None => true,
        })
    }

    /// Narrows what was granted: each requested detail must be equal to a granted one, and none may come more often than it
    /// was granted (RFC 9396 §6).
    ///
    /// # Errors
    /// If a detail was not granted, or not so often.
    pub fn within(self, granted: &Self) -> Result<Self, OAuthError> {
        let beyond = self.beyond(granted).next();
        let Some((index, detail)) = beyond else { return Ok(self) };
        let what = if granted.0.contains(detail) {
            "comes more often than in the original authorization"
        } else {
            "is not equal to one of the original authorization"
        };
        Err(Reason::DetailsWidened.because(format!("the element {index} of {PARAMETER} {what}")))
    }

    /// The scope of a request with these details: what the request names. Without details, a request that names no scope
    /// gets the default of the client; with details it gets none, because they say what it asks for.
    ///
    /// # Errors
    /// Those of [`scope::resolve`].
    pub fn scope_beside(
        &self,
        params: &Params,
        allowed: &Scope,
        known: &impl KnownScopes,
    ) -> Result<Scope, OAuthError> {
        match scope::requested(params)? {
            None if !self.is_empty() => Ok(Scope::default()),
            requested => scope::resolve(requested, allowed, known),
        }
    }

    /// The JSON of all details, which is the same for equal details.
    pub fn to_json(&self) -> String {
        // JSON values always serialize.
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}

/// The type of a detail.
pub fn type_of(detail: &Value) -> Option<&str> {
    detail.as_object()?.get("type")?.as_str()
}

/// The `locations` of a detail; empty if it has none.
pub fn locations(detail: &Value) -> impl Iterator<Item = &str> {
    detail.get("locations").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The JSON Pointer of the first text, or name of a member, that a page cannot show as it is. `None` if there is no such text.
fn unreadable(value: &Value, pointer: &mut String) -> Option<String> {
    match value {
        Value::String(text) => (!is_shown(text) || is_hidden(text)).then(|| pointer.clone()),
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(at, item)| below(item, &at.to_string(), pointer))
        }
        Value::Object(members) => members.iter().find_map(|(name, item)| match is_shown(name) {
            true => below(item, &name.replace('~', "~0").replace('/', "~1"), pointer),
            false => Some(pointer.clone()),
        }),
        _ => None,
    }
}

/// Whether a number is too large to be kept as it came: beyond 64 bits, digits would be lost.
fn has_inexact_number(value: &Value) -> bool {
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => {
            number.is_f64() && number.as_f64().is_some_and(|number| number.abs() >= LARGEST)
        }
        Value::Array(items) => items.iter().any(has_inexact_number),
        Value::Object(members) => members.values().any(has_inexact_number),
        _ => false,
    }
}

/// Whether a text looks like none, although it is one.
fn is_hidden(text: &str) -> bool {
    !text.is_empty() && is_blank(text)
}

fn below(value: &Value, segment: &str, pointer: &mut String) -> Option<String> {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(segment);
    let found = unreadable(value, pointer);
    pointer.truncate(length);
    found
}

#[cfg(test)]
mod tests;
