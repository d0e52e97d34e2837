//! The cookie of browsers in which somebody has signed in before: a value for each account, sealed by this server.

use crate::app::App;
use crate::failure::Failure;
use crate::http::browser;
use crate::http::call::Request;
use crate::oauth::id::UserId;
use crate::oauth::identity::known_browser::{KnownBrowser, MOST};
use crate::secret::random_id;

const PURPOSE: &str = "known browser";

/// The entry of this account in the browser's cookie; `None` if the browser is not known for it.
pub(super) fn find(app: &App, request: &Request, user: &UserId) -> Option<KnownBrowser> {
    all(app, request).map(|(_, known)| known).find(|known| known.user == *user)
}

/// The values of the browser's cookie after a sign-in of this user.
pub(super) fn with(app: &App, request: &Request, user: &UserId) -> Result<Vec<String>, Failure> {
    let known = KnownBrowser { user: user.clone(), id: random_id(), since: request.now };
    let value = app.keys.seal_text(PURPOSE, &known.to_text())?;
    let others = all(app, request).filter(|(_, known)| known.user != *user).map(|(value, _)| value);
    Ok([value].into_iter().chain(others).take(MOST).collect())
}

fn all(app: &App, request: &Request) -> impl Iterator<Item = (String, KnownBrowser)> {
    let now = request.now;
    let values = browser::known_values(app, request).into_iter();
    values.filter_map(move |value| {
        let known = KnownBrowser::read(&app.keys.open_text(PURPOSE, &value)?, now)?;
        Some((value, known))
    })
}
