//! Resources: the APIs that tokens are for (RFC 8707).

use serde_json::{Value, json};

use super::configured::{algorithm_fault, lifetime_fault};
use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::list::{self, Cursor, List, Listing};
use super::list_change::ListChange;
use super::references::{client_faults, each_once, scope_faults};
use super::scopes::changed;
use super::terms::Version;
use super::{Context, Done, Outcome};
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::oauth::client::TokenFormat;
use crate::oauth::grant::management;
use crate::oauth::grant::resource::{Resource, check_uri, normal};
use crate::oauth::grant::scope::{OPENID, Scope};
use crate::oauth::id::ClientId;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::page::NameFilter;
use crate::store::{authorization_types, clients, resources};

/// The changes; `None` keeps the value.
#[derive(Clone, Debug, Default)]
pub struct ResourceChanges {
    pub scopes: ListChange<String>,
    /// The clients that may introspect tokens for the resource.
    pub servers: ListChange<ClientId>,
    pub format: Option<TokenFormat>,
    /// `Some(None)`: the algorithm of the configuration.
    pub algorithm: Option<Option<SigningAlgorithm>>,
    /// In seconds. `Some(None)`: the resource does not limit it.
    pub access_token_lifetime: Option<Option<Seconds>>,
}

const CURSOR: Cursor = Cursor::of("resources");

/// Returns a page of the resources, sorted by URI.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<NameFilter>,
) -> Result<List<Resource>, Denied<Faults>> {
    list::read_now(context, CURSOR, listing, resources::list, |resource| resource.uri.clone()).await
}

/// Finds a resource by its URI.
///
/// # Errors
/// If there is no such resource.
pub async fn find(context: &Context<'_>, uri: &str) -> Result<Resource, Denied<Faults>> {
    let uri = uri.to_owned();
    context.read(async move |conn: &mut Conn| existing(conn, &uri).await).await
}

/// Creates a resource. The outcome is the resource as stored.
///
/// # Errors
/// If the URI is already registered in any spelling, a member is not valid, or a scope or client does not exist.
pub async fn create(context: &Context<'_>, resource: Resource) -> Outcome<Resource> {
    let uri = check_uri(&resource.uri).err().map(|why| Fault::invalid("resource", why));
    let mut faults: Vec<Fault> = uri.into_iter().collect();
    faults.extend(faults_of(context, resource.algorithm, resource.access_token_lifetime));
    let own = management::uri(&context.config.issuer(context.config.listen.port()));
    if normal(&resource.uri).is_some_and(|uri| Some(uri) == normal(&own)) {
        let sentence = format!("the resource {own} is this server's own management API, and exists already");
        faults.push(Fault::conflict("resource", sentence));
    }
    let resource = Resource { version: 1, ..resource };
    let now = context.now;
    context
        .act(async move |tx: &mut Tx| {
            let mut faults = faults.clone();
            faults.extend(missing(tx, &resource).await?);
            let uri = &resource.uri;
            let known = resources::all(tx).await?;
            let taken = || Fault::conflict("resource", format!("the resource {uri} exists already"));
            if known.iter().any(|known| normal(&known.uri) == normal(uri)) {
                faults.push(taken());
            }
            Faults::refuse_if_any(faults)?;
            let resource = Resource { servers: each_once(resource.servers.clone()), ..resource.clone() };
            if !resources::save(tx, &resource, now).await? {
                return Err(taken().into());
            }
            let event = event(Act::ResourceCreated, uri).creating(members(&resource));
            Ok(Done { outcome: resource, event })
        })
        .await
}

/// Changes a resource. The outcome is the resource with the changes.
///
/// # Errors
/// If there is no such resource, a member is not valid, or a scope or client does not exist.
pub async fn update(context: &Context<'_>, uri: &str, changes: ResourceChanges) -> Outcome<Resource> {
    let lifetime = changes.access_token_lifetime.flatten();
    let faults = faults_of(context, changes.algorithm.flatten(), lifetime);
    let (uri, terms) = (uri.to_owned(), context.terms.clone());
    context
        .act(async move |tx: &mut Tx| {
            let before = existing(tx, &uri).await?;
            terms.check(&members(&before))?;
            let after = changes.clone().applied_to(before.clone())?;
            let missing = missing(tx, &after).await?;
            Faults::refuse_if_any(faults.iter().cloned().chain(missing).collect())?;
            let after = Resource { servers: each_once(after.servers), ..after };
            resources::update(tx, &after).await?;
            let event = event(Act::ResourceUpdated, &uri).changing(members(&before), members(&after));
            Ok(Done { outcome: after, event })
        })
        .await
}

/// Deletes a resource. No more tokens are issued for it.
///
/// # Errors
/// If there is no such resource, or a client or an authorization type is registered for it: one without its only resource
/// might then name any.
pub async fn delete(context: &Context<'_>, uri: &str) -> Outcome<()> {
    let (uri, terms) = (uri.to_owned(), context.terms.clone());
    context
        .act(async move |tx: &mut Tx| {
            let before = members(&existing(tx, &uri).await?);
            terms.check(&before)?;
            if let Some(first) = clients::list_of_resource(tx, &uri).await?.first() {
                let sentence = format!("the client {first} is registered for the resource {uri}");
                return Err(Fault::conflict(None, sentence).into());
            }
            if let Some(first) = authorization_types::list_of_resource(tx, &uri).await?.first() {
                let sentence = format!("the authorization type {first} belongs to the resource {uri}");
                return Err(Fault::conflict(None, sentence).into());
            }
            if !resources::delete(tx, &uri).await? {
                return Err(unknown(&uri).into());
            }
            Ok(Done { outcome: (), event: event(Act::ResourceDeleted, &uri).deleting(before) })
        })
        .await
}

/// Takes a scope from these resources. Returns an event for each.
///
/// # Errors
/// Only failures.
pub(super) async fn take_scope(tx: &mut Tx, scope: &str, uris: &[String]) -> Result<Vec<Event>, DbError> {
    let taken = Scope::from_stored(scope);
    let take = |before: &Resource| Resource { scopes: before.scopes.without(&taken), ..before.clone() };
    edit_each(tx, uris, take).await
}

/// Takes a client from the servers of these resources. Returns an event for each.
///
/// # Errors
/// Only failures.
pub(super) async fn take_server(
    tx: &mut Tx,
    client: &ClientId,
    uris: &[String],
) -> Result<Vec<Event>, DbError> {
    let take = |before: &Resource| {
        let servers = before.servers.iter().filter(|server| *server != client).cloned().collect();
        Resource { servers, ..before.clone() }
    };
    edit_each(tx, uris, take).await
}

async fn edit_each(
    tx: &mut Tx,
    uris: &[String],
    edit: impl Fn(&Resource) -> Resource,
) -> Result<Vec<Event>, DbError> {
    let mut events = Vec::new();
    for uri in uris {
        // A resource that was deleted since then has nothing to lose.
        let Some(before) = resources::find(tx, uri).await? else { continue };
        let after = edit(&before);
        resources::update(tx, &after).await?;
        events.push(event(Act::ResourceUpdated, uri).changing(members(&before), members(&after)));
    }
    Ok(events)
}

fn faults_of(
    context: &Context<'_>,
    algorithm: Option<SigningAlgorithm>,
    lifetime: Option<Seconds>,
) -> Vec<Fault> {
    let (keys, profile) = (&context.config.keys, context.config.oauth.profile);
    let unknown = algorithm_fault(keys, "token_alg", algorithm);
    let forbidden = algorithm.filter(|algorithm| !profile.allows_algorithm(algorithm.as_str()));
    let forbidden = forbidden.map(|algorithm| {
        let sentence = format!(
            "oauth.profile of the server is {}, which does not allow {algorithm}; it allows PS256, ES256, EdDSA and Ed25519",
            profile.as_str()
        );
        Fault::invalid("token_alg", sentence)
    });
    unknown.into_iter().chain(forbidden).chain(lifetime_fault(keys, lifetime)).collect()
}

/// Returns the version of a resource, which every change of its settings changes.
pub fn version(resource: &Resource) -> Version {
    Version::of(&members(resource))
}

/// The scopes and clients of a resource that do not exist or are not suitable.
async fn missing(conn: &mut Conn, resource: &Resource) -> Result<Vec<Fault>, DbError> {
    let mut faults = Vec::new();
    if resource.scopes.contains(OPENID) {
        let sentence = "the scope openid is this server's own and belongs to no other API";
        faults.push(Fault::invalid("scope", sentence));
    }
    if management::has_any(&resource.scopes) {
        let sentence = "scopes that begin with grantor. belong to this server's own management API";
        faults.push(Fault::invalid("scope", sentence));
    }
    faults.extend(scope_faults(conn, &resource.scopes).await?);
    faults.extend(client_faults(conn, &resource.servers, "who asks").await?);
    Ok(faults)
}

async fn existing(conn: &mut Conn, uri: &str) -> Result<Resource, Denied<Faults>> {
    Ok(resources::find(conn, uri).await?.ok_or_else(|| unknown(uri))?)
}

fn unknown(uri: &str) -> Fault {
    Fault::not_found(format!("there is no resource {uri}"))
}

impl ResourceChanges {
    /// The clients stay in the order of the change, which is that of the places in faults.
    fn applied_to(self, before: Resource) -> Result<Resource, Fault> {
        Ok(Resource {
            uri: before.uri,
            version: before.version + 1,
            scopes: changed(&before.scopes, &self.scopes)?,
            servers: self.servers.applied_to(&before.servers, "clients", "client")?,
            format: self.format.unwrap_or(before.format),
            algorithm: self.algorithm.unwrap_or(before.algorithm),
            access_token_lifetime: self.access_token_lifetime.unwrap_or(before.access_token_lifetime),
        })
    }
}

fn event(act: Act, uri: &str) -> Event {
    Event::new(act, ObjectKind::Resource, uri)
}

fn members(resource: &Resource) -> Value {
    json!({
        "scope": resource.scopes.to_string(),
        "clients": resource.servers.iter().map(ClientId::as_str).collect::<Vec<_>>(),
        "token_format": resource.format.as_str(),
        "token_alg": resource.algorithm.map(SigningAlgorithm::as_str),
        "access_token_lifetime": resource.access_token_lifetime,
    })
}
