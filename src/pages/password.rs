//! The check of a password that a person types: first counted, then hashed.

use super::known_browsers;
use crate::app::App;
use crate::cache::row_budgets::Draw;
use crate::clock::Seconds;
use crate::failure::Failure;
use crate::http::call::Request;
use crate::network::Networks;
use crate::oauth::id::UserId;
use crate::oauth::identity::authentication::Proof;
use crate::oauth::identity::user::{MAX_NAME_LENGTH, MAX_PASSWORD_LENGTH, account_key, normalized_password};
use crate::oauth::row_budget::RowKind;
use crate::operations::guesses::{self, Admission, CountedGuess, Guess};
use crate::operations::sessions::{ProvenSignIn, SessionStart};
use crate::secret::Secret;
use crate::secret::passwords::{PasswordForms, PasswordVerdict, Requester};
use crate::store::users::{self, SignInRecord};

/// The result of a check.
pub(super) enum PasswordCheck {
    Right(RightPassword),
    Wrong,
    /// The password was not checked. There is room for the next guess after this time.
    Wait(Seconds),
}

/// A user who gave the right password.
pub(super) struct RightPassword {
    pub(super) user: UserId,
    /// The stored hash that the password matched.
    hash: String,
    /// The password in its normal form hashed with the current parameters, if the stored hash is of another kind.
    todays_hash: Option<String>,
    guess: CountedGuess,
}

impl RightPassword {
    /// The sign-in that it proves.
    pub(super) fn sign_in(self, start: SessionStart) -> ProvenSignIn {
        let proof = Proof::Password { hash: self.hash };
        ProvenSignIn { start, proof, rehashed: self.todays_hash, guess: Some(self.guess) }
    }
}

/// Checks the password of the account with this name. An unknown name, a disabled user and a wrong password take the same
/// time and get the same answer, also if the person has to wait.
pub(super) async fn check(
    app: &App,
    request: &Request,
    username: &str,
    password: &str,
) -> Result<PasswordCheck, Failure> {
    let normal = normalized_password(password);
    if normal.is_empty() || normal.len() > MAX_PASSWORD_LENGTH || username.len() > MAX_NAME_LENGTH {
        return Ok(PasswordCheck::Wrong);
    }
    // A hash from before passwords were normalized is one of the text as it was typed. Both forms are one guess, and are
    // compared for every name alike, whether it has an account or not.
    let as_typed = (normal != password).then(|| Secret::new(password.to_owned()));
    let forms = PasswordForms { normal: Secret::new(normal.into_owned()), as_typed };
    let name = username.to_owned();
    let found = app.db.read(async move |conn| users::find_by_name(conn, &name).await).await?;
    if let Some(user) = &found {
        request.set_person(&user.user, &user.username);
    }
    let (admission, requester) = admit(app, request, username, found.as_ref()).await?;
    let guess = match admission {
        Admission::Counted(guess) => guess,
        Admission::Wait(wait) => return Ok(PasswordCheck::Wait(wait)),
    };
    let hash = found.as_ref().and_then(|user| user.password_hash.clone());
    let passwords = app.passwords.asked_by(requester);
    let verified = async {
        let compared = match &hash {
            Some(hash) => Some(hash.clone()),
            None => {
                let choice = app.keys.number_of_typed(&account_key(username));
                app.stand_ins.find(&app.db, &passwords, choice, request.now).await?
            }
        };
        passwords.verify(forms, compared).await
    };
    let verdict = match verified.await {
        Ok(verdict) => verdict,
        Err(failure) => {
            guess.forget(&app.operations(request.now, request.actor())).await?;
            return Err(failure);
        }
    };
    let todays_hash = match verdict {
        PasswordVerdict::Wrong => return Ok(PasswordCheck::Wrong),
        PasswordVerdict::Right => None,
        PasswordVerdict::RightAndRehashed(new) => Some(new),
    };
    Ok(match (found, hash) {
        (Some(user), Some(hash)) if !user.disabled => {
            PasswordCheck::Right(RightPassword { user: user.user, hash, todays_hash, guess })
        }
        _ => PasswordCheck::Wrong,
    })
}

/// Counts the guess: in the browser if it is known for the account and has a guess left, otherwise for account and
/// network.
async fn admit(
    app: &App,
    request: &Request,
    username: &str,
    found: Option<&SignInRecord>,
) -> Result<(Admission, Requester), Failure> {
    let networks = Networks::of(request.address);
    if let Some(known) = found.and_then(|user| known_browsers::find(app, request, &user.user))
        // No stranger makes this row: somebody has signed in to the account in this browser.
        && let Admission::Counted(guess) =
            guesses::count(&app.operations(request.now, request.actor()), Guess::in_known_browser(&known), Draw::unlimited())
                .await?
    {
        return Ok((Admission::Counted(guess), Requester::known_person(networks.network)));
    }
    // The count of an account is named by its id, whatever name or address was typed. A name without an account gets a
    // made-up name of the same form.
    let account = found
        .map_or_else(|| app.keys.name_of_typed(&account_key(username)), |user| user.user.as_str().to_owned());
    let guess = Guess::password(&app.config.limits, &account, &networks);
    let context = app.operations_of_a_stranger(request.now, request.actor());
    let draw = app.draw(RowKind::Guess, networks.site, request.now).await?;
    Ok((guesses::count(&context, guess, draw).await?, Requester::person(networks.network)))
}
