//! The query of a request: each parameter once, and no parameter that the address does not have.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::error::ApiError;
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::reason::Reason;

/// The parameters that have not been read yet.
#[derive(Debug, Default)]
pub(super) struct ApiQuery(BTreeMap<String, String>);

impl ApiQuery {
    /// Reads the query of a URL.
    ///
    /// # Errors
    /// If it is malformed, or has a parameter twice.
    pub(super) fn of(text: &str) -> Result<Self, ApiError> {
        Ok(Self(parameters(text)?))
    }

    /// Takes a parameter. `None` if it did not come.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Takes a parameter that is one of these words.
    ///
    /// # Errors
    /// If it is another word.
    pub(super) fn take_one_of<T: Copy>(
        &mut self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, ApiError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == value);
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let wrong = || invalid(format!("{name} is one of: {}", all.join(", ")));
        found.map(|(_, value)| Some(*value)).ok_or_else(wrong)
    }

    /// Takes a parameter that is `true` or `false`.
    ///
    /// # Errors
    /// If it is another word.
    pub(super) fn take_flag(&mut self, name: &str) -> Result<Option<bool>, ApiError> {
        self.take_one_of(name, &[("true", true), ("false", false)])
    }

    /// Checks that all parameters were read.
    ///
    /// # Errors
    /// If there are others, which are unknown.
    pub(super) fn end(self) -> Result<(), OAuthError> {
        let unknown = |name: &String| format!("the parameter {} is not known here", quoted(name));
        let sentences: Vec<String> = self.0.keys().map(unknown).collect();
        match sentences.is_empty() {
            true => Ok(()),
            false => Err(Reason::ApiParameterUnknown.because(sentences.join("; "))),
        }
    }
}

/// The names and values in a query.
///
/// # Errors
/// If it is malformed, or has a parameter twice.
pub fn parameters(text: &str) -> Result<BTreeMap<String, String>, OAuthError> {
    let malformed = |sentence| Reason::ApiParameterInvalid.because(sentence);
    let mut parameters = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = |text| decoded(text).ok_or_else(|| malformed("the query is not UTF-8"));
        let (name, value) = (decoded(name)?, decoded(value)?);
        if value.contains('\0') {
            // PostgreSQL cannot store it, so nothing has such a name.
            return Err(malformed("a parameter of the query has the character U+0000"));
        }
        if parameters.insert(name, value).is_some() {
            return Err(Reason::ParameterRepeated.because("a parameter of the query came twice"));
        }
    }
    Ok(parameters)
}

/// A name or value without its percent-encoding; `None` if it is not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(Into::into)
}

/// The refusal of a parameter or header.
pub(super) fn invalid(sentence: impl Into<String>) -> ApiError {
    Reason::ApiParameterInvalid.because(sentence.into()).into()
}
