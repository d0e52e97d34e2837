//! The members of a trusted issuer in a body.

use serde_json::Value;

use super::Members;
use crate::oauth::client::AssertionAudience;
use crate::oauth::grant::scope::Scope;
use crate::oauth::grant::trusted_issuer::{IssuerKeys, TrustedIssuer};
use crate::operations::list_change::ListChange;
use crate::operations::trusted_issuers::TrustedIssuerChanges;

/// The word for the audience that every server has: its issuer.
const ISSUER: &str = "issuer";

/// Reads an issuer to trust under this name, or one that replaces it. What is wrong is noted with the members.
pub fn new(members: &mut Members, issuer: String) -> TrustedIssuer {
    let keys = keys(members);
    if matches!(keys, GivenKeys::None | GivenKeys::Removed) {
        members.wrong("jwks", "an issuer has jwks or jwks_uri");
    }
    let given = other_changes(members);
    if given.scopes == ListChange::Keep {
        members.missing_unless_wrong("scope");
    }
    if given.clients == ListChange::Keep {
        members.missing_unless_wrong("clients");
    }
    TrustedIssuer {
        issuer,
        keys: keys.change().unwrap_or_else(|| IssuerKeys::Here(String::new())),
        scopes: Scope::from_stored(&given.scopes.new_members().join(" ")),
        audience: given.audience.flatten(),
        clients: given.clients.new_members().to_vec(),
    }
}

/// The changes that give an issuer all the members of this one.
pub fn whole(issuer: TrustedIssuer) -> TrustedIssuerChanges {
    TrustedIssuerChanges {
        keys: Some(issuer.keys),
        scopes: ListChange::Replace(issuer.scopes.names().map(str::to_owned).collect()),
        audience: Some(issuer.audience),
        clients: ListChange::Replace(issuer.clients),
    }
}

/// Reads a merge patch of an issuer (RFC 7396). What is wrong is noted with the members.
pub fn changes(members: &mut Members) -> TrustedIssuerChanges {
    let given = keys(members);
    if given == GivenKeys::Removed {
        members.wrong("jwks", "an issuer has jwks or jwks_uri; to remove one, give the other");
    }
    TrustedIssuerChanges { keys: given.change(), ..other_changes(members) }
}

fn other_changes(members: &mut Members) -> TrustedIssuerChanges {
    let words = [ISSUER, AssertionAudience::TokenEndpoint.as_str()];
    let parse = |word: &str| match word {
        ISSUER => Some(None),
        word => AssertionAudience::parse(word).map(Some),
    };
    TrustedIssuerChanges {
        keys: None,
        scopes: members.scope_change("scope"),
        audience: members.changed_word("assertion_audience", &words, parse).map(Option::flatten),
        clients: members.clients("clients"),
    }
}

/// What a body says about the keys of an issuer, which has one of two members.
#[derive(Clone, Debug, PartialEq, Eq)]
enum GivenKeys {
    /// Nothing.
    None,
    /// At least one of the members is `null`, and no other one takes its place.
    Removed,
    /// Something that is wrong, which is noted.
    Wrong,
    Given(IssuerKeys),
}

impl GivenKeys {
    fn change(self) -> Option<IssuerKeys> {
        match self {
            Self::Given(keys) => Some(keys),
            _ => None,
        }
    }
}

fn keys(members: &mut Members) -> GivenKeys {
    let here = members.take("jwks");
    let has_uri = members.has("jwks_uri");
    let at = members.text("jwks_uri");
    match (here, at) {
        (Some(here), Some(_)) if !here.is_null() => {
            members.wrong("jwks_uri", "an issuer has jwks or jwks_uri, not both");
            GivenKeys::Given(IssuerKeys::Here(here.to_string()))
        }
        (_, Some(uri)) => GivenKeys::Given(IssuerKeys::At(uri)),
        (Some(set @ Value::Object(_)), None) => GivenKeys::Given(IssuerKeys::Here(set.to_string())),
        (Some(Value::Null), None) => GivenKeys::Removed,
        (Some(_), None) => {
            members.wrong("jwks", "it must be a JWK Set");
            GivenKeys::Wrong
        }
        (None, None) if has_uri => GivenKeys::Removed,
        (None, None) => GivenKeys::None,
    }
}
