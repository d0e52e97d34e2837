//! Trusted issuers (RFC 7523 §2.1): other servers that may say who a person is, and the users that their subjects are
//! linked to.

use serde_json::{Value, json};

use super::actor::Actor;
use super::callable::address_fault;
use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::label::id_fault;
use super::list::{self, Cursor, List, Listing};
use super::list_change::ListChange;
use super::references::{client_faults, each_once, scope_faults};
use super::scopes::changed;
use super::steps::{self, Step};
use super::terms::Version;
use super::{Context, Done, Outcome, jwk_set, users};
use crate::failure::{Denied, Failure};
use crate::fetch::Fetcher;
use crate::oauth::client::AssertionAudience;
use crate::oauth::client::registration::check_address;
use crate::oauth::grant::scope::{OPENID, Scope};
use crate::oauth::grant::trusted_issuer::{IssuerKeys, TrustedIssuer, check_issuer, check_subject};
use crate::oauth::id::{ClientId, UserId};
use crate::store::db::{Conn, DbError, Tx};
use crate::store::page::NameFilter;
use crate::store::steps::{STEP, Stretch};
use crate::store::trusted_issuers::{self, SubjectRecord};
use crate::store::users as stored_users;

/// The changes; `None` keeps the value.
#[derive(Clone, Debug, Default)]
pub struct TrustedIssuerChanges {
    pub keys: Option<IssuerKeys>,
    pub scopes: ListChange<String>,
    /// `Some(None)`: only the issuer of this server.
    pub audience: Option<Option<AssertionAudience>>,
    /// The clients that may present its tokens.
    pub clients: ListChange<ClientId>,
}

const CURSOR: Cursor = Cursor::of("trusted_issuers");
const SUBJECTS: Cursor = Cursor::of("trusted_subjects");
/// What only an owner may change: who changes it can become anyone.
const OBJECT: &str = "a trusted issuer";

/// Returns a page of the trusted issuers, sorted by name.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<NameFilter>,
) -> Result<List<TrustedIssuer>, Denied<Faults>> {
    list::read_now(context, CURSOR, listing, trusted_issuers::list, |issuer| issuer.issuer.clone()).await
}

/// Returns a page of the subjects of an issuer that are linked to users, sorted by subject. The filter is the issuer.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list_subjects(
    context: &Context<'_>,
    listing: Listing<String>,
) -> Result<List<SubjectRecord>, Denied<Faults>> {
    let key = |link: &SubjectRecord| link.subject.clone();
    list::read_now(context, SUBJECTS, listing, trusted_issuers::list_subjects, key).await
}

/// Finds the link of a subject of an issuer.
///
/// # Errors
/// If there is no such issuer or no such link.
pub async fn find_subject(
    context: &Context<'_>,
    issuer: &str,
    subject: &str,
) -> Result<SubjectRecord, Denied<Faults>> {
    let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
    let read = async move |conn: &mut Conn| {
        existing(conn, &issuer).await?;
        existing_link(conn, &issuer, &subject).await
    };
    context.read(read).await
}

/// Finds a trusted issuer by its name.
///
/// # Errors
/// If there is no such issuer.
pub async fn find(context: &Context<'_>, issuer: &str) -> Result<TrustedIssuer, Denied<Faults>> {
    let issuer = issuer.to_owned();
    context.read(async move |conn: &mut Conn| existing(conn, &issuer).await).await
}

/// Trusts an issuer. The outcome is the issuer as stored.
///
/// # Errors
/// If the issuer is already trusted or is this server itself, a member is not valid, a scope or client does not exist, or the
/// actor may not do everything.
pub async fn create(context: &Context<'_>, issuer: TrustedIssuer) -> Outcome<TrustedIssuer> {
    context.actor.must_be_owner(OBJECT)?;
    let name = check_issuer(&issuer.issuer).err().map(|why| Fault::invalid("issuer", why));
    let mut faults: Vec<Fault> = name.into_iter().collect();
    if issuer.issuer == context.config.issuer(context.config.listen.port()) {
        faults.push(Fault::invalid("issuer", "this is the issuer of this server itself"));
    }
    faults.extend(key_fault(context, &issuer.keys)?);
    let now = context.now;
    context
        .act(async move |tx: &mut Tx| {
            let mut faults = faults.clone();
            faults.extend(missing(tx, &issuer).await?);
            let name = &issuer.issuer;
            let taken = || Fault::conflict("issuer", format!("the issuer {name} is trusted already"));
            if !faults.is_empty() && trusted_issuers::find(tx, name).await?.is_some() {
                faults.push(taken());
            }
            Faults::refuse_if_any(faults)?;
            let issuer = TrustedIssuer { clients: each_once(issuer.clients.clone()), ..issuer.clone() };
            if !trusted_issuers::save(tx, &issuer, now).await? {
                return Err(taken().into());
            }
            let event = event(Act::TrustedIssuerCreated, name).creating(members(&issuer));
            Ok(Done { outcome: issuer, event })
        })
        .await
}

/// Changes what an issuer is trusted with, and revokes the grants that it could no longer obtain. The outcome is the
/// changed issuer and the number of grants that ended.
///
/// # Errors
/// If there is no such issuer, a member is not valid, a scope or client does not exist, or the actor may not do everything.
pub async fn update(
    context: &Context<'_>,
    issuer: &str,
    changes: TrustedIssuerChanges,
) -> Outcome<(TrustedIssuer, u64)> {
    let fault = changes.keys.as_ref().map(|keys| key_fault(context, keys)).transpose()?.flatten();
    let (name, terms, actor) = (issuer.to_owned(), context.terms.clone(), context.actor.clone());
    let done = context
        .act(async move |tx: &mut Tx| {
            let before = existing(tx, &name).await?;
            actor.must_be_owner(OBJECT)?;
            terms.check(&members(&before))?;
            let after = changes.clone().applied_to(before.clone())?;
            let missing = missing(tx, &after).await?;
            Faults::refuse_if_any(fault.iter().cloned().chain(missing).collect())?;
            let after = TrustedIssuer { clients: each_once(after.clients), ..after };
            trusted_issuers::update(tx, &after).await?;
            let event = event(Act::TrustedIssuerUpdated, &name).changing(members(&before), members(&after));
            Ok::<_, Denied<Faults>>(Done { outcome: after, event })
        })
        .await?;
    if context.terms.is_rehearsal {
        return Ok(Done { outcome: (done.outcome, 0), event: done.event });
    }
    let revoked = revoke_untrusted(context, issuer).await?;
    Ok(Done { outcome: (done.outcome, revoked), event: done.event })
}

/// Stops trusting an issuer and revokes the grants that were made for its tokens. The outcome is their number.
///
/// # Errors
/// If there is no such issuer, or the actor may not do everything.
pub async fn delete(context: &Context<'_>, issuer: &str) -> Outcome<u64> {
    let (name, terms) = (issuer.to_owned(), context.terms.clone());
    let found = find_to_change(context, issuer).await?;
    if terms.is_rehearsal {
        terms.check(&members(&found))?;
        let event = event(Act::TrustedIssuerDeleted, issuer).deleting(members(&found));
        return Ok(Done { outcome: 0, event });
    }
    // So that nothing new begins until the last step.
    let begin = async move |tx: &mut Tx| {
        terms.check(&members(&existing(tx, &name).await?))?;
        Ok::<_, Denied<Faults>>(trusted_issuers::take_from_clients(tx, &name).await?)
    };
    context.db.decide(begin).await?;
    let revoked = revoke_untrusted(context, issuer).await?;
    // As it was before the first step.
    let (name, before) = (issuer.to_owned(), members(&found));
    let step = async move |tx: &mut Tx| {
        if trusted_issuers::delete_subjects(tx, &name).await? >= STEP.unsigned_abs() {
            return Ok(Step::More(()));
        }
        if !trusted_issuers::delete(tx, &name).await? {
            return Err(unknown(&name).into());
        }
        let event = event(Act::TrustedIssuerDeleted, &name).deleting(before.clone());
        Ok::<_, Denied<Faults>>(Step::Last(Done { outcome: revoked, event }))
    };
    context.act_in_steps(step, |()| {}).await
}

/// Revokes the grants from an issuer's tokens whose client or subject is no longer trusted, in steps. Returns their number.
async fn revoke_untrusted(context: &Context<'_>, issuer: &str) -> Result<u64, DbError> {
    let (looked, revoked, now) = (issuer.to_owned(), issuer.to_owned(), context.now);
    steps::walk(
        context.db,
        async move |conn: &mut Conn, after: &String| {
            trusted_issuers::look_for_grants(conn, &looked, after).await
        },
        async move |tx: &mut Tx, part: &Stretch<String>| {
            trusted_issuers::revoke_untrusted(tx, &revoked, part, now).await
        },
    )
    .await
}

/// Links a subject of an issuer to a user. The outcome is the link.
///
/// # Errors
/// If the subject is not valid or is already linked, the user does not exist, the issuer is not trusted, or the actor may not
/// do everything.
pub async fn link_subject(
    context: &Context<'_>,
    issuer: &str,
    subject: &str,
    user: &str,
) -> Outcome<SubjectRecord> {
    find_to_change(context, issuer).await?;
    let invalid = check_subject(subject).err().map(|why| Fault::invalid("subject", why));
    let (name, subject, user) = (issuer.to_owned(), subject.to_owned(), user.to_owned());
    let now = context.now;
    context
        .act(async move |tx: &mut Tx| {
            existing(tx, &name).await?;
            let mut faults: Vec<Fault> = invalid.iter().cloned().collect();
            let found = stored_users::find_record(tx, &user).await?;
            faults.extend(id_fault("subject", &subject));
            if found.is_none() {
                faults.push(users::unknown(&user).of_member("user"));
            }
            Faults::refuse_if_any(faults)?;
            let person = found.ok_or_else(|| users::unknown(&user))?.person;
            if !trusted_issuers::link(tx, &name, &subject, &person.id, now).await? {
                let sentence =
                    format!("the subject {subject} of {name} is already linked to a user; unlink it first");
                return Err(Fault::conflict("subject", sentence).into());
            }
            let username = person.username.clone();
            let link = SubjectRecord { subject: subject.clone(), user_id: person.id.to_string(), username };
            let event = event(Act::SubjectLinked, &name).of_user(&person.id).creating(link_members(&link));
            Ok(Done { outcome: link, event })
        })
        .await
}

/// Removes the link of a subject and revokes the grants that were made for tokens about it. The outcome is their
/// number.
///
/// # Errors
/// If there is no such issuer or no such link, the link has another version, or the actor may not do everything.
pub async fn unlink_subject(context: &Context<'_>, issuer: &str, subject: &str) -> Outcome<u64> {
    find_to_change(context, issuer).await?;
    let (name, subject, terms) = (issuer.to_owned(), subject.to_owned(), context.terms.clone());
    let unlinked = context
        .act(async move |tx: &mut Tx| {
            let link = existing_link(tx, &name, &subject).await?;
            terms.check(&link_members(&link))?;
            if !trusted_issuers::unlink(tx, &name, &subject).await? {
                return Err(not_linked(&name, &subject).into());
            }
            let user = UserId::new(&link.user_id);
            let event = event(Act::SubjectUnlinked, &name).of_user(&user).deleting(link_members(&link));
            Ok::<_, Denied<Faults>>(Done { outcome: (), event })
        })
        .await;
    if context.terms.is_rehearsal {
        return Ok(Done { outcome: 0, event: unlinked?.event });
    }
    // Also if the link was removed before: then this finishes what was interrupted.
    let revoked = revoke_untrusted(context, issuer).await?;
    Ok(Done { outcome: revoked, event: unlinked?.event })
}

/// Takes a scope from these issuers. Returns an event for each.
///
/// # Errors
/// If the actor may not do everything.
pub(super) async fn take_scope(
    tx: &mut Tx,
    actor: &Actor,
    scope: &str,
    issuers: &[String],
) -> Result<Vec<Event>, Denied<Faults>> {
    let taken = Scope::from_stored(scope);
    let take =
        |before: &TrustedIssuer| TrustedIssuer { scopes: before.scopes.without(&taken), ..before.clone() };
    edit_each(tx, actor, issuers, take).await
}

/// Takes a client from those that may present tokens of these issuers. Returns an event for each.
///
/// # Errors
/// If the actor may not do everything.
pub(super) async fn take_client(
    tx: &mut Tx,
    actor: &Actor,
    client: &ClientId,
    issuers: &[String],
) -> Result<Vec<Event>, Denied<Faults>> {
    let take = |before: &TrustedIssuer| {
        let clients = before.clients.iter().filter(|known| *known != client).cloned().collect();
        TrustedIssuer { clients, ..before.clone() }
    };
    edit_each(tx, actor, issuers, take).await
}

async fn edit_each(
    tx: &mut Tx,
    actor: &Actor,
    issuers: &[String],
    edit: impl Fn(&TrustedIssuer) -> TrustedIssuer,
) -> Result<Vec<Event>, Denied<Faults>> {
    let mut events = Vec::new();
    for name in issuers {
        actor.must_be_owner(OBJECT)?;
        // An issuer that was deleted since then has nothing to lose.
        let Some(before) = trusted_issuers::find(tx, name).await? else { continue };
        let after = edit(&before);
        trusted_issuers::update(tx, &after).await?;
        events.push(event(Act::TrustedIssuerUpdated, name).changing(members(&before), members(&after)));
    }
    Ok(events)
}

/// Finds an issuer for an actor who may change it.
async fn find_to_change(context: &Context<'_>, issuer: &str) -> Result<TrustedIssuer, Denied<Faults>> {
    let found = find(context, issuer).await?;
    context.actor.must_be_owner(OBJECT)?;
    Ok(found)
}

/// Returns the version of a trusted issuer, which every change of its settings changes.
pub fn version(issuer: &TrustedIssuer) -> Version {
    Version::of(&members(issuer))
}

/// Returns the version of the link of a subject, which has another one when it is linked to another user.
pub fn link_version(link: &SubjectRecord) -> Version {
    Version::of(&link_members(link))
}

/// Returns what is wrong with the keys: there must be a public key to verify with, and no private one.
fn key_fault(context: &Context<'_>, keys: &IssuerKeys) -> Result<Option<Fault>, Failure> {
    let text = match keys {
        IssuerKeys::At(uri) => {
            let fault = check_address(uri).err().map(|why| Fault::invalid("jwks_uri", why));
            let fetcher = Fetcher::new(&context.config.fetch)?;
            return Ok(fault.or_else(|| address_fault(&fetcher, "jwks_uri", uri)));
        }
        IssuerKeys::Here(text) => text,
    };
    Ok(jwk_set::fault(text).or_else(|| jwk_set::signing_fault(text)))
}

/// The scopes and clients of an issuer that do not exist or are not suitable.
async fn missing(conn: &mut Conn, issuer: &TrustedIssuer) -> Result<Vec<Fault>, DbError> {
    let mut faults = Vec::new();
    if issuer.scopes.contains(OPENID) {
        faults.push(Fault::invalid("scope", "the scope openid is for people who sign in here"));
    }
    faults.extend(scope_faults(conn, &issuer.scopes).await?);
    faults.extend(client_faults(conn, &issuer.clients, "who brings a token").await?);
    Ok(faults)
}

async fn existing(conn: &mut Conn, issuer: &str) -> Result<TrustedIssuer, Denied<Faults>> {
    Ok(trusted_issuers::find(conn, issuer).await?.ok_or_else(|| unknown(issuer))?)
}

async fn existing_link(
    conn: &mut Conn,
    issuer: &str,
    subject: &str,
) -> Result<SubjectRecord, Denied<Faults>> {
    let found = trusted_issuers::find_link(conn, issuer, subject).await?;
    Ok(found.ok_or_else(|| not_linked(issuer, subject))?)
}

fn not_linked(issuer: &str, subject: &str) -> Fault {
    Fault::not_found(format!("the subject {subject} of {issuer} is not linked to a user"))
}

fn unknown(issuer: &str) -> Fault {
    Fault::not_found(format!("there is no trusted issuer {issuer}"))
}

impl TrustedIssuerChanges {
    /// The clients stay in the order of the change, which is that of the places in faults.
    fn applied_to(self, before: TrustedIssuer) -> Result<TrustedIssuer, Fault> {
        Ok(TrustedIssuer {
            issuer: before.issuer,
            keys: self.keys.unwrap_or(before.keys),
            scopes: changed(&before.scopes, &self.scopes)?,
            audience: self.audience.unwrap_or(before.audience),
            clients: self.clients.applied_to(&before.clients, "clients", "client")?,
        })
    }
}

fn event(act: Act, issuer: &str) -> Event {
    Event::new(act, ObjectKind::TrustedIssuer, issuer)
}

fn members(issuer: &TrustedIssuer) -> Value {
    let (jwks, jwks_uri) = match &issuer.keys {
        IssuerKeys::Here(jwks) => (Some(jwks), None),
        IssuerKeys::At(uri) => (None, Some(uri)),
    };
    json!({
        "jwks": jwks,
        "jwks_uri": jwks_uri,
        "scope": issuer.scopes.to_string(),
        "assertion_audience": issuer.audience.map(AssertionAudience::as_str),
        "clients": issuer.clients.iter().map(ClientId::as_str).collect::<Vec<_>>(),
    })
}

fn link_members(link: &SubjectRecord) -> Value {
    json!({ "subject": link.subject, "user_id": link.user_id })
}
