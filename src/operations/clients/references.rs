//! What other objects name a client, and lose with it. Each of them changes only for an actor who could change it anyway, and
//! with an event of its own.

use super::{Act, Client, ClientId, clients, event, management, registration};
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::oauth::grant::scope::Scope;
use crate::oauth::permission::{Area, Need};
use crate::operations::actor::Actor;
use crate::operations::event::Event;
use crate::operations::fault::{Fault, Faults};
use crate::operations::{Context, resources, trusted_issuers};
use crate::store::db::{Conn, DbError, Tx};
use crate::store::{resources as stored_resources, trusted_issuers as stored_issuers};

/// The number of objects that lose a client in one transaction.
const OBJECTS: usize = 50;

/// The objects that name a client.
pub(super) struct Mentions {
    /// The resources that it is a server of.
    resources: Vec<String>,
    /// The issuers whose tokens it may present.
    issuers: Vec<String>,
    /// The clients whose tokens it may exchange.
    others: Vec<Client>,
}

impl Mentions {
    /// Finds at most some of each kind.
    ///
    /// # Errors
    /// Only failures of the database.
    pub(super) async fn find(conn: &mut Conn, client: &ClientId) -> Result<Self, DbError> {
        let mut resources = stored_resources::list_of_server(conn, client).await?;
        let mut issuers = stored_issuers::list_of_client(conn, client).await?;
        resources.truncate(OBJECTS);
        issuers.truncate(OBJECTS);
        let mut others = Vec::new();
        for id in clients::list_with_actor(conn, client).await?.into_iter().take(OBJECTS) {
            others.extend(clients::find(conn, &id).await?.map(|found| found.client));
        }
        Ok(Self { resources, issuers, others })
    }

    fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.issuers.is_empty() && self.others.is_empty()
    }

    /// Checks that the actor may change these objects.
    ///
    /// # Errors
    /// If the actor may not change one of them. The fault names it.
    pub(super) fn may_lose(&self, actor: &Actor, client: &ClientId) -> Result<(), Fault> {
        if let Some(first) = self.issuers.first() {
            actor.must_be_owner(&format!("the trusted issuer {first}, which names the client {client},"))?;
        }
        if let Some(first) = self.resources.first() {
            let why = format!("the resource {first} names the client {client}");
            actor.must_cover(Need::write(Area::Config), &why)?;
        }
        management::may_change(actor, &self.others)
    }

    /// Takes the client from these objects. Returns an event for each.
    ///
    /// # Errors
    /// If the actor may not change one of them.
    pub(super) async fn lose(
        self,
        tx: &mut Tx,
        actor: &Actor,
        client: &ClientId,
        now: Timestamp,
    ) -> Result<Vec<Event>, Denied<Faults>> {
        self.may_lose(actor, client)?;
        let mut events = trusted_issuers::take_client(tx, actor, client, &self.issuers).await?;
        events.extend(resources::take_server(tx, client, &self.resources).await?);
        for before in &self.others {
            // A client that is later registered under the same id must not inherit the permission to act.
            let mut after = before.clone();
            after.metadata.may_act = None;
            events.push(edited(tx, before, &after, now).await?);
        }
        Ok(events)
    }
}

/// Takes a client from the objects that name it, some of them in each transaction.
///
/// # Errors
/// If the actor may not change one of them.
pub(super) async fn take_from_others(context: &Context<'_>, client: &ClientId) -> Result<(), Denied<Faults>> {
    loop {
        let Context { now, actor, .. } = context.clone();
        let (client, witness) = (client.clone(), context.witness());
        let take = async move |tx: &mut Tx| {
            let found = Mentions::find(tx, &client).await?;
            let is_last = found.is_empty();
            let events = found.lose(tx, &actor, &client, now).await?;
            witness.record(tx, &events).await?;
            Ok::<_, Denied<Faults>>(is_last)
        };
        if context.db.decide(take).await? {
            return Ok(());
        }
    }
}

/// Takes a scope from these clients. Returns an event for each.
///
/// # Errors
/// If the actor may not change one of them.
pub(in crate::operations) async fn take_scope(
    tx: &mut Tx,
    (actor, now): (&Actor, Timestamp),
    scope: &str,
    ids: &[ClientId],
) -> Result<Vec<Event>, Denied<Faults>> {
    let (taken, mut changed) = (Scope::from_stored(scope), Vec::new());
    for id in ids {
        // A client that was deleted since then has nothing to lose.
        let Some(before) = clients::find(tx, id).await?.map(|found| found.client) else { continue };
        management::may_change(actor, [&before])?;
        let mut after = before.clone();
        after.metadata.scopes = before.scopes.without(&taken);
        changed.push((before, after));
    }
    let mut events = Vec::new();
    for (before, after) in &changed {
        events.push(edited(tx, before, after, now).await?);
    }
    Ok(events)
}

/// Stores a changed client. Returns the event.
async fn edited(tx: &mut Tx, before: &Client, after: &Client, now: Timestamp) -> Result<Event, DbError> {
    clients::update(tx, after, now).await?;
    let (was, is) = (registration::members(before), registration::members(after));
    Ok(event(Act::ClientUpdated, after).changing(was, is))
}
