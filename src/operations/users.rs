//! Users: their accounts, names and passwords.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::event::{Act, Event, ObjectKind};
use super::fault::{Fault, Faults};
use super::list::{self, Cursor, List, Listing};
use super::steps::Step;
use super::terms::Version;
use super::user_changes::{changed, claim_faults, username_faults};
use super::user_codes::HashedUserCode;
use super::{Context, Done, Outcome, roles};
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::oauth::grant::EndReason;
use crate::oauth::id::UserId;
use crate::oauth::identity::claims::{Claims, Person};
use crate::oauth::identity::password::PasswordPolicy;
use crate::oauth::identity::role::Role;
use crate::oauth::identity::user::{check_chosen_username, normalized_password};
use crate::secret::passwords::Passwords;
use crate::secret::{Secret, random_id};
use crate::store::db::{Conn, DbError, Tx};
use crate::store::sessions::EndedSessions;
use crate::store::steps::STEP;
use crate::store::users::{self, UserColumn, UserFilter, UserRecord};
use crate::store::{backchannel_requests, codes, device_codes, password_links, revocations, sessions};

pub use super::user_changes::{ClaimManner, UserChanges};

/// A password that an account may have, hashed.
#[derive(Clone)]
pub struct HashedPassword(String);

impl HashedPassword {
    /// Checks and hashes, in its normal form, a new password of a person with these names and addresses.
    ///
    /// # Errors
    /// If the policy does not allow the password, or if the queue of hashing jobs is full.
    pub async fn new(
        passwords: &Passwords,
        policy: PasswordPolicy,
        password: Secret,
        names: &[&str],
    ) -> Result<Self, Denied<Faults>> {
        let password = Secret::new(normalized_password(password.expose()).into_owned());
        let checked = policy.check(password.expose(), names);
        checked.map_err(|fault| Fault::invalid("password", fault.sentence()))?;
        Ok(Self(passwords.hash(password).await?))
    }

    /// The hash, a PHC string.
    pub fn hash(&self) -> &str {
        &self.0
    }
}

/// A user to create.
pub struct NewUser {
    pub username: String,
    /// The claims about the person, with `name` and `email`.
    pub claims: Claims,
    /// What the person may do with the management API.
    pub role: Option<Role>,
    pub user_code: Option<HashedUserCode>,
}

/// A user, and what ended with the act.
#[derive(Clone, Debug)]
pub struct UserEnding {
    pub person: Person,
    pub sessions_ended: u64,
    pub grants_revoked: u64,
}

const CURSOR: Cursor = Cursor::of("users");

/// Returns a page of the users, in the order of the filter.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<UserFilter>,
) -> Result<List<UserRecord>, Denied<Faults>> {
    let by = listing.filter.order.by;
    let key = |user: &UserRecord| (by.value(user), user.person.id.to_string());
    let cursor = CURSOR.sorted(listing.filter.order.word(UserColumn::ORDERS));
    list::read(context, cursor, listing, users::list, key).await
}

/// Finds a user by id, or else by a username or e-mail address in any spelling.
///
/// # Errors
/// If there is no such user.
pub async fn find(context: &Context<'_>, user: &str) -> Result<UserRecord, Denied<Faults>> {
    let user = user.to_owned();
    context.read(async move |conn: &mut Conn| existing(conn, &user).await).await
}

/// Finds a user by id only.
///
/// # Errors
/// If there is no such user.
pub async fn find_by_id(context: &Context<'_>, id: &UserId) -> Result<UserRecord, Denied<Faults>> {
    let id = id.clone();
    let unknown = Fault::not_found(format!("there is no user with the id {id}"));
    let look = async move |conn: &mut Conn| Ok(users::find_by_id(conn, id.as_str()).await?);
    let found: Option<UserRecord> = context.read(look).await?;
    Ok(found.ok_or(unknown)?)
}

/// Creates a user. The outcome is the user.
///
/// # Errors
/// If the username or a claim is not valid, another user has the name or the address, or the actor may not give the role.
pub async fn create(context: &Context<'_>, user: NewUser, password: HashedPassword) -> Outcome<UserRecord> {
    roles::may_give(&context.actor, None, user.role)?;
    let (role, code, now) = (user.role, user.user_code, context.now);
    let (person, faults) = new_person(user.username, user.claims);
    context
        .act(async move |tx: &mut Tx| {
            check_new(tx, &person, &faults).await?;
            let user = save_new(tx, (&person, role, code.as_ref()), Some(&password), now).await?;
            Ok(Done { event: created(Act::UserCreated, &user), outcome: user })
        })
        .await
}

/// The event of a new user.
pub(super) fn created(act: Act, user: &UserRecord) -> Event {
    event(act, &user.person).creating(members(user))
}

/// A person with a new id, and what is wrong with the username and the claims.
pub(super) fn new_person(username: String, claims: Claims) -> (Person, Vec<Fault>) {
    let mut faults = username_faults(&username);
    faults.extend(claim_faults(&claims));
    let empty = Person {
        id: UserId::new(random_id()),
        username,
        name: None,
        email: None,
        claims: Claims::new(),
        updated_at: Timestamp::from_unix(0),
    };
    (changed(empty, &[], claims, &mut faults), faults)
}

/// Checks, in the transaction that stores a new user, that nothing is wrong and that no other user has the names.
///
/// # Errors
/// The faults, and the names that another user has.
pub(super) async fn check_new(tx: &mut Tx, person: &Person, faults: &[Fault]) -> Result<(), Denied<Faults>> {
    let mut faults = faults.to_vec();
    faults.extend(taken_names(tx, person).await?);
    Ok(Faults::refuse_if_any(faults)?)
}

/// The faults of the names of a person that another user has.
async fn taken_names(conn: &mut Conn, person: &Person) -> Result<Vec<Fault>, DbError> {
    let names = users::taken_names(conn, person).await?;
    Ok(names.into_iter().map(|name| taken(person, name)).collect())
}

/// Stores a new user that [`check_new`] has checked; without a password, the user cannot sign in.
///
/// # Errors
/// Only failures.
pub(super) async fn save_new(
    tx: &mut Tx,
    (person, role, code): (&Person, Option<Role>, Option<&HashedUserCode>),
    password: Option<&HashedPassword>,
    now: Timestamp,
) -> Result<UserRecord, Denied<Faults>> {
    users::save(tx, person, password.map(HashedPassword::hash), now).await?;
    if role.is_some() {
        users::set_role(tx, &person.id, role).await?;
    }
    if let Some(code) = code {
        users::set_user_code(tx, &person.id, Some(code.hash()), now).await?;
    }
    existing(tx, person.id.as_str()).await
}

/// What an operator should know about a username that may have been meant otherwise: a sentence each if people could not
/// choose it themselves, and if another user's looks like it. Empty for most names.
///
/// # Errors
/// Only failures of the database.
pub async fn name_warnings(context: &Context<'_>, person: &Person) -> Result<Vec<String>, Denied<Faults>> {
    let name = &person.username;
    let refused = check_chosen_username(name).err();
    let refused = refused.map(|why| format!("people could not choose the username {name} themselves: {why}"));
    let wanted = person.clone();
    let find = async move |conn: &mut Conn| Ok(users::find_look_alike(conn, &wanted).await?);
    let look_alike = context.read(find).await?;
    let look_alike =
        look_alike.map(|other| format!("the username {name} looks like {other}, which another user has"));
    Ok(refused.into_iter().chain(look_alike).collect())
}

/// Changes a user's names, claims, role, state and user code. The outcome is the changed user.
///
/// # Errors
/// If there is no such user, a username or claim is not valid, another user has the name or address, the actor may not change
/// the user or the role, or no owner would remain.
pub async fn update(context: &Context<'_>, user: &str, changes: UserChanges) -> Outcome<UserRecord> {
    let invalid = changes.faults();
    let Context { now, terms, actor, .. } = context.clone();
    let user = user.to_owned();
    let done = context
        .act(async move |tx: &mut Tx| {
            let before = existing(tx, &user).await?;
            terms.check(&settings(&before))?;
            roles::may_change(&actor, &before)?;
            let mut faults = invalid.clone();
            let after = changes.applied_to(&before.person, now, &mut faults);
            faults.extend(taken_names(tx, &after).await?);
            Faults::refuse_if_any(faults)?;
            let role = changes.role.unwrap_or(before.role);
            roles::may_give(&actor, before.role, role)?;
            if role != before.role || changes.disabled == Some(true) {
                roles::must_leave_an_owner(tx, &actor, &before).await?;
            }
            users::update(tx, &after).await?;
            if role != before.role {
                users::set_role(tx, &after.id, role).await?;
                // Someone who could not change a person with this role may have made the link.
                password_links::delete(tx, &after.id).await?;
            }
            changes.user_code.store(tx, &after.id, now).await?;
            let has_more_sessions = set_state(tx, &after.id, changes.disabled, now).await?;
            let after = existing(tx, after.id.as_str()).await?;
            let event =
                event(changes.act(&before), &after.person).changing(members(&before), members(&after));
            Ok::<_, Denied<Faults>>(Done { outcome: (after, has_more_sessions), event })
        })
        .await?;
    let (after, has_more_sessions) = done.outcome;
    if has_more_sessions {
        end_the_rest(context, &after.person.id).await?;
    }
    Ok(Done { outcome: after, event: done.event })
}

/// Disables or enables a user. Returns whether the disabled user may have more sessions, which no longer work.
async fn set_state(
    tx: &mut Tx,
    user: &UserId,
    disabled: Option<bool>,
    now: Timestamp,
) -> Result<bool, DbError> {
    match disabled {
        None => Ok(false),
        Some(false) => users::enable(tx, user).await.map(|()| false),
        Some(true) => {
            users::disable(tx, user, now).await?;
            Ok(sessions::end_of_user(tx, user, EndReason::UserDisabled, now).await?.has_more)
        }
    }
}

/// Ends the other sessions of a disabled user who had very many.
async fn end_the_rest(context: &Context<'_>, user: &UserId) -> Result<(), DbError> {
    let mut has_more = !context.terms.is_rehearsal;
    while has_more {
        let (user, now) = (user.clone(), context.now);
        let end = async move |tx: &mut Tx| {
            // Unless the user was enabled in between, and has signed in again.
            match users::find_by_id(tx, user.as_str()).await?.is_some_and(|user| user.disabled_at.is_some()) {
                true => Ok(sessions::end_of_user(tx, &user, EndReason::UserDisabled, now).await?.has_more),
                false => Ok(false),
            }
        };
        has_more = context.db.write(end).await?;
    }
    Ok(())
}

/// Sets a user's password. Ends all sessions of the user and revokes all grants.
///
/// # Errors
/// If there is no such user, or the actor may not change the user.
pub async fn set_password(
    context: &Context<'_>,
    user: &str,
    password: HashedPassword,
) -> Outcome<UserEnding> {
    let Context { now, terms, actor, .. } = context.clone();
    let user = user.to_owned();
    let has_begun = Arc::new(AtomicBool::new(false));
    let begun = has_begun.clone();
    let step = async move |tx: &mut Tx| {
        let user = existing(tx, &user).await?;
        // The first step changes the version itself.
        if !begun.load(Ordering::Relaxed) {
            terms.check(&settings(&user))?;
        }
        roles::may_change(&actor, &user)?;
        let person = user.person;
        users::set_password(tx, &person.id, &password.0, now).await?;
        password_links::delete(tx, &person.id).await?;
        // Anyone who knew the old password may have signed in with it, or may be signing in now.
        end_some(tx, Act::UserPasswordSet, person, EndReason::PasswordChanged, now).await
    };
    all_steps_noting(context, step, || has_begun.store(true, Ordering::Relaxed)).await
}

/// Disables a user, who then can neither sign in nor get tokens. Sessions end, and the grants in them. Grants with offline
/// access are kept but do not work, so that enabling the user gives applications back what they had.
///
/// # Errors
/// If there is no such user, the actor may not change the user, or no owner would remain.
pub async fn disable(context: &Context<'_>, user: &str) -> Outcome<UserEnding> {
    let (user, now, actor) = (user.to_owned(), context.now, context.actor.clone());
    let step = async move |tx: &mut Tx| {
        let user = existing(tx, &user).await?;
        roles::may_change(&actor, &user)?;
        roles::must_leave_an_owner(tx, &actor, &user).await?;
        let person = user.person;
        users::disable(tx, &person.id, now).await?;
        let EndedSessions { sessions, has_more } =
            sessions::end_of_user(tx, &person.id, EndReason::UserDisabled, now).await?;
        let event = event(Act::UserDisabled, &person);
        let ending = UserEnding { person, sessions_ended: sessions, grants_revoked: 0 };
        Ok(if has_more { Step::More(ending) } else { Step::Last(Done { outcome: ending, event }) })
    };
    all_steps(context, step).await
}

/// Enables a disabled user, who can then sign in and get tokens again.
///
/// # Errors
/// If there is no such user, or the actor may not change the user.
pub async fn enable(context: &Context<'_>, user: &str) -> Outcome<Person> {
    let (user, actor) = (user.to_owned(), context.actor.clone());
    context
        .act(async move |tx: &mut Tx| {
            let user = existing(tx, &user).await?;
            roles::may_change(&actor, &user)?;
            let person = user.person;
            users::enable(tx, &person.id).await?;
            Ok(done(Act::UserEnabled, &person, person.clone()))
        })
        .await
}

/// Deletes a user with all sessions, consents, grants and tokens.
///
/// # Errors
/// If there is no such user, the actor may not change the user, or no owner would remain.
pub async fn delete(context: &Context<'_>, user: &UserId) -> Outcome<UserEnding> {
    let Context { now, terms, actor, .. } = context.clone();
    let user = user.clone();
    let has_begun = Arc::new(AtomicBool::new(false));
    let begun = has_begun.clone();
    // As the user was before the first step.
    let before = Arc::new(Mutex::new(Value::Null));
    let step = async move |tx: &mut Tx| {
        let user = existing(tx, user.as_str()).await?;
        // The first step changes the version itself.
        if !begun.load(Ordering::Relaxed) {
            terms.check(&settings(&user))?;
            *before.lock().unwrap_or_else(PoisonError::into_inner) = members(&user);
        }
        roles::may_change(&actor, &user)?;
        // Only while the user is enabled, so not after the first step.
        roles::must_leave_an_owner(tx, &actor, &user).await?;
        let person = user.person;
        let id = person.id.clone();
        // So that nothing new begins until the last step.
        users::disable(tx, &id, now).await?;
        match end_some(tx, Act::UserDeleted, person, EndReason::UserDeleted, now).await? {
            Step::More(ending) => Ok(Step::More(ending)),
            Step::Last(Done { outcome, event }) => {
                users::delete(tx, &id).await?;
                let before = before.lock().unwrap_or_else(PoisonError::into_inner).clone();
                Ok(Step::Last(Done { outcome, event: event.deleting(before) }))
            }
        }
    };
    all_steps_noting(context, step, || has_begun.store(true, Ordering::Relaxed)).await
}

/// Returns the version of a user, which every change of a setting, the state, the password or the user code changes.
pub fn version(user: &UserRecord) -> Version {
    Version::of(&settings(user))
}

/// A step of an act that ends what a user has.
pub(super) type EndingStep = Step<UserEnding, UserEnding>;

/// Ends some of the sessions of the account and revokes some of the grants: all of them, if they are few.
pub(super) async fn end_some(
    tx: &mut Tx,
    act: Act,
    person: Person,
    why: EndReason,
    now: Timestamp,
) -> Result<EndingStep, Denied<Faults>> {
    let EndedSessions { sessions, has_more } = sessions::delete_of_user(tx, &person.id, now).await?;
    let codes = codes::delete_redeemable(tx, Some(&person.id), None, now).await?;
    let devices = device_codes::POLLED.delete_of_user(tx, &person.id, None).await?;
    let asked = backchannel_requests::POLLED.delete_of_user(tx, &person.id, None).await?;
    let grants_revoked = revocations::revoke_of_user(tx, &person.id, why, now).await?;
    let has_more =
        has_more || [codes, devices, asked, grants_revoked].iter().any(|rows| *rows >= STEP.unsigned_abs());
    let event = event(act, &person);
    let ending = UserEnding { person, sessions_ended: sessions, grants_revoked };
    Ok(if has_more { Step::More(ending) } else { Step::Last(Done { outcome: ending, event }) })
}

/// Runs all steps. The outcome is what ended with them together.
pub(super) async fn all_steps<F>(context: &Context<'_>, step: F) -> Outcome<UserEnding>
where
    F: AsyncFn(&mut Tx) -> Result<EndingStep, Denied<Faults>> + Clone + Send + 'static,
{
    all_steps_noting(context, step, || ()).await
}

/// Runs all steps as [`all_steps`] does, and `note` after each step but the last.
async fn all_steps_noting<F>(context: &Context<'_>, step: F, note: impl Fn()) -> Outcome<UserEnding>
where
    F: AsyncFn(&mut Tx) -> Result<EndingStep, Denied<Faults>> + Clone + Send + 'static,
{
    let (mut sessions, mut grants) = (0, 0);
    let note = |ending: UserEnding| {
        note();
        sessions += ending.sessions_ended;
        grants += ending.grants_revoked;
    };
    let mut done = context.act_in_steps(step, note).await?;
    done.outcome.sessions_ended += sessions;
    done.outcome.grants_revoked += grants;
    Ok(done)
}

/// Finds the user in the database. A fault if there is no such user.
pub(super) async fn existing(conn: &mut Conn, user: &str) -> Result<UserRecord, Denied<Faults>> {
    Ok(users::find_record(conn, user).await?.ok_or_else(|| unknown(user))?)
}

pub(super) fn unknown(user: &str) -> Fault {
    Fault::not_found(format!("there is no user with the name, address or id {user}"))
}

pub(super) fn taken(person: &Person, name: &str) -> Fault {
    let member = if name == person.username { "username" } else { "email" };
    Fault::conflict(member, format!("{name} is the name or address of another user already"))
}

pub(super) fn done<T>(act: Act, person: &Person, outcome: T) -> Done<T> {
    Done { outcome, event: event(act, person) }
}

pub(super) fn event(act: Act, person: &Person) -> Event {
    Event::new(act, ObjectKind::User, person.id.as_str()).named(&person.username)
}

fn members(user: &UserRecord) -> Value {
    let mut members = person_members(&user.person);
    members["role"] = user.role.map(Role::as_str).into();
    members["disabled"] = user.disabled_at.is_some().into();
    members["user_code_changed_at"] = user.user_code_changed_at.map(Timestamp::iso).into();
    members
}

/// What the version of a user is about.
fn settings(user: &UserRecord) -> Value {
    let mut settings = members(user);
    settings["password_changed_at"] = user.password_changed_at.map(Timestamp::iso).into();
    settings
}

/// The members of a person for events, with the names that they have everywhere else.
pub(super) fn person_members(person: &Person) -> Value {
    let (is_verified, groups, claims) = person.claims_apart();
    json!({
        "username": person.username,
        "name": person.name,
        "email": person.email,
        "email_verified": is_verified,
        "groups": groups,
        "claims": claims,
    })
}
