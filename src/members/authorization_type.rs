//! The members of an authorization type in a body.

use serde_json::Value;

use super::Members;
use super::named::NamedObject;
use super::scope::{replacing, text, whole_text};
use crate::failure::Denied;
use crate::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use crate::operations::Context;
use crate::operations::authorization_types::{self, TypeChanges};
use crate::operations::fault::Faults;
use crate::operations::list::{List, Listing};
use crate::operations::list_change::ListChange;
use crate::operations::terms::Version;
use crate::representation;
use crate::store::page::NameFilter;

impl NamedObject for AuthorizationType {
    const PLACE: &'static str = "authorization-types";
    const NAME: &'static str = "name";
    type Changes = TypeChanges;

    fn name(&self) -> &str {
        &self.name
    }

    fn read(members: &mut Members, name: String) -> Self {
        let given = Self::read_changes(members);
        if given.schema.is_none() {
            members.missing_unless_wrong("schema");
        }
        let template = whole_text(members, &given.template, "template");
        if template.is_none() {
            members.missing_unless_wrong("template");
        }
        Self {
            name,
            version: 1,
            schema: given.schema.unwrap_or_default(),
            template: template.unwrap_or_default(),
            resources: given.resources.new_members().to_vec(),
            always_ask: given.always_ask.unwrap_or_default(),
        }
    }

    fn read_changes(members: &mut Members) -> Self::Changes {
        // It is replaced as a whole.
        let schema = match members.take("schema") {
            Some(schema @ Value::Object(_)) => Some(schema),
            Some(_) => {
                members.wrong("schema", "it must be a JSON Schema, as an object");
                None
            }
            None => None,
        };
        let changes = TypeChanges {
            schema,
            template: text(members, "template"),
            resources: members.texts("resources").map_or(ListChange::Keep, ListChange::Replace),
            always_ask: members.flag("always_ask"),
        };
        if changes.template.default == Some(None) {
            members.wrong("template", "it cannot be removed");
        }
        changes
    }

    fn whole(self) -> Self::Changes {
        TypeChanges {
            template: replacing(Some(&self.template)),
            schema: Some(self.schema),
            resources: ListChange::Replace(self.resources),
            always_ask: Some(self.always_ask),
        }
    }

    fn to_json(&self) -> Value {
        representation::authorization_type::to_json(self)
    }

    fn version(&self) -> Version {
        authorization_types::version(self)
    }

    async fn list(context: &Context<'_>, listing: Listing<NameFilter>) -> Result<List<Self>, Denied<Faults>> {
        authorization_types::list(context, listing).await
    }

    async fn find(context: &Context<'_>, name: &str) -> Result<Self, Denied<Faults>> {
        authorization_types::find(context, name).await
    }

    async fn create(context: &Context<'_>, object: Self) -> Result<Self, Denied<Faults>> {
        Ok(authorization_types::create(context, object).await?.outcome)
    }

    async fn update(
        context: &Context<'_>,
        name: &str,
        changes: Self::Changes,
    ) -> Result<Self, Denied<Faults>> {
        Ok(authorization_types::update(context, name, changes).await?.outcome)
    }

    async fn delete(context: &Context<'_>, name: &str) -> Result<(), Denied<Faults>> {
        authorization_types::delete(context, name).await?;
        Ok(())
    }
}
