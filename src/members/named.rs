//! Objects whose name the caller chooses: scopes, resources, authorization types and trusted issuers.

use serde_json::Value;

use super::Members;
use crate::failure::Denied;
use crate::operations::Context;
use crate::operations::fault::Faults;
use crate::operations::list::{List, Listing};
use crate::operations::terms::Version;
use crate::store::page::NameFilter;

/// An object with a name that never changes: how it is read, and the operations on it.
pub(crate) trait NamedObject: Sized + Send + 'static {
    /// The last part of the path of all these objects, in the management API and in the console.
    const PLACE: &'static str;
    /// The member that is the name.
    const NAME: &'static str;
    /// What a change of an object gives.
    type Changes;

    /// The name of the object.
    fn name(&self) -> &str;

    /// Reads an object to create under this name, or one that replaces it. What is wrong is noted with the members.
    fn read(members: &mut Members, name: String) -> Self;

    /// Reads a merge patch of an object (RFC 7396). What is wrong is noted with the members.
    fn read_changes(members: &mut Members) -> Self::Changes;

    /// The changes that give an object all the members of this one.
    fn whole(self) -> Self::Changes;

    /// The members of the object.
    fn to_json(&self) -> Value;

    /// The version of the object, which every change of it changes.
    fn version(&self) -> Version;

    /// A page of the objects, sorted by name.
    async fn list(context: &Context<'_>, listing: Listing<NameFilter>) -> Result<List<Self>, Denied<Faults>>;

    /// Finds an object by its name.
    async fn find(context: &Context<'_>, name: &str) -> Result<Self, Denied<Faults>>;

    /// Creates the object. Returns it as it is stored.
    async fn create(context: &Context<'_>, object: Self) -> Result<Self, Denied<Faults>>;

    /// Changes an object. Returns it as it is now.
    async fn update(
        context: &Context<'_>,
        name: &str,
        changes: Self::Changes,
    ) -> Result<Self, Denied<Faults>>;

    /// Deletes an object that nothing else needs.
    async fn delete(context: &Context<'_>, name: &str) -> Result<(), Denied<Faults>>;
}
