//! What a person has answered on the consent pages of a client.

use std::collections::BTreeSet;

use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::scope::KnownScopes;
use crate::oauth::identity::claims::without_language;

/// What a person allows a client, and what the person refuses it. No scope and no claim is in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    pub allowed: Granted,
    /// What the person left out. Only clients that allow partial consent let a person do so.
    pub refused: Granted,
}

/// A person's new answer on a consent page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub consent: Consent,
    /// The claims that the person refuses, each by name or with a scope, and that no allowed scope contains. Their names
    /// are without languages.
    pub refused_claims: BTreeSet<String>,
}

impl Consent {
    /// This consent after a new answer, which replaces everything that was answered before about the same scopes and
    /// claims.
    #[must_use]
    pub fn after(&self, answer: &Answer, known: &impl KnownScopes) -> Self {
        let Self { allowed, refused } = &answer.consent;
        Self {
            allowed: self.allowed_beside(answer, known).and(allowed),
            refused: self.refused.without(allowed).and(refused),
        }
    }

    /// This consent without the permission for what the answer refuses. The person is asked again about it.
    #[must_use]
    pub fn without_refused(&self, answer: &Answer, known: &impl KnownScopes) -> Self {
        Self { allowed: self.allowed_beside(answer, known), refused: self.refused.clone() }
    }

    /// The permissions that do not contradict a refusal. The same claim can be allowed by its name and with several scopes,
    /// and a person who refuses it in one of these ways does not expect it to be given in another.
    fn allowed_beside(&self, answer: &Answer, known: &impl KnownScopes) -> Granted {
        let is_refused = |claim: &str| answer.refused_claims.contains(without_language(claim));
        let has_refused = |scope: &str| {
            known.find(scope).is_some_and(|record| record.claims.iter().any(|claim| is_refused(claim)))
        };
        let Granted { scope, resources, claims, details } = self.allowed.without(&answer.consent.refused);
        let (scope, claims) = (scope.only(|name| !has_refused(name)), claims.only(|name| !is_refused(name)));
        Granted::new(scope, resources, claims, details)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::oauth::grant::scope::{Scope, ScopeRecord};
    use crate::oauth::request::claims_request::ClaimsRequest;

    fn granted(scope: &str, claims: &[&str]) -> Granted {
        let wanted: serde_json::Map<_, _> =
            claims.iter().map(|name| ((*name).to_owned(), serde_json::Value::Null)).collect();
        let claims = serde_json::json!({ "userinfo": wanted }).to_string();
        let claims = ClaimsRequest::parse(&claims).unwrap();
        Granted { claims, ..Granted::of_scope(Scope::from_stored(scope)) }
    }

    fn consent(allowed: Granted, refused: Granted) -> Consent {
        Consent { allowed, refused }
    }

    /// Two scopes with claims; the others have no claims.
    fn known() -> HashMap<&'static str, ScopeRecord> {
        let scope = |claims: &[&str]| ScopeRecord {
            claims: claims.iter().map(|name| (*name).to_owned()).collect(),
            ..ScopeRecord::default()
        };
        HashMap::from([("email", scope(&["email"])), ("name", scope(&["name#ja", "birthdate"]))])
    }

    #[test]
    fn a_new_answer_replaces_the_old_one_for_what_it_is_about() {
        let before = consent(granted("a b", &["email"]), granted("c d", &["phone_number"]));
        let answer = consent(granted("a c", &["phone_number"]), granted("b e", &["email"]));
        let after = consent(granted("a c", &["phone_number"]), granted("b d e", &["email"]));
        let answer = Answer { consent: answer, refused_claims: BTreeSet::from(["email".into()]) };
        assert_eq!(before.after(&answer, &known()), after);
        assert_eq!(after.after(&answer, &known()), after, "the same answer again changes nothing");
        assert_eq!(Consent::default().after(&answer, &known()), answer.consent);
    }

    #[test]
    fn what_is_taken_back_is_neither_allowed_nor_refused() {
        let before = consent(granted("a b", &["email"]), granted("c", &[]));
        let refused = consent(granted("", &[]), granted("b c", &["email"]));
        let answer = Answer { consent: refused, refused_claims: BTreeSet::default() };
        assert_eq!(before.without_refused(&answer, &known()), consent(granted("a", &[]), granted("c", &[])));
    }

    #[test]
    fn a_refused_claim_is_taken_back_with_every_scope_that_contains_it_and_in_every_language() {
        let before =
            consent(granted("a email name", &["email", "name", "name#de", "nickname"]), granted("", &[]));
        let taken_back = |refused: &str, claim: &str| {
            let refused = consent(Granted::default(), granted(refused, &[]));
            let answer = Answer { consent: refused, refused_claims: BTreeSet::from([claim.into()]) };
            let after = before.after(&answer, &known());
            assert_eq!(after.allowed, before.without_refused(&answer, &known()).allowed);
            after.allowed
        };
        assert_eq!(taken_back("other", "email"), granted("a name", &["name", "name#de", "nickname"]));
        assert_eq!(taken_back("", "name"), granted("a email", &["email", "nickname"]));
        assert_eq!(taken_back("", "picture"), before.allowed);
    }
}
