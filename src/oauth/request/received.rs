//! The parameters of an authorization request, resolved once: each with the place that it came from.
//!
//! Whatever carries a request (a query, a form, later a pushed request or a signed request object) ends up here,
//! and the checks read nothing else. Only what was resolved is kept while a person signs in.

use serde::{Deserialize, Serialize};

use crate::oauth::request::params::Params;

/// Where a parameter came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The query of a GET (RFC 6749 §3.1).
    Query,
    /// The form body of a POST (RFC 6749 §3.1, OpenID Connect Core §3.1.2.1).
    Form,
}

/// The parameters whose repetition, length and characters are checked in every request, also where nothing reads them.
pub(super) const CHECKED_PARAMETERS: [&str; 14] = [
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
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
];

/// The other parameters that the authorization endpoint reads, each with a check of its own.
const OTHERS: [&str; 3] = ["client_id", "redirect_uri", "resource"];

/// An authorization request as it was received, reduced to the parameters that this endpoint reads.
///
/// It is bounded: any parameter that is not listed above is ignored (RFC 6749 §3.1), and the checks bound how often each
/// may occur and how long it may be.
#[derive(Clone, Debug, Default)]
pub struct Received {
    params: Params,
    /// One for each pair of `params`, in their order.
    sources: Vec<Source>,
}

impl Received {
    /// The request whose parameters all came from `source`.
    pub fn resolve(source: Source, params: Params) -> Self {
        let params = params.only(|name| CHECKED_PARAMETERS.contains(&name) || OTHERS.contains(&name));
        let sources = vec![source; params.pairs().len()];
        Self { params, sources }
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
