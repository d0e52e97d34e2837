//! The members of a resource in a body.

use serde_json::Value;

use super::Members;
use super::named::NamedObject;
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::oauth::client::TokenFormat;
use crate::oauth::grant::resource::Resource;
use crate::oauth::grant::scope::Scope;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::operations::Context;
use crate::operations::fault::Faults;
use crate::operations::list::{List, Listing};
use crate::operations::list_change::ListChange;
use crate::operations::resources::{self, ResourceChanges};
use crate::operations::terms::Version;
use crate::representation;
use crate::store::page::NameFilter;

impl NamedObject for Resource {
    const PLACE: &'static str = "resources";
    const NAME: &'static str = "resource";
    type Changes = ResourceChanges;

    fn name(&self) -> &str {
        &self.uri
    }

    fn read(members: &mut Members, uri: String) -> Self {
        let given = Self::read_changes(members);
        Self {
            uri,
            version: 1,
            scopes: Scope::from_stored(&given.scopes.new_members().join(" ")),
            format: given.format.unwrap_or(TokenFormat::Jwt),
            algorithm: given.algorithm.flatten(),
            access_token_lifetime: given.access_token_lifetime.flatten(),
            servers: given.servers.new_members().to_vec(),
        }
    }

    fn read_changes(members: &mut Members) -> Self::Changes {
        let formats: Vec<&str> = TokenFormat::ALL.iter().map(|known| known.as_str()).collect();
        let format = members.changed_word("token_format", &formats, TokenFormat::parse);
        let algorithms: Vec<&str> = SigningAlgorithm::ALL.iter().map(|known| known.as_str()).collect();
        let lifetime = members.changed_number("access_token_lifetime");
        ResourceChanges {
            scopes: members.scope_change("scope"),
            servers: members.clients("clients"),
            format: format.map(|format| format.unwrap_or(TokenFormat::Jwt)),
            algorithm: members.changed_word("token_alg", &algorithms, SigningAlgorithm::parse),
            access_token_lifetime: lifetime.map(|number| number.map(Seconds::new)),
        }
    }

    fn whole(self) -> Self::Changes {
        ResourceChanges {
            scopes: ListChange::Replace(self.scopes.names().map(str::to_owned).collect()),
            servers: ListChange::Replace(self.servers),
            format: Some(self.format),
            algorithm: Some(self.algorithm),
            access_token_lifetime: Some(self.access_token_lifetime),
        }
    }

    fn to_json(&self) -> Value {
        representation::resource::to_json(self)
    }

    fn version(&self) -> Version {
        resources::version(self)
    }

    async fn list(context: &Context<'_>, listing: Listing<NameFilter>) -> Result<List<Self>, Denied<Faults>> {
        resources::list(context, listing).await
    }

    async fn find(context: &Context<'_>, name: &str) -> Result<Self, Denied<Faults>> {
        resources::find(context, name).await
    }

    async fn create(context: &Context<'_>, object: Self) -> Result<Self, Denied<Faults>> {
        Ok(resources::create(context, object).await?.outcome)
    }

    async fn update(
        context: &Context<'_>,
        name: &str,
        changes: Self::Changes,
    ) -> Result<Self, Denied<Faults>> {
        Ok(resources::update(context, name, changes).await?.outcome)
    }

    async fn delete(context: &Context<'_>, name: &str) -> Result<(), Denied<Faults>> {
        resources::delete(context, name).await?;
        Ok(())
    }
}
