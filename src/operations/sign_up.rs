//! Accounts that people create for themselves.

use super::event::Act;
use super::fault::{Fault, Faults};
use super::sessions::{SessionStart, begin as begin_session};
use super::users::{HashedPassword, event, person_members, taken};
use super::{Context, Done};
use crate::cache::row_budgets::Counting;
use crate::clock::{Seconds, Timestamp};
use crate::failure::Denied;
use crate::oauth::id::UserId;
use crate::oauth::identity::authentication::Proof;
use crate::oauth::identity::claims::{Claims, Person};
use crate::oauth::identity::user::check_chosen_username;
use crate::store::db::{Conn, Tx};
use crate::store::users;

/// An account that people create for themselves. It has no e-mail address: an address that is not verified could be
/// another person's.
pub struct NewAccount {
    pub id: UserId,
    pub username: String,
    pub name: Option<String>,
    pub password: HashedPassword,
}

/// Why a person cannot sign up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUpRefusal {
    /// The username is not valid or already taken.
    Faults(Faults),
    /// Too many accounts were created; there is room for the next one after this time.
    Wait(Seconds),
}

/// Whether there is room for one more account.
///
/// # Errors
/// The time to wait, if too many accounts were created.
pub async fn check(context: &Context<'_>, counting: Counting) -> Result<(), Denied<SignUpRefusal>> {
    let look = async move |conn: &mut Conn| counting.look(conn).await;
    let looked = context.db.read(look).await?;
    looked.map_err(|wait| Denied::Refused(SignUpRefusal::Wait(wait)))
}

/// Creates an account for a person who signs up, and signs the person in by the same transaction. The outcome is the
/// person. `counting` counts the account.
///
/// # Errors
/// See [`SignUpRefusal`]. The username is at fault if a person may not choose it, or if it is taken or looks like the
/// one of another user.
pub async fn create(
    context: &Context<'_>,
    account: NewAccount,
    start: SessionStart,
    counting: Counting,
) -> Result<Done<Person>, Denied<SignUpRefusal>> {
    check_chosen_username(&account.username)
        .map_err(|sentence| Faults::from(Fault::invalid("username", sentence)))?;
    let NewAccount { id, username, name, password } = account;
    let person = Person {
        id,
        username,
        name,
        email: None,
        claims: Claims::new(),
        updated_at: Timestamp::from_unix(0),
    };
    let now = context.now;
    let proof = Proof::Password { hash: password.hash().to_owned() };
    context
        .act(async move |tx: &mut Tx| {
            // A refusal commits, so the name is checked before anything is counted.
            let is_taken = !users::taken_names(tx, &person).await?.is_empty();
            if is_taken || users::find_look_alike(tx, &person).await?.is_some() {
                return Err(taken(&person, &person.username).into());
            }
            if let Err(wait) = counting.count(tx).await? {
                return Err(Denied::Refused(SignUpRefusal::Wait(wait)));
            }
            users::save(tx, &person, Some(password.hash()), now).await?;
            if begin_session(tx, &start, &proof).await?.is_none() {
                return Err(taken(&person, &person.username).into());
            }
            let event = event(Act::UserSignedUp, &person).creating(person_members(&person));
            Ok(Done { outcome: person.clone(), event })
        })
        .await
}

impl From<Fault> for Denied<SignUpRefusal> {
    fn from(fault: Fault) -> Self {
        Faults::from(fault).into()
    }
}

impl From<Faults> for Denied<SignUpRefusal> {
    fn from(faults: Faults) -> Self {
        Self::Refused(SignUpRefusal::Faults(faults))
    }
}
