//! The user code of the person, which keeps strangers from asking (§7.1).

use super::Checked;
use crate::app::App;
use crate::failure::Denied;
use crate::http::call::Call;
use crate::network::Networks;
use crate::oauth::error::OAuthError;
use crate::oauth::id::UserId;
use crate::oauth::reason::Reason;
use crate::oauth::row_budget::RowKind;
use crate::operations::guesses::CountedGuess;
use crate::operations::user_codes::{PresentedUserCode, UserCodeVerdict, check_user_code};
use crate::secret::Secret;
use crate::secret::passwords::Requester;
use crate::store::db::Conn;
use crate::store::users;

/// Checks the user code. Only applications that are registered for user codes can ask a person who has one, and
/// with the right one. Returns the guess, which is taken back with the request.
pub(super) async fn check(
    app: &App,
    call: &Call,
    checked: &Checked,
    user: &UserId,
) -> Result<Option<CountedGuess>, Denied<OAuthError>> {
    let client = &checked.client.client;
    let code = checked.asked.user_code.as_ref().filter(|_| client.backchannel.user_code);
    let Some(code) = code else {
        let asked = user.clone();
        let find = async move |conn: &mut Conn| users::find_user_code(conn, &asked).await;
        return match app.db.read(find).await? {
            None => Ok(None),
            Some(_) => Err(missing(client.backchannel.user_code).into()),
        };
    };
    let presented = PresentedUserCode {
        user: user.clone(),
        client: client.id.clone(),
        code: Secret::new(code.clone()),
        draw: app.draw_for_client(RowKind::Guess, &client.id, call.now).await?,
    };
    let passwords = app.passwords.asked_by(Requester::application(Networks::of(call.address).network));
    let context = app.operations(call.now, call.actor());
    match check_user_code(&context, &passwords, presented).await? {
        UserCodeVerdict::Right(guess) => Ok(Some(guess)),
        UserCodeVerdict::Wrong => Err(Reason::BackchannelInvalidUserCode
            .because("the user_code is not the one of the person")
            .into()),
        UserCodeVerdict::Wait(wait) => {
            let what = "too many wrong user codes came for this person";
            Err(Reason::BackchannelUserCodeGuesses.because(what).after(wait).into())
        }
    }
}

fn missing(asks_for_codes: bool) -> OAuthError {
    Reason::BackchannelMissingUserCode.because(match asks_for_codes {
        true => "the person has a user code, and the request has none",
        false => "the person has a user code, and this client is not registered for user codes",
    })
}
