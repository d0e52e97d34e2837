//! Scopes: what applications may ask for.

use serde_json::{Value, json};

use super::configured::lifetime_fault;
use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::label::id_fault;
use super::list::{self, Cursor, List, Listing};
use super::list_change::ListChange;
use super::terms::Version;
use super::text_change::TextChange;
use super::{Context, Done, Outcome, steps};
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::oauth::client::Client;
use crate::oauth::grant::scope::{Scope, ScopeRecord, check_consequence, check_description, is_scope_name};
use crate::oauth::id::ClientId;
use crate::oauth::identity::{claims, group};
use crate::oauth::permission::is_management_scope;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::page::NameFilter;
use crate::store::steps::Stretch;
use crate::store::withdrawn::{ConsentKey, WaitingTable, Withdrawn};
use crate::store::{clients, scopes, withdrawn};

/// The largest number of claims of one scope.
const MAX_CLAIMS: usize = 64;

/// The changes; `None` keeps the value.
#[derive(Clone, Debug, Default)]
pub struct ScopeChanges {
    pub description: TextChange,
    pub consequence: TextChange,
    pub sensitive: Option<bool>,
    pub claims: ListChange<String>,
    /// In seconds. `Some(None)`: the scope does not limit it.
    pub access_token_lifetime: Option<Option<Seconds>>,
    /// `Some(None)`: people of every group can give the scope.
    pub required_group: Option<Option<String>>,
    pub required: Option<bool>,
}

const CURSOR: Cursor = Cursor::of("scopes");

/// Returns a page of the scopes, sorted by name.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<NameFilter>,
) -> Result<List<ScopeRecord>, Denied<Faults>> {
    list::read_now(context, CURSOR, listing, scopes::list, |scope| scope.name.clone()).await
}

/// Creates a scope. The outcome is the scope as stored.
///
/// # Errors
/// If the name already exists or belongs to the management API, or a member is not valid.
pub async fn create(context: &Context<'_>, scope: ScopeRecord) -> Outcome<ScopeRecord> {
    let mut faults = Vec::new();
    if !is_scope_name(&scope.name) {
        let most = Scope::MAX_NAME_LENGTH;
        let sentence = format!(
            "a scope's name is 1 to {most} characters of printable ASCII without space, quote and backslash"
        );
        faults.push(Fault::invalid("name", sentence));
    }
    faults.extend(id_fault("name", &scope.name));
    if is_management_scope(&scope.name) {
        let sentence =
            "scopes that begin with grantor. are those of the management API, and come with the server";
        faults.push(Fault::invalid("name", sentence));
    }
    faults.extend(text_faults(&scope));
    // In the order in which the claims came, which is that of the places in faults.
    faults.extend(faults_of(context, &ScopeChanges::to(&scope)));
    let scope = ScopeRecord { version: 1, claims: each_once(scope.claims), ..scope };
    let now = context.now;
    context
        .act(async move |tx: &mut Tx| {
            let mut faults = faults.clone();
            let taken = || Fault::conflict("name", format!("the scope {} exists already", scope.name));
            if !faults.is_empty() && scopes::find(tx, &scope.name).await?.is_some() {
                faults.push(taken());
            }
            Faults::refuse_if_any(faults)?;
            if !scopes::save(tx, &scope, now).await? {
                return Err(taken().into());
            }
            let event = event(Act::ScopeCreated, &scope.name).creating(members(&scope));
            Ok(Done { outcome: scope.clone(), event })
        })
        .await
}

/// Changes a scope. The outcome is the scope with the changes.
///
/// # Errors
/// If there is no such scope, it belongs to the management API, a member is not valid, or the scope would lose a claim that a
/// client names for its ID Tokens.
pub async fn update(context: &Context<'_>, name: &str, changes: ScopeChanges) -> Outcome<ScopeRecord> {
    let invalid = faults_of(context, &changes);
    let (name, terms) = (name.to_owned(), context.terms.clone());
    context
        .act(async move |tx: &mut Tx| {
            let before = existing(tx, &name).await?;
            terms.check(&members(&before))?;
            must_not_be_of_management(&name)?;
            let after = changes.clone().applied_to(before.clone())?;
            let mut faults = invalid.clone();
            // Texts that are stored may stay, even if they were stored before they were checked.
            if !after.texts().eq(before.texts()) {
                faults.extend(text_faults(&after));
            }
            faults.extend(claims_in_use(tx, &before, &after).await?);
            Faults::refuse_if_any(faults)?;
            scopes::update(tx, &after).await?;
            let event = event(Act::ScopeUpdated, &name).changing(members(&before), members(&after));
            Ok(Done { outcome: after, event })
        })
        .await
}

/// Takes a scope or an authorization type from consents, from grants, and from what waits to be redeemed, in steps. Grants that
/// are left with nothing are revoked.
///
/// # Errors
/// Only failures of the database.
pub(super) async fn take_from_granted(context: &Context<'_>, what: &Withdrawn) -> Result<(), DbError> {
    let (looked, taken, now) = (what.clone(), what.clone(), context.now);
    steps::walk(
        context.db,
        async move |conn: &mut Conn, after: &ConsentKey| {
            withdrawn::look_for_consents(conn, &looked, after).await
        },
        async move |tx: &mut Tx, part: &Stretch<ConsentKey>| {
            withdrawn::take_from_consents(tx, &taken, part).await
        },
    )
    .await?;
    // What waits comes first, so that no grant begins with it after the grants were looked at.
    for waiting in WaitingTable::ALL {
        let (looked, taken) = (what.clone(), what.clone());
        steps::walk(
            context.db,
            async move |conn: &mut Conn, after: &Vec<u8>| waiting.look(conn, &looked, after).await,
            async move |tx: &mut Tx, part: &Stretch<Vec<u8>>| waiting.take(tx, &taken, part).await,
        )
        .await?;
    }
    let (looked, taken) = (what.clone(), what.clone());
    steps::walk(
        context.db,
        async move |conn: &mut Conn, after: &String| withdrawn::look_for_grants(conn, &looked, after).await,
        async move |tx: &mut Tx, part: &Stretch<String>| {
            withdrawn::take_from_grants(tx, &taken, part, now).await
        },
    )
    .await
    .map(drop)
}

/// Finds a scope by its name.
///
/// # Errors
/// If there is no such scope.
pub async fn find(context: &Context<'_>, name: &str) -> Result<ScopeRecord, Denied<Faults>> {
    let name = name.to_owned();
    context.read(async move |conn: &mut Conn| existing(conn, &name).await).await
}

/// Returns the version of a scope, which every change of its settings changes.
pub fn version(scope: &ScopeRecord) -> Version {
    Version::of(&members(scope))
}

/// Checks that a scope is not one of the management API.
pub(super) fn must_not_be_of_management(name: &str) -> Result<(), Fault> {
    let sentence = || format!("the scope {name} belongs to the management API, and stays as it is");
    if is_management_scope(name) { Err(Fault::conflict(None, sentence())) } else { Ok(()) }
}

/// Reads the scopes that an object names, separated by spaces.
///
/// # Errors
/// What is wrong with `scope`. The empty text is an error too.
pub fn parse(text: &str) -> Result<Scope, Fault> {
    Scope::parse(text).map_err(|error| Fault::invalid("scope", format!("`scope`: {}", error.description)))
}

/// The scope after a change of its names.
///
/// # Errors
/// If a name to remove is not in the scope.
pub fn changed(before: &Scope, change: &ListChange<String>) -> Result<Scope, Fault> {
    let names: Vec<String> = before.names().map(str::to_owned).collect();
    Ok(Scope::from_stored(&change.applied_to(&names, "scope", "scope")?.join(" ")))
}

/// Lists ids in a sentence. Only the first ten appear by name.
pub fn in_a_sentence(ids: &[ClientId]) -> String {
    let named: Vec<&str> = ids.iter().take(10).map(ClientId::as_str).collect();
    match ids.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// A fault for each claim that the scope would lose although clients name it for their ID Tokens and no other scope gives
/// them access to it.
async fn claims_in_use(
    conn: &mut Conn,
    before: &ScopeRecord,
    after: &ScopeRecord,
) -> Result<Vec<Fault>, DbError> {
    let mut lost = before.claims.iter().filter(|claim| !after.claims.contains(claim)).peekable();
    if lost.peek().is_none() {
        return Ok(Vec::new());
    }
    let naming = clients::list_naming_claims(conn, &before.name).await?;
    let mut others = scopes::all(conn).await?;
    others.retain(|scope| scope.name != before.name);
    let fault = |claim: &String| {
        let names = |client: &&Client| client.id_token_claims.names().any(|name| name == claim);
        let lose = naming.iter().filter(names).filter(|client| !client.scopes.give_access(&others, claim));
        let lose: Vec<ClientId> = lose.map(|client| client.id.clone()).collect();
        let sentence = format!(
            "`id_token_claims` of {} names the claim {claim}, to which no other scope gives access; change the clients first",
            in_a_sentence(&lose)
        );
        (!lose.is_empty()).then(|| Fault::conflict("claims", sentence))
    };
    Ok(lost.filter_map(fault).collect())
}

fn each_once(mut claims: Vec<String>) -> Vec<String> {
    claims.sort();
    claims.dedup();
    claims
}

fn text_faults(scope: &ScopeRecord) -> Vec<Fault> {
    let mut faults = scope.description.faults("description", check_description);
    let consequence = scope.consequence.as_ref();
    faults.extend(consequence.map(|text| text.faults("consequence", check_consequence)).unwrap_or_default());
    faults.into_iter().map(|(member, why)| Fault::invalid(member, why)).collect()
}

fn faults_of(context: &Context<'_>, changes: &ScopeChanges) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (n, name) in changes.claims.new_members().iter().enumerate() {
        let wrong = claims::check_name(name).err();
        faults.extend(wrong.map(|why| Fault::invalid(format!("claims/{n}"), why)));
    }
    if changes.claims.new_members().len() > MAX_CLAIMS {
        faults.push(too_many_claims());
    }
    faults.extend(lifetime_fault(&context.config.keys, changes.access_token_lifetime.flatten()));
    let group = changes.required_group.iter().flatten().find_map(|name| group::check_name(name).err());
    faults.extend(group.map(|why| Fault::invalid("required_group", why)));
    faults
}

pub(super) async fn existing(conn: &mut Conn, name: &str) -> Result<ScopeRecord, Denied<Faults>> {
    let unknown = || Fault::not_found(format!("there is no scope with the name {name}"));
    Ok(scopes::find(conn, name).await?.ok_or_else(unknown)?)
}

impl ScopeChanges {
    /// The changes that give any scope the members of this one, but not its texts.
    fn to(scope: &ScopeRecord) -> Self {
        Self {
            description: TextChange::default(),
            consequence: TextChange::default(),
            sensitive: Some(scope.sensitive),
            claims: ListChange::Replace(scope.claims.clone()),
            access_token_lifetime: Some(scope.access_token_lifetime),
            required_group: Some(scope.required_group.clone()),
            required: Some(scope.required),
        }
    }

    fn applied_to(self, before: ScopeRecord) -> Result<ScopeRecord, Fault> {
        let claims = each_once(self.claims.applied_to(&before.claims, "claims", "claim")?);
        if claims.len() > MAX_CLAIMS {
            return Err(too_many_claims());
        }
        Ok(ScopeRecord {
            name: before.name,
            version: before.version + 1,
            description: self.description.applied_to_required(&before.description, "description")?,
            consequence: self.consequence.applied_to(before.consequence.as_ref(), "consequence")?,
            sensitive: self.sensitive.unwrap_or(before.sensitive),
            claims,
            access_token_lifetime: self.access_token_lifetime.unwrap_or(before.access_token_lifetime),
            required_group: self.required_group.unwrap_or(before.required_group),
            required: self.required.unwrap_or(before.required),
        })
    }
}

fn too_many_claims() -> Fault {
    Fault::invalid("claims", format!("a scope has {MAX_CLAIMS} claims at most"))
}

pub(super) fn event(act: Act, name: &str) -> Event {
    Event::new(act, ObjectKind::Scope, name)
}

pub(super) fn members(scope: &ScopeRecord) -> Value {
    let mut members = json!({
        "consequence": null,
        "sensitive": scope.sensitive,
        "claims": scope.claims,
        "access_token_lifetime": scope.access_token_lifetime,
        "required_group": scope.required_group,
        "required": scope.required,
    });
    for (member, text) in scope.texts() {
        members[member] = text.into();
    }
    members
}
