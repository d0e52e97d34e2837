//! API keys: the credentials of programs for the management API.

use serde_json::{Value, json};

use super::actor::Actor;
use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::label::name_fault;
use super::list::{self, Cursor, List, Listing};
use super::terms::Version;
use super::{Context, Done, Outcome};
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::oauth::api_key;
use crate::oauth::grant::scope::Scope;
use crate::oauth::permission::{Permissions, management_scopes};
use crate::secret::{Hash, Secret, random, random_id};
use crate::store::api_keys::{self, ApiKeyRecord};
use crate::store::db::{Conn, Tx};
use crate::store::page::NameFilter;

/// The largest number of API keys.
const MAX_KEYS: i64 = 1000;

const CURSOR: Cursor = Cursor::of("api_keys");

/// What only an owner may change.
const KEY: &str = "an API key";

/// An API key to create.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    pub name: String,
    pub scope: Scope,
    /// `None`: the key does not end by itself.
    pub expires_at: Option<Timestamp>,
}

/// An API key that was created.
#[derive(Clone, Debug)]
pub struct CreatedApiKey {
    pub record: ApiKeyRecord,
    /// The key itself. It is stored nowhere.
    pub key: Secret,
}

/// The changes of an API key; `None` keeps the value. Its scope never changes.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyChanges {
    pub name: Option<String>,
    /// `Some(None)`: the key no longer ends by itself.
    pub expires_at: Option<Option<Timestamp>>,
}

/// Returns a page of the API keys, sorted by id.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<NameFilter>,
) -> Result<List<ApiKeyRecord>, Denied<Faults>> {
    list::read_now(context, CURSOR, listing, api_keys::list, |key| key.id.clone()).await
}

/// Finds an API key by its id.
///
/// # Errors
/// If there is no such key.
pub async fn find(context: &Context<'_>, id: &str) -> Result<ApiKeyRecord, Denied<Faults>> {
    let id = id.to_owned();
    context.read(async move |conn: &mut Conn| existing(conn, &id).await).await
}

/// Creates an API key. The outcome has the key itself.
///
/// # Errors
/// If the actor is not an owner, a member is not valid, or there are too many keys.
pub async fn create(context: &Context<'_>, new: NewApiKey) -> Outcome<CreatedApiKey> {
    context.actor.must_be_owner(KEY)?;
    let NewApiKey { name, scope, expires_at } = new;
    let mut faults: Vec<Fault> = name_fault(&name).into_iter().collect();
    faults.extend(scope_fault(&scope));
    faults.extend(end_fault(expires_at, context.now));
    Faults::refuse_if_any(faults)?;
    let key = Secret::new(api_key::text_of(random()));
    let record = ApiKeyRecord {
        id: random_id(),
        name,
        scope,
        created_at: context.now,
        expires_at,
        last_used_at: None,
    };
    context
        .act(async move |tx: &mut Tx| {
            if api_keys::count(tx).await? >= MAX_KEYS {
                let sentence = format!("there are {MAX_KEYS} API keys, which is the most; delete one first");
                return Err(Fault::conflict(None, sentence).into());
            }
            api_keys::save(tx, &record, &Hash::of(key.expose())).await?;
            let event = event(Act::ApiKeyCreated, &record).creating(members(&record));
            Ok(Done { outcome: CreatedApiKey { record: record.clone(), key: key.clone() }, event })
        })
        .await
}

/// Changes the name or the end of an API key. The outcome is the changed key.
///
/// # Errors
/// If the actor is not an owner, there is no such key, a member is not valid, or the key is to end sooner and is the last
/// owner.
pub async fn update(context: &Context<'_>, id: &str, changes: ApiKeyChanges) -> Outcome<ApiKeyRecord> {
    context.actor.must_be_owner(KEY)?;
    let mut faults: Vec<Fault> = changes.name.as_deref().and_then(name_fault).into_iter().collect();
    faults.extend(end_fault(changes.expires_at.flatten(), context.now));
    Faults::refuse_if_any(faults)?;
    let Context { now, terms, actor, .. } = context.clone();
    let id = id.to_owned();
    context
        .act(async move |tx: &mut Tx| {
            let before = existing(tx, &id).await?;
            terms.check(&members(&before))?;
            // A key that is to end sooner is lost as an owner, only later.
            if changes.expires_at.is_some_and(|end| ends_before(end, before.expires_at)) {
                must_leave_an_owner(tx, &actor, &before, now).await?;
            }
            let after = ApiKeyRecord {
                name: changes.name.clone().unwrap_or_else(|| before.name.clone()),
                expires_at: changes.expires_at.unwrap_or(before.expires_at),
                ..before.clone()
            };
            api_keys::update(tx, &after).await?;
            let event = event(Act::ApiKeyUpdated, &after).changing(members(&before), members(&after));
            Ok(Done { outcome: after, event })
        })
        .await
}

/// Deletes an API key. Requests with it are refused from now on, on every node.
///
/// # Errors
/// If the actor is not an owner, there is no such key, or no owner would remain.
pub async fn delete(context: &Context<'_>, id: &str) -> Outcome<()> {
    context.actor.must_be_owner(KEY)?;
    let Context { now, terms, actor, .. } = context.clone();
    let id = id.to_owned();
    context
        .act(async move |tx: &mut Tx| {
            let before = existing(tx, &id).await?;
            terms.check(&members(&before))?;
            must_leave_an_owner(tx, &actor, &before, now).await?;
            api_keys::delete(tx, &id).await?;
            Ok(Done { outcome: (), event: event(Act::ApiKeyDeleted, &before).deleting(members(&before)) })
        })
        .await
}

/// Checks, in the transaction that ends a key, that another owner remains at least as long as the key would. Only a command
/// may end the last one, because a command can also make a new one.
///
/// # Errors
/// If the key is the last owner.
async fn must_leave_an_owner(
    conn: &mut Conn,
    actor: &Actor,
    key: &ApiKeyRecord,
    now: Timestamp,
) -> Result<(), Denied<Faults>> {
    let is_owner = Permissions::of(&key.scope).are_all() && key.is_live(now);
    if !is_owner || actor.is_command() || api_keys::has_owner_besides(conn, &key.id, key.expires_at).await? {
        return Ok(());
    }
    Err(last_owner().into())
}

/// Returns the version of an API key, which every change of its settings changes.
pub fn version(key: &ApiKeyRecord) -> Version {
    Version::of(&members(key))
}

/// The fault of an act after which no one could do everything with the management API.
pub(super) fn last_owner() -> Fault {
    let sentence = "this is the last owner: another person with the role owner, who is enabled and has set a password, or \
                    another API key with grantor.write, which does not end before this one, must remain";
    Fault::conflict(None, sentence)
}

/// Whether a key with the end `end` ends before one with the end `other`.
fn ends_before(end: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    end.is_some_and(|end| other.is_none_or(|other| end < other))
}

fn scope_fault(scope: &Scope) -> Option<Fault> {
    let unknown = scope.names().find(|name| !management_scopes().any(|known| known == *name));
    if let Some(name) = unknown {
        let all: Vec<String> = management_scopes().collect();
        let sentence = format!("{name} is not a scope of the management API; these are: {}", all.join(", "));
        return Some(Fault::invalid("scope", sentence));
    }
    let is_empty = Permissions::of(scope).is_empty();
    is_empty.then(|| Fault::invalid("scope", "a key without a scope could do nothing"))
}

fn end_fault(end: Option<Timestamp>, now: Timestamp) -> Option<Fault> {
    let is_over = end.is_some_and(|end| end <= now);
    is_over.then(|| Fault::invalid("expires_at", "the time is over already; delete the key to end it now"))
}

async fn existing(conn: &mut Conn, id: &str) -> Result<ApiKeyRecord, Denied<Faults>> {
    let unknown = || Fault::not_found(format!("there is no API key with the id {id}"));
    Ok(api_keys::find(conn, id).await?.ok_or_else(unknown)?)
}

fn event(act: Act, key: &ApiKeyRecord) -> Event {
    Event::new(act, ObjectKind::ApiKey, key.id.as_str()).named(&key.name)
}

fn members(key: &ApiKeyRecord) -> Value {
    json!({
        "name": key.name,
        "scope": key.scope.to_string(),
        "expires_at": key.expires_at.map(Timestamp::iso),
    })
}
