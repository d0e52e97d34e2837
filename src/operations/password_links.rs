//! Links by which a person sets a password without e-mail: an operator hands one over, and it works once.

use serde_json::json;

use super::event::Act;
use super::fault::{Fault, Faults};
use super::steps::Step;
use super::users::{self, HashedPassword, NewUser, UserEnding};
use super::{Context, Done, Outcome, roles};
use crate::clock::{Seconds, Timestamp};
use crate::failure::Denied;
use crate::oauth::grant::EndReason;
use crate::oauth::identity::claims::Person;
use crate::secret::{Hash, Secret, random_token};
use crate::store::db::{Conn, Tx};
use crate::store::users::UserRecord;
use crate::store::{password_links, users as stored_users};

/// For how long a link works.
pub const LIFETIME: Seconds = Seconds::new(24 * 3600);

/// A link that was made.
#[derive(Clone, Debug)]
pub struct PasswordLink {
    pub user: UserRecord,
    /// What the address of the link contains. Only its hash is stored.
    pub token: Secret,
    pub expires_at: Timestamp,
}

impl PasswordLink {
    /// The address of the link, at the server with this issuer.
    pub fn address(&self, issuer: &str) -> String {
        format!("{issuer}/password?token={}", self.token.expose())
    }
}

/// The user who may set a password by a link.
#[derive(Clone, Debug)]
pub struct LinkHolder {
    pub person: Person,
    /// Whether the user has had a password before, and may be signed in.
    pub has_password: bool,
}

/// Makes a link for a user, and ends the one before. Opening it changes nothing; only its form sets a password.
///
/// # Errors
/// If there is no such user, the user is disabled, or the actor may not change the user.
pub async fn create(context: &Context<'_>, user: &str) -> Outcome<PasswordLink> {
    let (user, now, token) = (user.to_owned(), context.now, Secret::new(random_token()));
    let actor = context.actor.clone();
    context
        .act(async move |tx: &mut Tx| {
            let user = users::existing(tx, &user).await?;
            roles::may_change(&actor, &user)?;
            if user.disabled_at.is_some() {
                let name = &user.person.username;
                let sentence = format!("the user {name} is disabled, and could not use the link");
                return Err(Fault::conflict(None, sentence).into());
            }
            let link = save(tx, user, &token, now).await?;
            let made = json!({ "expires_at": link.expires_at.iso() });
            let event = users::event(Act::UserPasswordLinkCreated, &link.user.person).creating(made);
            Ok(Done { outcome: link, event })
        })
        .await
}

/// Creates a user without a password, with a link for setting one.
///
/// # Errors
/// Those of [`users::create`].
pub async fn invite(context: &Context<'_>, user: NewUser) -> Outcome<PasswordLink> {
    roles::may_give(&context.actor, None, user.role)?;
    let (role, code, now, token) = (user.role, user.user_code, context.now, Secret::new(random_token()));
    let (person, faults) = users::new_person(user.username, user.claims);
    context
        .act(async move |tx: &mut Tx| {
            users::check_new(tx, &person, &faults).await?;
            let user = users::save_new(tx, (&person, role, code.as_ref()), None, now).await?;
            let link = save(tx, user, &token, now).await?;
            Ok(Done { event: users::created(Act::UserInvited, &link.user), outcome: link })
        })
        .await
}

async fn save(
    tx: &mut Tx,
    user: UserRecord,
    token: &Secret,
    now: Timestamp,
) -> Result<PasswordLink, Denied<Faults>> {
    let expires_at = now + LIFETIME;
    password_links::save(tx, &user.person.id, &Hash::of(token.expose()), now, expires_at).await?;
    Ok(PasswordLink { user, token: token.clone(), expires_at })
}

/// The person who may set a password by the link with this token. `None` if the link was used, replaced or has ended, or
/// if the account is disabled.
///
/// # Errors
/// Only failures.
pub async fn find(context: &Context<'_>, token: &str) -> Result<Option<LinkHolder>, Denied<Faults>> {
    let (token, now) = (Hash::of(token), context.now);
    let look = async move |conn: &mut Conn| match password_links::find(conn, &token, now).await? {
        Some(user) => {
            let found = stored_users::find_record(conn, user.as_str()).await?;
            Ok(found.map(|user| LinkHolder {
                has_password: user.password_changed_at.is_some(),
                person: user.person,
            }))
        }
        None => Ok(None),
    };
    context.read(look).await
}

/// Sets the password of the link's user, and uses up the link. Ends all sessions of the user and revokes all grants.
///
/// # Errors
/// If the link was used, replaced or has ended, or the account is disabled.
pub async fn redeem(context: &Context<'_>, token: &str, password: HashedPassword) -> Outcome<UserEnding> {
    let (token, now) = (Hash::of(token), context.now);
    let step = async move |tx: &mut Tx| {
        let user = password_links::find(tx, &token, now).await?.ok_or_else(over)?;
        let person = users::existing(tx, user.as_str()).await?.person;
        let step = users::end_some(tx, Act::UserPasswordSet, person, EndReason::PasswordChanged, now).await?;
        // Last, so that an act that was interrupted can be done again. Someone with the old password may sign in between
        // two steps, but the last one ends what is left in the transaction that changes the password.
        if let Step::Last(_) = step {
            if !password_links::consume(tx, &token, now).await? {
                return Err(over().into());
            }
            stored_users::set_password(tx, &user, password.hash(), now).await?;
        }
        Ok(step)
    };
    users::all_steps(context, step).await
}

fn over() -> Fault {
    Fault::not_found("the link was used, was replaced by a newer one or has ended")
}
