//! The deletion of a scope, which takes it from everything that has it.
//!
//! Who may delete a scope may not change every object that has it. So each of these objects changes only for an actor who could
//! change it anyway, and its change is an event of its own, in the transaction of the change.

use std::sync::Arc;

use super::actor::Actor;
use super::event::{Act, Event};
use super::fault::{Fault, Faults};
use super::scopes::{event, existing, in_a_sentence, members, must_not_be_of_management, take_from_granted};
use super::{Context, Done, Outcome, clients, resources, trusted_issuers};
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::oauth::client::console::is_console;
use crate::oauth::grant::management;
use crate::oauth::grant::scope::{OPENID, Scope};
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need};
use crate::store::clients as stored_clients;
use crate::store::db::{Conn, Tx};
use crate::store::resources as stored_resources;
use crate::store::scopes as stored_scopes;
use crate::store::trusted_issuers as stored_issuers;
use crate::store::withdrawn::{self, Withdrawn};

/// Whether a scope that clients may ask for can be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InUse {
    /// No: the deletion is refused.
    Refuse,
    /// Yes: the scope is taken from the clients.
    TakeAway,
}

/// The number of objects that lose a scope in one transaction.
const OBJECTS: usize = 50;

/// The objects that have a scope.
#[derive(Clone, Debug, Default)]
struct Holders {
    clients: Vec<ClientId>,
    resources: Vec<String>,
    issuers: Vec<String>,
}

/// Returns the clients that may ask for a scope, without the console, which is in no list.
///
/// # Errors
/// Only failures.
pub async fn clients_with(context: &Context<'_>, name: &str) -> Result<Vec<ClientId>, Denied<Faults>> {
    let name = name.to_owned();
    context
        .read(async move |conn: &mut Conn| {
            let allowed = stored_clients::list_allowed(conn, &name).await?;
            Ok(allowed.into_iter().map(|(id, _)| id).filter(|id| !is_console(id)).collect())
        })
        .await
}

/// Returns the clients that lose a scope when it is deleted.
///
/// # Errors
/// If there is no such scope, it is `openid` or belongs to the management API, it is the only one of a resource, clients may
/// ask for it and `in_use` refuses that, or the actor may not change what has it.
pub async fn check_delete(
    context: &Context<'_>,
    name: &str,
    in_use: InUse,
) -> Result<Vec<ClientId>, Denied<Faults>> {
    Ok(check(context, name, in_use).await?.clients)
}

/// Deletes a scope, and removes it from clients, resources and trusted issuers, and from what people have allowed. The
/// outcome is the clients that lose it.
///
/// The objects lose it first, so that no one can ask for it. If the act is interrupted, deleting the scope again finishes
/// the act.
///
/// # Errors
/// Those of [`check_delete`].
pub async fn delete(context: &Context<'_>, name: &str, in_use: InUse) -> Outcome<Vec<ClientId>> {
    let read = name.to_owned();
    let before = context.read(async move |conn: &mut Conn| existing(conn, &read).await).await?;
    context.terms.check(&members(&before))?;
    let holders = check(context, name, in_use).await?;
    let losing_it = holders.clients.clone();
    if context.terms.is_rehearsal {
        let event = event(Act::ScopeDeleted, name).deleting(members(&before));
        return Ok(Done { outcome: losing_it, event });
    }
    take_from_holders(context, name, &holders).await?;
    let withdrawn = Withdrawn::Scope(name.to_owned());
    take_from_granted(context, &withdrawn).await?;
    let Context { now, terms, actor, .. } = context.clone();
    let (name, lost, witness) = (name.to_owned(), losing_it, context.witness());
    let done: Outcome<Vec<ClientId>> = context
        .act(async move |tx: &mut Tx| {
            let before = members(&existing(tx, &name).await?);
            terms.check(&before)?;
            let late = holders_for(tx, &actor, &name, in_use).await?;
            let events = late.lose(tx, &actor, &name, now).await?;
            witness.record(tx, &events).await?;
            stored_scopes::delete(tx, &name).await?;
            withdrawn::note(tx).await?;
            Ok(Done { outcome: lost.clone(), event: event(Act::ScopeDeleted, &name).deleting(before) })
        })
        .await;
    let done = done?;
    // Also from what people have allowed while the act went on. No request can store more of it now.
    take_from_granted(context, &withdrawn).await?;
    Ok(done)
}

/// Takes a scope from the objects that have it, some of them in each transaction, with an event for each.
async fn take_from_holders(
    context: &Context<'_>,
    name: &str,
    holders: &Holders,
) -> Result<(), Denied<Faults>> {
    for part in holders.parts() {
        let Context { now, actor, .. } = context.clone();
        let (name, witness) = (name.to_owned(), context.witness());
        let take = async move |tx: &mut Tx| {
            let events = part.lose(tx, &actor, &name, now).await?;
            Ok::<_, Denied<Faults>>(witness.record(tx, &events).await?)
        };
        context.db.decide(take).await?;
    }
    Ok(())
}

async fn check(context: &Context<'_>, name: &str, in_use: InUse) -> Result<Holders, Denied<Faults>> {
    let (name, actor): (_, Arc<Actor>) = (name.to_owned(), context.actor.clone());
    context.read(async move |conn: &mut Conn| holders_for(conn, &actor, &name, in_use).await).await
}

/// The objects that have a scope, for an actor who may take it from all of them.
async fn holders_for(
    conn: &mut Conn,
    actor: &Actor,
    name: &str,
    in_use: InUse,
) -> Result<Holders, Denied<Faults>> {
    if name == OPENID {
        let sentence = "the scope openid stays: applications sign people in with it";
        return Err(Fault::conflict(None, sentence).into());
    }
    must_not_be_of_management(name)?;
    existing(conn, name).await?;
    let allowed = stored_clients::list_allowed(conn, name).await?;
    if !allowed.is_empty() && in_use == InUse::Refuse {
        let clients = in_a_sentence(&ids(&allowed));
        return Err(Fault::conflict("scope", format!("the scope {name} is allowed to {clients}")).into());
    }
    may_take_from_clients(actor, name, &allowed)?;
    let issuers = stored_issuers::list_of_scope(conn, name).await?;
    if let Some(first) = issuers.first() {
        actor.must_be_owner(&format!("the trusted issuer {first}, which has the scope {name},"))?;
    }
    let resources = stored_resources::list_of_scope(conn, name).await?;
    if let Some((uri, _)) = resources.iter().find(|(_, scopes)| scopes.names().count() == 1) {
        let sentence = format!(
            "the scope {name} is the only one of the resource {uri}, which would then need none; give the resource another \
             scope or delete it first"
        );
        return Err(Fault::conflict(None, sentence).into());
    }
    let resources = resources.into_iter().map(|(uri, _)| uri).collect();
    Ok(Holders { clients: ids(&allowed), resources, issuers })
}

/// Checks that the actor may change the clients that have a scope, each with all its scopes.
fn may_take_from_clients(actor: &Actor, name: &str, allowed: &[(ClientId, Scope)]) -> Result<(), Fault> {
    let Some((first, _)) = allowed.first() else { return Ok(()) };
    let why = format!("the scope {name} is taken from clients such as {first}");
    actor.must_cover(Need::write(Area::Clients), &why)?;
    match allowed.iter().find(|(_, scopes)| management::has_any(scopes)) {
        Some((id, _)) => actor.must_be_owner(&format!(
            "the client {id}, which has the scope {name} and scopes of the management API,"
        )),
        None => Ok(()),
    }
}

fn ids(allowed: &[(ClientId, Scope)]) -> Vec<ClientId> {
    allowed.iter().map(|(id, _)| id.clone()).collect()
}

impl Holders {
    /// The objects in parts, each for one transaction.
    fn parts(&self) -> Vec<Self> {
        let clients =
            self.clients.chunks(OBJECTS).map(|part| Self { clients: part.to_vec(), ..Self::default() });
        let resources =
            self.resources.chunks(OBJECTS).map(|part| Self { resources: part.to_vec(), ..Self::default() });
        let issuers =
            self.issuers.chunks(OBJECTS).map(|part| Self { issuers: part.to_vec(), ..Self::default() });
        clients.chain(resources).chain(issuers).collect()
    }

    /// Takes the scope from the objects. Returns an event for each.
    async fn lose(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        scope: &str,
        now: Timestamp,
    ) -> Result<Vec<Event>, Denied<Faults>> {
        // First what may be refused, because a refusal commits.
        let mut events = trusted_issuers::take_scope(tx, actor, scope, &self.issuers).await?;
        events.extend(clients::take_scope(tx, (actor, now), scope, &self.clients).await?);
        events.extend(resources::take_scope(tx, scope, &self.resources).await?);
        Ok(events)
    }
}
