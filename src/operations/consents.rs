//! Consents: what a person allows an application.

use std::sync::Arc;

use serde_json::{Value, json};

use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::list::{self, Cursor, List, Listing};
use super::{Context, Done, clients};
use crate::cache::catalogue::Catalogue;
use crate::failure::{Denied, Failure};
use crate::oauth::grant::authorization_details::type_of;
use crate::oauth::grant::consent::{Answer, Consent};
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, SessionId, UserId};
use crate::store::consents::{ConsentRecord, ConsentsOf};
use crate::store::db::{Conn, DbError, Tx};
use crate::store::flows::FlowKey;
use crate::store::{consents, flows, withdrawn};

/// A person's answer on the consent page.
#[derive(Clone, Debug)]
pub struct ConsentAnswer {
    pub user: UserId,
    pub client: ClientId,
    /// What the person allows of the request, and what they leave out.
    pub answer: Answer,
    /// Says which claims the scopes contain.
    pub catalogue: Arc<Catalogue>,
    /// The request that asked for consent, and the session in which the person answered.
    pub flow: FlowKey,
    pub session: SessionId,
}

const OF_USER: Cursor = Cursor::of("consents");
const OF_CLIENT: Cursor = Cursor::of("client-consents");

/// Returns a page of the consents of a user, sorted by client.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<UserId>,
) -> Result<List<ConsentRecord>, Denied<Faults>> {
    let of = ConsentsOf::User(listing.filter.clone());
    let listing = listing.with(of);
    list::read(context, OF_USER, listing, consents::list, |consent| consent.client_id.clone()).await
}

/// Returns a page of what people have allowed a client, sorted by user id.
///
/// # Errors
/// If there is no such client, or the limit or cursor is invalid.
pub async fn list_of_client(
    context: &Context<'_>,
    listing: Listing<ClientId>,
) -> Result<List<ConsentRecord>, Denied<Faults>> {
    clients::find(context, &listing.filter).await?;
    let of = ConsentsOf::Client(listing.filter.clone());
    let listing = listing.with(of);
    list::read(context, OF_CLIENT, listing, consents::list, |consent| consent.user_id.clone()).await
}

/// Finds what a user has answered a client.
///
/// # Errors
/// If the user has not answered the client, or has taken the consent back.
pub async fn find(
    context: &Context<'_>,
    user: &UserId,
    client: &ClientId,
) -> Result<Consent, Denied<Faults>> {
    let unknown = Fault::not_found(format!("the user {user} has given no consent to a client {client}"));
    let (user, client) = (user.clone(), client.clone());
    let look = async move |conn: &mut Conn| Ok(consents::find(conn, &user, &client).await?);
    let found: Option<Consent> = context.read(look).await?;
    Ok(found.ok_or(unknown)?)
}

/// Remembers what a person allows a client and what they leave out, and that the request has its answer.
///
/// # Errors
/// Only failures; [`Failure::Busy`] if a scope or a type was deleted since the catalogue was read.
pub async fn give(context: &Context<'_>, given: ConsentAnswer) -> Result<Done<()>, Failure> {
    let now = context.now;
    context
        .act(async move |tx: &mut Tx| {
            let (user, client, known) = (&given.user, &given.client, &*given.catalogue);
            must_be_current(tx, known.withdrawals()).await?;
            consents::answer(tx, user, client, &given.answer, known, now).await?;
            flows::note_consented(tx, &given.flow, &given.session).await?;
            let event = Event::new(Act::ConsentGiven, ObjectKind::User, user.as_str()).with(client);
            Ok(Done { outcome: (), event: event.creating(members(&given.answer.consent)) })
        })
        .await
}

/// Checks that no scope and no type was deleted since their number was `withdrawals`. Otherwise a later one of the same name
/// would be allowed, which may mean something else.
///
/// # Errors
/// [`Failure::Busy`] if one was deleted; otherwise only failures of the database.
pub(super) async fn must_be_current(tx: &mut Tx, withdrawals: i64) -> Result<(), Failure> {
    match withdrawn::count(tx).await? == withdrawals {
        true => Ok(()),
        false => Err(Failure::Busy("a scope or type that was just deleted")),
    }
}

/// Takes back what a person has allowed a client of what `answer` refuses, because the person now leaves all of the request
/// out. What was issued before is kept.
///
/// # Errors
/// Only a failing database.
pub async fn take_back(
    context: &Context<'_>,
    user: &UserId,
    client: &ClientId,
    (answer, catalogue): (Answer, &Arc<Catalogue>),
) -> Result<Done<()>, DbError> {
    let (user, client, catalogue, now) = (user.clone(), client.clone(), catalogue.clone(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            consents::take_back(tx, &user, &client, &answer, &*catalogue, now).await?;
            let event = Event::new(Act::ConsentTakenBack, ObjectKind::User, user.as_str()).with(&client);
            // What the person leaves out now was allowed until then.
            let before = Consent { allowed: answer.consent.refused.clone(), refused: Granted::default() };
            Ok(Done { outcome: (), event: event.deleting(members(&before)) })
        })
        .await
}

/// The members of a consent for its events. Of authorization details only the types, because the rest may be about a person's
/// money or health.
pub(super) fn members(consent: &Consent) -> Value {
    let mut members = granted_members(&consent.allowed);
    if !consent.refused.scope.is_empty() {
        members["refused_scope"] = consent.refused.scope.to_string().into();
    }
    members
}

/// The members of what was granted, for events.
pub(super) fn granted_members(granted: &Granted) -> Value {
    let mut members = json!({ "scope": granted.scope.to_string() });
    if !granted.resources.is_empty() {
        members["resources"] = granted.resources.clone().into();
    }
    let types: Vec<&str> = granted.details.iter().filter_map(type_of).collect();
    if !types.is_empty() {
        members["authorization_details_types"] = types.into();
    }
    members
}
