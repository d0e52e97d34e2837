//! Authorization types: what applications may ask for in words of their own (RFC 9396).

use serde_json::{Value, json};

use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::label::id_fault;
use super::list::{self, Cursor, List, Listing};
use super::list_change::ListChange;
use super::scopes::{in_a_sentence, take_from_granted};
use super::terms::Version;
use super::text_change::TextChange;
use super::{Context, Done, Outcome};
use crate::face::detail_sentence;
use crate::failure::Denied;
use crate::oauth::grant::authorization_details::authorization_type::{
    AuthorizationType, MAX_RESOURCES, MAX_TYPES, RegisteredType, check_template,
};
use crate::oauth::grant::authorization_details::{check_schema, samples, type_of};
use crate::oauth::grant::resource::normal;
use crate::oauth::grant::scope::{Scope, is_scope_name};
use crate::store::db::{Conn, DbError, Tx};
use crate::store::page::NameFilter;
use crate::store::withdrawn::{self, Withdrawn, WithdrawnType};
use crate::store::{authorization_types, clients, resources};

/// The changes; `None` keeps the value.
#[derive(Clone, Debug, Default)]
pub struct TypeChanges {
    pub schema: Option<Value>,
    pub template: TextChange,
    pub resources: ListChange<String>,
    pub always_ask: Option<bool>,
}

const CURSOR: Cursor = Cursor::of("authorization-types");

/// Returns a page of the types, sorted by name.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<NameFilter>,
) -> Result<List<AuthorizationType>, Denied<Faults>> {
    list::read_now(context, CURSOR, listing, authorization_types::list, |record| record.name.clone()).await
}

/// Finds a type by its name.
///
/// # Errors
/// If there is no such type.
pub async fn find(context: &Context<'_>, name: &str) -> Result<AuthorizationType, Denied<Faults>> {
    let name = name.to_owned();
    context.read(async move |conn: &mut Conn| existing(conn, &name).await).await
}

/// Creates a type. The outcome is the type as stored.
///
/// # Errors
/// If the name is already registered, a member is not valid, the template cannot be used with the schema, a resource does not
/// exist, or there are too many types.
pub async fn create(context: &Context<'_>, record: AuthorizationType) -> Outcome<AuthorizationType> {
    let mut faults = Vec::new();
    if !is_scope_name(&record.name) {
        let most = Scope::MAX_NAME_LENGTH;
        let sentence = format!(
            "the name of a type is 1 to {most} characters of printable ASCII without space, quote and backslash"
        );
        faults.push(Fault::invalid("name", sentence));
    }
    faults.extend(id_fault("name", &record.name));
    faults.extend(faults_of(&record));
    let record = AuthorizationType { version: 1, ..record };
    let now = context.now;
    context
        .act(async move |tx: &mut Tx| {
            let mut faults = faults.clone();
            let record = with_known_resources(tx, record.clone(), &mut faults).await?;
            let known = authorization_types::digests(tx).await?;
            let sentence = format!("the authorization type {} exists already", record.name);
            let taken = Fault::conflict("name", sentence);
            if known.iter().any(|(name, _)| *name == record.name) {
                faults.push(taken.clone());
            }
            Faults::refuse_if_any(faults)?;
            if known.len() >= MAX_TYPES {
                return Err(Fault::conflict(None, format!("a server has {MAX_TYPES} types at most")).into());
            }
            if !authorization_types::save(tx, &record, now).await? {
                return Err(taken.into());
            }
            let event = event(Act::AuthorizationTypeCreated, &record.name).creating(members(&record));
            Ok(Done { outcome: record, event })
        })
        .await
}

/// Changes a type. The outcome is the type with the changes. What was granted before stays as it was checked then.
///
/// # Errors
/// If there is no such type; those of [`create`] about its members.
pub async fn update(context: &Context<'_>, name: &str, changes: TypeChanges) -> Outcome<AuthorizationType> {
    let (name, terms) = (name.to_owned(), context.terms.clone());
    context
        .act(async move |tx: &mut Tx| {
            let before = existing(tx, &name).await?;
            terms.check(&members(&before))?;
            let after = changes.clone().applied_to(before.clone())?;
            let mut faults = faults_of(&after);
            let after = with_known_resources(tx, after, &mut faults).await?;
            Faults::refuse_if_any(faults)?;
            authorization_types::update(tx, &after).await?;
            let event =
                event(Act::AuthorizationTypeUpdated, &name).changing(members(&before), members(&after));
            Ok(Done { outcome: after, event })
        })
        .await
}

/// Deletes a type, and removes its details from what people have allowed: a later type of the same name may mean something
/// else. Access tokens keep them until they expire. If the act is interrupted, deleting the type again finishes it.
///
/// # Errors
/// If there is no such type, or a client names it: without its only type, the client might then use any.
pub async fn delete(context: &Context<'_>, name: &str) -> Outcome<()> {
    let read = name.to_owned();
    let before = context.read(async move |conn: &mut Conn| unused(conn, &read).await).await?;
    context.terms.check(&members(&before))?;
    if context.terms.is_rehearsal {
        let event = event(Act::AuthorizationTypeDeleted, name).deleting(members(&before));
        return Ok(Done { outcome: (), event });
    }
    let resources = context.read(async move |conn: &mut Conn| Ok(resources::all(conn).await?)).await?;
    let withdrawn = Withdrawn::AuthorizationType(WithdrawnType {
        name: name.to_owned(),
        resources: before.resources.clone(),
        scopes: resources.into_iter().map(|resource| (resource.uri, resource.scopes)).collect(),
    });
    take_from_granted(context, &withdrawn).await?;
    let (deleted, terms) = (name.to_owned(), context.terms.clone());
    let done: Outcome<()> = context
        .act(async move |tx: &mut Tx| {
            let before = members(&unused(tx, &deleted).await?);
            terms.check(&before)?;
            authorization_types::delete(tx, &deleted).await?;
            withdrawn::note(tx).await?;
            Ok(Done { outcome: (), event: event(Act::AuthorizationTypeDeleted, &deleted).deleting(before) })
        })
        .await;
    let done = done?;
    // Also from what people have allowed while the act went on. No request can store more of it now.
    take_from_granted(context, &withdrawn).await?;
    Ok(done)
}

/// Returns the version of a type, which every change of its settings changes.
pub fn version(record: &AuthorizationType) -> Version {
    Version::of(&members(record))
}

/// What is wrong with a type by itself.
fn faults_of(record: &AuthorizationType) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    if let Err(why) = check_schema(&record.schema) {
        faults.push(Fault::invalid("schema", why));
    }
    let wrong = record.template.faults("template", check_template);
    faults.extend(wrong.into_iter().map(|(member, why)| Fault::invalid(member, why)));
    if faults.is_empty() {
        faults = tried(record);
    }
    if record.resources.len() > MAX_RESOURCES {
        faults.push(Fault::invalid("resources", format!("a type has {MAX_RESOURCES} resources at most")));
    }
    faults
}

/// What is wrong with the templates, tried with samples of the schema.
fn tried(record: &AuthorizationType) -> Vec<Fault> {
    let samples = samples(&record.name, &record.schema);
    let known = RegisteredType::new(record.clone());
    // Samples that are made from the schema need not fit it: they have no text that fits a pattern.
    let examples = record.schema.get("examples").and_then(Value::as_array).into_iter().flatten();
    let unfit = examples.filter_map(|example| match known.check(example) {
        Err(fault) => {
            Some(format!("an example does not fit the schema at {:?}: {}", fault.pointer, fault.what))
        }
        Ok(()) if type_of(example) != Some(&record.name) => {
            Some(format!("an example has another type than {}", record.name))
        }
        Ok(()) => None,
    });
    let mut faults: Vec<Fault> = unfit.map(|why| Fault::invalid("schema", why)).collect();
    if !known.takes_its_name() {
        let sentence =
            format!("no detail could fit the schema: it refuses {} as the type of a detail", record.name);
        faults.push(Fault::invalid("schema", sentence));
    }
    for (member, text) in record.texts() {
        let wrong =
            samples.iter().find_map(|sample| Some((detail_sentence::parts(text, sample).err()?, sample)));
        if let Some((why, sample)) = wrong {
            let sentence = format!("the template cannot be used: {why}; it was tried with {sample}");
            faults.push(Fault::invalid(member, sentence));
        }
    }
    faults
}

/// The type with the registered URIs of its resources, without duplicates. One that does not exist is added to the faults.
async fn with_known_resources(
    conn: &mut Conn,
    record: AuthorizationType,
    faults: &mut Vec<Fault>,
) -> Result<AuthorizationType, DbError> {
    let mut found: Vec<String> = Vec::new();
    if !record.resources.is_empty() {
        let known = resources::all(conn).await?;
        for (n, uri) in record.resources.iter().enumerate() {
            match known.iter().find(|known| normal(&known.uri) == normal(uri)) {
                None => {
                    let sentence = format!("there is no resource {uri}");
                    faults.push(Fault::invalid(format!("resources/{n}"), sentence));
                }
                Some(resource) if found.contains(&resource.uri) => {}
                Some(resource) => found.push(resource.uri.clone()),
            }
        }
    }
    Ok(AuthorizationType { resources: found, ..record })
}

async fn existing(conn: &mut Conn, name: &str) -> Result<AuthorizationType, Denied<Faults>> {
    let unknown = || Fault::not_found(format!("there is no authorization type {name}"));
    Ok(authorization_types::find(conn, name).await?.ok_or_else(unknown)?)
}

/// The type, if no client names it.
async fn unused(conn: &mut Conn, name: &str) -> Result<AuthorizationType, Denied<Faults>> {
    let record = existing(conn, name).await?;
    let users = clients::list_of_authorization_type(conn, name).await?;
    if !users.is_empty() {
        let sentence = format!("the authorization type {name} is one of those of {}", in_a_sentence(&users));
        return Err(Fault::conflict(None, sentence).into());
    }
    Ok(record)
}

/// One fault for each type of a client that does not exist. Those in `kept` are not looked for.
///
/// # Errors
/// Only failures of the database.
pub(super) async fn missing(
    conn: &mut Conn,
    names: &[String],
    kept: &[String],
) -> Result<Vec<Fault>, DbError> {
    if names.iter().all(|name| kept.contains(name)) {
        return Ok(Vec::new());
    }
    let known = authorization_types::digests(conn).await?;
    let is_unknown = |name: &String| !kept.contains(name) && known.iter().all(|(known, _)| known != name);
    let unknown = names.iter().enumerate().filter(|(_, name)| is_unknown(name));
    let fault = |(n, name): (usize, &String)| {
        let place = format!("authorization_details_types/{n}");
        Fault::invalid(place, format!("there is no authorization type {name}"))
    };
    Ok(unknown.map(fault).collect())
}

impl TypeChanges {
    fn applied_to(self, before: AuthorizationType) -> Result<AuthorizationType, Fault> {
        Ok(AuthorizationType {
            name: before.name,
            version: before.version + 1,
            schema: self.schema.unwrap_or(before.schema),
            template: self.template.applied_to_required(&before.template, "template")?,
            resources: self.resources.applied_to(&before.resources, "resources", "resource")?,
            always_ask: self.always_ask.unwrap_or(before.always_ask),
        })
    }
}

fn event(act: Act, name: &str) -> Event {
    Event::new(act, ObjectKind::AuthorizationType, name)
}

fn members(record: &AuthorizationType) -> Value {
    let mut members = json!({
        "schema": record.schema,
        "resources": record.resources,
        "always_ask": record.always_ask,
    });
    for (member, text) in record.texts() {
        members[member] = text.into();
    }
    members
}
