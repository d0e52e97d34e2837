//! Who may change people with a role, and that an owner remains.

use super::actor::Actor;
use super::api_keys::last_owner;
use super::fault::{Fault, Faults};
use crate::failure::Denied;
use crate::oauth::identity::role::Role;
use crate::store::api_keys::has_owner_besides;
use crate::store::db::Conn;
use crate::store::users::UserRecord;

/// Checks that the actor may change a user, set the user's password or delete the user: who can do that can act as this
/// person.
///
/// # Errors
/// If the user may do more than the actor.
pub(super) fn may_change(actor: &Actor, user: &UserRecord) -> Result<(), Fault> {
    match user.role {
        None => Ok(()),
        Some(Role::Owner) => actor.must_be_owner("an owner"),
        Some(role) => actor.must_hold(&role.limit()),
    }
}

/// Checks that the actor may give this role to a user who has the role `before`.
///
/// # Errors
/// If the role is another one, and the actor is not an owner.
pub(super) fn may_give(actor: &Actor, before: Option<Role>, role: Option<Role>) -> Result<(), Fault> {
    if before == role { Ok(()) } else { actor.must_be_owner("the role of a person") }
}

/// Checks, in the transaction that takes this user's role away or disables the user, that another owner remains who does not
/// end by itself. Only a command may take the last one, because a command can also make a new one.
///
/// Someone who was invited and has not set a password is no owner yet.
///
/// # Errors
/// If the user is the last owner.
pub(super) async fn must_leave_an_owner(
    conn: &mut Conn,
    actor: &Actor,
    user: &UserRecord,
) -> Result<(), Denied<Faults>> {
    let is_owner =
        user.role == Some(Role::Owner) && user.disabled_at.is_none() && user.password_changed_at.is_some();
    if !is_owner || actor.is_command() || has_owner_besides(conn, user.person.id.as_str(), None).await? {
        return Ok(());
    }
    Err(last_owner().into())
}
