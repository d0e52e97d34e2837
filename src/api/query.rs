//! The query of a request: each parameter once, and no parameter that the address does not have. Every faulty parameter is named
//! at once.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::error::ApiError;
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::reason::Reason;

/// The parameters that have not been read yet, and what was wrong with the others.
#[derive(Debug, Default)]
pub(super) struct ApiQuery {
    left: BTreeMap<String, String>,
    faults: Vec<String>,
}

impl ApiQuery {
    /// Reads the query of a URL.
    ///
    /// # Errors
    /// If it is malformed, or has a parameter twice.
    pub(super) fn of(text: &str) -> Result<Self, ApiError> {
        Ok(Self { left: parameters(text)?, faults: Vec::new() })
    }

    /// Takes a parameter. `None` if it did not come.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.left.remove(name)
    }

    /// Takes a parameter that has this form. `None` also if it has another one, which is noted with the sentence.
    pub(super) fn take_parsed<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Option<T>,
        sentence: impl FnOnce() -> String,
    ) -> Option<T> {
        let found = parse(&self.take(name)?);
        if found.is_none() {
            self.faults.push(sentence());
        }
        found
    }

    /// Takes a parameter that is one of these words. `None` also if it is another word, which is noted.
    pub(super) fn take_one_of<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let parse = |value: &str| words.iter().find(|(word, _)| *word == value).map(|(_, value)| *value);
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.take_parsed(name, parse, || format!("{name} is one of: {}", all.join(", ")))
    }

    /// Takes a parameter that is `true` or `false`. `None` also if it is another word, which is noted.
    pub(super) fn take_flag(&mut self, name: &str) -> Option<bool> {
        self.take_one_of(name, &[("true", true), ("false", false)])
    }

    /// Checks that all parameters were read and are valid.
    ///
    /// # Errors
    /// If a parameter is not, with every faulty one. Those that are left are unknown.
    pub(super) fn end(self) -> Result<(), OAuthError> {
        let unknown = |name: &String| format!("the parameter {} is not known here", quoted(name));
        let reason = match self.faults.is_empty() {
            true => Reason::ApiParameterUnknown,
            false => Reason::ApiParameterInvalid,
        };
        let mut sentences = self.faults;
        sentences.extend(self.left.keys().map(unknown));
        match sentences.is_empty() {
            true => Ok(()),
            false => Err(reason.because(sentences.join("; "))),
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
