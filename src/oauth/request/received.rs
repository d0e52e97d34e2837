//! The parameters of an authorization request, resolved once: each with the place that it came from.
//!
//! Whatever carries a request (a query, a form, a pushed request, a signed request object) ends up here,
//! and the checks read nothing else. Only what was resolved is kept while a person signs in.

use serde::{Deserialize, Serialize};

use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;

/// Where a parameter came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The query of a GET (RFC 6749 §3.1).
    Query,
    /// The form body of a POST (RFC 6749 §3.1, OpenID Connect Core §3.1.2.1).
    Form,
    /// The body of a pushed request (RFC 9126 §2.1).
    Pushed,
    /// A request object that a key of the client has signed (RFC 9101).
    SignedObject,
    /// A request object of a client that need not sign (OpenID Connect Core §6.1).
    UnsignedObject,
    /// An `id_token_hint` that was verified: the value is the client's `sub` of the person, and no longer the token.
    VerifiedHint,
}

/// The parameters whose repetition, length and characters are checked in every request, also where nothing reads them.
pub(super) const CHECKED_PARAMETERS: [&str; 16] = [
    "state",
    "response_type",
    "response_mode",
    "scope",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "nonce",
    "claims",
    "authorization_details",
    "prompt",
    "max_age",
    "id_token_hint",
    "ui_locales",
    "dpop_jkt",
];

const HINT: &str = "id_token_hint";
/// As long as the longest `sub` that this server gives a person: 32 bytes in base64url.
const LONGEST_SUBJECT: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// The other parameters that the authorization endpoint reads, each with a check of its own.
const OTHERS: [&str; 4] = ["client_id", "redirect_uri", "resource", "login_hint"];

/// An authorization request as it was received, reduced to the parameters that this endpoint reads.
///
/// It is bounded: any parameter that is not listed above is ignored (RFC 6749 §3.1), the checks bound how often each may
/// occur and how long it may be, and [`Received::check_length`] bounds all of them together.
#[derive(Clone, Debug, Default)]
pub struct Received {
    params: Params,
    /// One for each pair of `params`, in their order.
    sources: Vec<Source>,
}

impl Received {
    /// The largest number of bytes of the stored form.
    pub const MAX_STORED: usize = 8000;

    /// The request whose parameters all came from `source`.
    pub fn resolve(source: Source, params: Params) -> Self {
        let params = params.only(Self::reads);
        let sources = vec![source; params.pairs().len()];
        Self { params, sources }
    }

    /// The request with further parameters, which came from another source.
    #[must_use]
    pub fn and(mut self, source: Source, params: Params) -> Self {
        let Self { params, sources } = Self::resolve(source, params);
        let pairs = self.params.pairs().iter().chain(params.pairs()).cloned().collect();
        self.sources.extend(sources);
        Self { params: Params::from_pairs(pairs), sources: self.sources }
    }

    /// The request with this parameter, and none of the same name that it had.
    #[must_use]
    pub fn with_only(self, source: Source, name: &str, value: &str) -> Self {
        let Self { params, sources } = self;
        let others = params.pairs().iter().cloned().zip(sources).filter(|((known, _), _)| known != name);
        let (pairs, sources) = others.unzip();
        let added = Params::from_pairs(vec![(name.to_owned(), value.to_owned())]);
        Self { params: Params::from_pairs(pairs), sources }.and(source, added)
    }

    /// Whether the authorization endpoint reads a parameter with this name.
    pub fn reads(name: &str) -> bool {
        CHECKED_PARAMETERS.contains(&name) || OTHERS.contains(&name)
    }

    /// Whether the client pushed the request (RFC 9126).
    pub fn is_pushed(&self) -> bool {
        self.source_of("client_id") == Some(Source::Pushed)
    }

    /// Whether a key of the client has signed the request (RFC 9101).
    pub fn is_signed(&self) -> bool {
        self.sources.contains(&Source::SignedObject)
    }

    /// The parameters, for the checks.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// The place that a parameter came from; `None` if the request does not have it.
    pub fn source_of(&self, name: &str) -> Option<Source> {
        let at = self.params.pairs().iter().position(|(key, _)| key == name)?;
        self.sources.get(at).copied()
    }

    /// The request with the `sub` of a verified `id_token_hint` in place of the token, which may be longer than all the
    /// rest. Without a hint, the request is unchanged.
    #[must_use]
    pub fn with_verified_hint(mut self, subject: &str) -> Self {
        let at = self.params.replace(HINT, subject);
        if let Some(source) = at.and_then(|at| self.sources.get_mut(at)) {
            *source = Source::VerifiedHint;
        }
        self
    }

    /// The `sub` of an `id_token_hint` that was verified before; `None` if there is no hint, or it was not verified.
    pub fn verified_hint(&self) -> Option<&str> {
        let at = self.sources.iter().position(|source| *source == Source::VerifiedHint)?;
        self.params.pairs().get(at).map(|(_, subject)| subject.as_str())
    }

    /// Checks that the stored form has at most [`Self::MAX_STORED`] bytes. Of an `id_token_hint`, only the `sub` will be
    /// stored.
    ///
    /// # Errors
    /// If it is longer.
    pub fn check_length(&self) -> Result<(), OAuthError> {
        let too_long = || {
            Reason::ParameterTooLong.because(format!(
                "the parameters of the request are longer than {} bytes together",
                Self::MAX_STORED
            ))
        };
        // JSON writes a character in at most six times its bytes, and adds quotes, brackets and the source. So the JSON
        // of a usual request need not be made to know that it is short enough.
        let length = |name: &str, value: &str| if name == HINT { LONGEST_SUBJECT.len() } else { value.len() };
        let most =
            self.params.pairs().iter().map(|(name, value)| 6 * (name.len() + length(name, value)) + 32);
        let stored = || self.clone().with_verified_hint(LONGEST_SUBJECT).to_json().len();
        match most.sum::<usize>() < Self::MAX_STORED || stored() <= Self::MAX_STORED {
            true => Ok(()),
            false => Err(too_long()),
        }
    }

    /// The stored form: a JSON array of sources, each with its names and values, in their order.
    pub fn to_json(&self) -> String {
        let mut parts: Vec<(Source, Vec<(&str, &str)>)> = Vec::new();
        for ((name, value), source) in self.params.pairs().iter().zip(&self.sources) {
            match parts.last_mut() {
                Some((last, pairs)) if last == source => pairs.push((name, value)),
                _ => parts.push((*source, vec![(name, value)])),
            }
        }
        // Text and unit variants always serialize.
        serde_json::to_string(&parts).unwrap_or_default()
    }

    /// Reads the stored form; `None` if it is damaged.
    pub fn from_json(json: &str) -> Option<Self> {
        let parts: Vec<(Source, Vec<(String, String)>)> = serde_json::from_str(json).ok()?;
        let sources = parts.iter().flat_map(|(source, pairs)| pairs.iter().map(|_| *source)).collect();
        let pairs = parts.into_iter().flat_map(|(_, pairs)| pairs).collect();
        Some(Self { params: Params::from_pairs(pairs), sources })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn received(query: &str) -> Received {
        Received::resolve(Source::Query, Params::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn only_parameters_that_are_read_are_kept() {
        let received = received("client_id=a&junk=xxxx&state=s&resource=b&resource=c&Scope=d");
        let names: Vec<&str> = received.params().pairs().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["client_id", "state", "resource", "resource"]);
        assert_eq!(received.source_of("state"), Some(Source::Query));
        assert_eq!(received.source_of("junk"), None);
    }

    #[test]
    fn a_repeated_parameter_is_still_seen_by_the_checks() {
        assert_eq!(received("state=a&state=&state=b").params().count("state"), 3);
    }

    #[test]
    fn the_stored_form_has_at_most_8000_bytes() {
        let of = |length: usize, letter: &str| {
            let pairs = vec![("state".to_owned(), letter.repeat(length))];
            Received::resolve(Source::Query, Params::from_pairs(pairs))
        };
        let around = of(0, "").to_json().len();
        let most = Received::MAX_STORED - around;
        assert_eq!(of(most, "x").to_json().len(), 8000);
        for (length, letter) in [(most, "x"), (most / 2, "\""), (most / 6, "\u{1}"), (most / 4, "\u{1f980}")]
        {
            assert_eq!(of(length, letter).check_length(), Ok(()), "{length} {letter}");
            let longer = of(length + 1, letter).check_length().unwrap_err();
            assert_eq!(longer.reason, Reason::ParameterTooLong, "{length} {letter}");
        }
    }

    #[test]
    fn only_the_subject_of_a_verified_hint_is_stored_and_a_long_hint_does_not_make_a_request_too_long() {
        let hint = "x".repeat(Params::MAX_TOKEN_LENGTH);
        let of =
            |state: usize| received(&format!("state={}&id_token_hint={hint}&prompt=none", "s".repeat(state)));
        assert_eq!(of(7000).verified_hint(), None);
        assert_eq!(of(7000).check_length(), Ok(()));
        assert_eq!(of(7990).check_length().unwrap_err().reason, Reason::ParameterTooLong);
        let stored = of(1).with_verified_hint("subject").to_json();
        let back = Received::from_json(&stored).unwrap();
        assert_eq!(back.verified_hint(), Some("subject"));
        assert_eq!(back.params().one("id_token_hint"), Ok(Some("subject")));
        assert_eq!(back.source_of("state"), Some(Source::Query));
        assert_eq!(back.source_of("prompt"), Some(Source::Query));
        assert_eq!(
            received("state=s").with_verified_hint("subject").to_json(),
            received("state=s").to_json()
        );
    }

    #[test]
    fn a_damaged_stored_form_is_not_read() {
        for json in
            ["", "{}", r#"[["state","a"]]"#, r#"[["letter",[["state","a"]]]]"#, r#"[["query",[["state"]]]]"#]
        {
            assert!(Received::from_json(json).is_none(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn what_was_stored_comes_back(values in proptest::collection::vec("\\PC{0,40}", 0..5)) {
            let pairs = values.into_iter().map(|value| ("resource".to_owned(), value)).collect();
            let received = Received::resolve(Source::Form, Params::from_pairs(pairs));
            let back = Received::from_json(&received.to_json()).unwrap();
            prop_assert_eq!(back.params().pairs(), received.params().pairs());
            prop_assert_eq!(back.source_of("resource"), received.source_of("resource"));
        }
    }
}
