//! Partial consent: a person allows a part of what a request asks for, and the request is granted only that part (RFC 6749
//! §3.3).

use std::collections::BTreeSet;

use crate::oauth::client::Client;
use crate::oauth::grant::authorization_details::AuthorizationDetails;
use crate::oauth::grant::authorization_details::authorization_type::KnownAuthorizationTypes;
use crate::oauth::grant::consent::{Answer, Consent};
use crate::oauth::grant::granted::Granted;
use crate::oauth::grant::resource::{KnownResources, with_scope_left};
use crate::oauth::grant::scope::{KnownScopes, OPENID, Scope};
use crate::oauth::identity::claims::without_language;
use crate::oauth::request::{AuthorizationRequest, claims_of_scope};

/// Names of scopes, and names of claims that are asked about one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub scope: Scope,
    pub claims: BTreeSet<String>,
}

impl Names {
    /// The number of names.
    pub fn len(&self) -> usize {
        self.scope.names().count() + self.claims.len()
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.scope.is_empty() && self.claims.is_empty()
    }
}

/// What a person may leave out of a request: every scope except `openid` and required ones, and every claim of `named`. A
/// claim that the client calls essential can be left out too, because only the operator decides what is required (OpenID
/// Connect Core §5.5.1). Empty if the client does not allow partial consent, or is the operator's own and needs no consent.
pub fn optional(client: &Client, scope: &Scope, named: &BTreeSet<String>, known: &impl KnownScopes) -> Names {
    if !client.partial_consent || client.first_party {
        return Names::default();
    }
    let is_required = |name: &str| name == OPENID || known.find(name).is_some_and(|record| record.required);
    Names { scope: scope.only(|name| !is_required(name)), claims: named.clone() }
}

impl AuthorizationRequest {
    /// Whether the person has already answered everything that the request asks for: the scope, the claims that the
    /// consent page names, and the details that people are not asked about each time. A refusal only counts for what the
    /// person may leave out now.
    pub fn is_answered_by(&self, consent: &Consent) -> bool {
        let Consent { allowed, refused } = consent;
        let is_answered = |name: &str| {
            allowed.scope.contains(name)
                || (self.optional.scope.contains(name) && refused.scope.contains(name))
        };
        let is_answered_claim = |name: &String| {
            allowed.claims.contains(name)
                || (self.optional.claims.contains(name) && refused.claims.contains(name))
        };
        self.granted.scope.names().all(is_answered)
            && self.named.iter().all(is_answered_claim)
            && self.remembered_details().without(&allowed.details).is_empty()
    }

    /// The details that a consent remembers. A person allows or refuses all details of a request at once.
    fn remembered_details(&self) -> AuthorizationDetails {
        self.granted.details.without(&self.always_asked)
    }

    /// Whether the request is granted anything after this consent: a scope, or authorization details.
    pub fn has_anything_left(&self, consent: Option<&Consent>) -> bool {
        if !self.granted.details.is_empty() {
            return true;
        }
        let Some(Consent { refused, .. }) = consent else { return true };
        let is_refused = |name: &str| self.optional.scope.contains(name) && refused.scope.contains(name);
        !self.granted.scope.names().all(is_refused)
    }

    /// What the request is granted after this consent: without the scopes and claims that the person has refused, without
    /// the claims that only refused scopes ask for, and without the resources that no scope is left of.
    pub fn granted_after<K: KnownScopes + KnownResources + KnownAuthorizationTypes>(
        &self,
        consent: Option<&Consent>,
        known: &K,
    ) -> Granted {
        let refused = match consent {
            Some(consent) if !self.optional.is_empty() => self.refused_by(consent),
            _ => Names::default(),
        };
        self.granted_without(&refused, known)
    }

    /// The names that the person has refused before, of those that the person may leave out.
    pub fn refused_by(&self, Consent { refused, .. }: &Consent) -> Names {
        let Names { scope, claims } = &self.optional;
        Names {
            scope: scope.only(|name| refused.scope.contains(name)),
            claims: claims.iter().filter(|name| refused.claims.contains(name)).cloned().collect(),
        }
    }

    /// The answer of a person who has ticked only these scopes and claims. A name counts only if the person may leave it
    /// out; everything else that the request asks for is allowed.
    pub fn answer<K: KnownScopes + KnownResources + KnownAuthorizationTypes>(
        &self,
        (scopes, claims): (&BTreeSet<&str>, &BTreeSet<&str>),
        known: &K,
    ) -> Answer {
        let unticked = Names {
            scope: self.optional.scope.only(|name| !scopes.contains(name)),
            claims: self
                .optional
                .claims
                .iter()
                .filter(|name| !claims.contains(name.as_str()))
                .cloned()
                .collect(),
        };
        let Granted { scope, resources, claims, .. } = self.granted_without(&unticked, known);
        let refused_claims = refused_claims(&unticked, &scope, known);
        // Only the claims that the consent page names.
        let claims = claims.by_name(&self.named);
        let refused = self.granted.claims.by_name(&unticked.claims);
        let consent = Consent {
            allowed: Granted::new(scope, resources, claims, self.remembered_details()),
            refused: Granted { claims: refused, ..Granted::of_scope(unticked.scope) },
        };
        Answer { consent, refused_claims }
    }

    fn granted_without<K: KnownScopes + KnownResources + KnownAuthorizationTypes>(
        &self,
        refused: &Names,
        known: &K,
    ) -> Granted {
        if refused.is_empty() {
            return self.granted.clone();
        }
        let Granted { scope, resources, claims, details } = &self.granted;
        let scope = scope.without(&refused.scope);
        let by_scope = claims_of_scope(&scope, known);
        let is_allowed = |name: &str| {
            by_scope.contains(name) || (self.named.contains(name) && !refused.claims.contains(name))
        };
        let resources = with_scope_left(resources, (&scope, &details.placed(known)), known);
        Granted::new(scope, resources, claims.clone().only(is_allowed), details.clone())
    }
}

/// The claims that a person refuses with these scopes and by these names, without their languages. A claim that an allowed
/// scope contains is not refused.
fn refused_claims(unticked: &Names, allowed: &Scope, known: &impl KnownScopes) -> BTreeSet<String> {
    let still_allowed = claims_of_scope(allowed, known);
    let of_scopes = claims_of_scope(&unticked.scope, known).into_iter();
    let claims = of_scopes.chain(unticked.claims.iter().map(String::as_str));
    claims
        .filter(|name| !still_allowed.contains(name))
        .map(|name| without_language(name).to_owned())
        .collect()
}
