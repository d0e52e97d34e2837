//! The members of a trusted issuer in a body.

use serde_json::Value;

use super::Members;
use super::named::NamedObject;
use crate::failure::Denied;
use crate::oauth::client::AssertionAudience;
use crate::oauth::grant::scope::Scope;
use crate::oauth::grant::trusted_issuer::{IssuerKeys, TrustedIssuer};
use crate::operations::Context;
use crate::operations::fault::Faults;
use crate::operations::list::{List, Listing};
use crate::operations::list_change::ListChange;
use crate::operations::terms::Version;
use crate::operations::trusted_issuers::{self, TrustedIssuerChanges};
use crate::representation;
use crate::store::page::NameFilter;

/// The word for the audience that every server has: its issuer.
const ISSUER: &str = "issuer";

impl NamedObject for TrustedIssuer {
    const PLACE: &'static str = "issuers";
    const NAME: &'static str = "issuer";
    type Changes = TrustedIssuerChanges;

    fn name(&self) -> &str {
        &self.issuer
    }

    fn read(members: &mut Members, issuer: String) -> Self {
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
        Self {
            issuer,
            keys: keys.change().unwrap_or_else(|| IssuerKeys::Here(String::new())),
            scopes: Scope::from_stored(&given.scopes.new_members().join(" ")),
            audience: given.audience.flatten(),
            clients: given.clients.new_members().to_vec(),
        }
    }

    fn read_changes(members: &mut Members) -> Self::Changes {
        let given = keys(members);
        if given == GivenKeys::Removed {
            members.wrong("jwks", "an issuer has jwks or jwks_uri; to remove one, give the other");
        }
        TrustedIssuerChanges { keys: given.change(), ..other_changes(members) }
    }

    fn whole(self) -> Self::Changes {
        TrustedIssuerChanges {
            keys: Some(self.keys),
            scopes: ListChange::Replace(self.scopes.names().map(str::to_owned).collect()),
            audience: Some(self.audience),
            clients: ListChange::Replace(self.clients),
        }
    }

    fn to_json(&self) -> Value {
        representation::trusted_issuer::to_json(self)
    }

    fn version(&self) -> Version {
        trusted_issuers::version(self)
    }

    async fn list(context: &Context<'_>, listing: Listing<NameFilter>) -> Result<List<Self>, Denied<Faults>> {
        trusted_issuers::list(context, listing).await
    }

    async fn find(context: &Context<'_>, name: &str) -> Result<Self, Denied<Faults>> {
        trusted_issuers::find(context, name).await
    }

    async fn create(context: &Context<'_>, object: Self) -> Result<Self, Denied<Faults>> {
        Ok(trusted_issuers::create(context, object).await?.outcome)
    }

    async fn update(
        context: &Context<'_>,
        name: &str,
        changes: Self::Changes,
    ) -> Result<Self, Denied<Faults>> {
        Ok(trusted_issuers::update(context, name, changes).await?.outcome.0)
    }

    async fn delete(context: &Context<'_>, name: &str) -> Result<(), Denied<Faults>> {
        trusted_issuers::delete(context, name).await?;
        Ok(())
    }
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
