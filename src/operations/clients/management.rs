//! Clients that may use the management API. Only an owner changes them: a new secret, key or redirect URI of such a client
//! would give its permissions to the one who made the change.

use crate::oauth::client::Client;
use crate::oauth::grant::management;
use crate::operations::actor::Actor;
use crate::operations::fault::Fault;

/// Checks that the actor may make a change between these states of a client: those before and after it.
///
/// # Errors
/// If the client has a scope of the management API in one of them, and the actor is not an owner.
pub(super) fn may_change<'c>(
    actor: &Actor,
    states: impl IntoIterator<Item = &'c Client>,
) -> Result<(), Fault> {
    if states.into_iter().any(|client| management::has_any(&client.scopes)) {
        actor.must_be_owner("a client with scopes of the management API")?;
    }
    Ok(())
}
