//! User codes (CIBA): sets them, and checks one that an application sends for a person.

use super::Context;
use super::fault::{Fault, Faults};
use super::guesses::{self, Admission, CountedGuess, Guess};
use crate::cache::row_budgets::Draw;
use crate::clock::{Seconds, Timestamp};
use crate::failure::{Denied, Failure};
use crate::oauth::id::{ClientId, UserId};
use crate::oauth::identity::user_code::{check, normalized};
use crate::secret::Secret;
use crate::secret::passwords::Passwords;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::users;

/// A user code that a person may have, hashed.
#[derive(Clone, Debug)]
pub struct HashedUserCode(Secret);

impl HashedUserCode {
    /// Checks and hashes a new code.
    ///
    /// # Errors
    /// If the code is too short or too long, or if the queue of hashing jobs is full.
    pub async fn new(passwords: &Passwords, code: &Secret) -> Result<Self, Denied<Faults>> {
        check(code.expose()).map_err(|sentence| Fault::invalid("user_code", sentence))?;
        let code = Secret::new(normalized(code.expose()).into_owned());
        Ok(Self(Secret::new(passwords.hash(code).await?)))
    }

    /// The hash, a PHC string.
    pub fn hash(&self) -> &str {
        self.0.expose()
    }
}

/// What becomes of a person's code.
#[derive(Clone, Debug, Default)]
pub enum UserCodeChange {
    #[default]
    Keep,
    Remove,
    Set(HashedUserCode),
}

impl UserCodeChange {
    /// The change to a new code, or to none, with the code hashed.
    ///
    /// # Errors
    /// Those of [`HashedUserCode::new`].
    pub async fn to(passwords: &Passwords, code: Option<&Secret>) -> Result<Self, Denied<Faults>> {
        match code {
            None => Ok(Self::Remove),
            Some(code) => HashedUserCode::new(passwords, code).await.map(Self::Set),
        }
    }

    pub(super) async fn store(&self, tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<(), DbError> {
        match self {
            Self::Keep => Ok(()),
            Self::Remove => users::set_user_code(tx, user, None, now).await,
            Self::Set(code) => users::set_user_code(tx, user, Some(code.hash()), now).await,
        }
    }
}

/// A code that an application has sent for a person.
pub struct PresentedUserCode {
    pub user: UserId,
    /// The client, which has authenticated.
    pub client: ClientId,
    pub code: Secret,
    /// For the rows that count the guess.
    pub draw: Draw,
}

/// The result of a check.
#[derive(Debug)]
pub enum UserCodeVerdict {
    /// The code is right. The guess is taken back in the transaction that uses it ([`CountedGuess::take_back`]).
    Right(CountedGuess),
    Wrong,
    /// The code was not checked, because of wrong ones before. There is room for the next guess after this time.
    Wait(Seconds),
}

/// Checks a code: first counts the guess, for the person and for the client, then hashes. A person without a code takes the
/// same time as one with another code. A text that cannot be a code is wrong, and is not counted.
///
/// `passwords`: the hashing threads, for the requester that this client is.
///
/// # Errors
/// Only failures.
pub async fn check_user_code(
    context: &Context<'_>,
    passwords: &Passwords,
    presented: PresentedUserCode,
) -> Result<UserCodeVerdict, Failure> {
    let PresentedUserCode { user, client, code, draw } = presented;
    if check(code.expose()).is_err() {
        return Ok(UserCodeVerdict::Wrong);
    }
    let guess = match guesses::count(context, Guess::code_of_person(&user, &client), draw).await? {
        Admission::Counted(guess) => guess,
        Admission::Wait(wait) => return Ok(UserCodeVerdict::Wait(wait)),
    };
    match matches(context, passwords, user, &code).await {
        Ok(true) => Ok(UserCodeVerdict::Right(guess)),
        Ok(false) => Ok(UserCodeVerdict::Wrong),
        Err(failure) => {
            guess.forget(context).await?;
            Err(failure)
        }
    }
}

async fn matches(
    context: &Context<'_>,
    passwords: &Passwords,
    user: UserId,
    code: &Secret,
) -> Result<bool, Failure> {
    let find = async move |conn: &mut Conn| users::find_user_code(conn, &user).await;
    let hash: Option<String> = context.db.read(find).await?;
    let code = Secret::new(normalized(code.expose()).into_owned());
    match hash {
        Some(hash) => passwords.matches(code, hash).await,
        // Nothing matches, after as much work.
        None => passwords.verify(code, None).await.map(|_| false),
    }
}
