//! A session that begins on one of the pages, and what happens to the browser's other sessions.

use actix_web::HttpResponse;
use actix_web::cookie::Cookie;

use super::destination::Destination;
use super::known_browsers;
use crate::app::App;
use crate::config::Persistence;
use crate::face::view::Stay;
use crate::failure::Failure;
use crate::flows::{self, Accounts};
use crate::http::answer;
use crate::http::browser::{self, SessionToken};
use crate::http::call::{Call, Request};
use crate::oauth::id::{SessionId, UserId};
use crate::oauth::request::interaction::{Next, Requirement, SignedIn};
use crate::oauth::request::params::Params;
use crate::operations::sessions::SessionStart;
use crate::secret::{Hash, random_id, random_token};
use crate::store::sessions::NewSession;

/// How the new session relates to existing ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionPlacement {
    /// Replaces the account that had to sign in again, or the only one.
    InPlace,
    /// Is added to the others.
    Alongside,
}

/// Everything that a new session needs, prepared before the transaction.
#[derive(Clone, Debug)]
pub(super) struct NewSessionPlan {
    pub(super) start: SessionStart,
    /// The cookies with the browser's session tokens afterwards.
    cookies: Vec<Cookie<'static>>,
    /// The values that make the browser known for its accounts afterwards.
    known: Vec<String>,
    /// The URL at which the person continues.
    onward: String,
}

/// The checkbox "Stay signed in": whether it is on the page, and ticked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StayChoice {
    pub(super) is_asked: bool,
    pub(super) is_ticked: bool,
}

impl StayChoice {
    /// The checkbox as the page shows it.
    pub(super) fn shown(app: &App, is_ticked: bool) -> Self {
        let is_asked = app.config.sessions.persistent == Persistence::Ask;
        Self { is_asked, is_ticked: is_asked && is_ticked }
    }

    /// The checkbox as a page has it. `None` if the page has none.
    pub(super) fn view(self) -> Option<Stay> {
        self.is_asked.then_some(Stay { ticked: self.is_ticked })
    }

    /// The checkbox in a form.
    pub(super) fn of(app: &App, form: &Params) -> Self {
        Self::shown(app, form.count("stay") > 0)
    }

    /// Whether the browser keeps the session when it is closed.
    pub(super) fn is_kept(self, app: &App) -> bool {
        match app.config.sessions.persistent {
            Persistence::Ask => self.is_ticked,
            Persistence::Always => true,
            Persistence::Never => false,
        }
    }
}

impl NewSessionPlan {
    pub(super) async fn prepare(
        app: &App,
        request: &Request,
        destination: &Destination,
        user: &UserId,
        (placement, is_kept): (SessionPlacement, bool),
    ) -> Result<Self, Failure> {
        let (cookie, now) = (random_token(), request.now);
        let session = NewSession {
            cookie: Hash::of(&cookie),
            id: SessionId::new(random_id()),
            user: user.clone(),
            begins_at: now,
            expires_at: now + app.config.sessions.lifetime.seconds(),
        };
        let accounts = flows::accounts(app, request, destination.client()).await?;
        let surplus = surplus(app, request, destination, &accounts, (user, placement));
        let own = accounts.people.iter().filter(|here| here.user == *user).map(|here| &here.session);
        let gone: Vec<&SessionId> = surplus.iter().chain(own).collect();
        let own = SessionToken { text: cookie, is_kept };
        let tokens: Vec<SessionToken> = [own].into_iter().chain(accounts.tokens_without(&gone)).collect();
        Ok(Self {
            cookies: browser::session_cookies(app, request, &tokens),
            known: known_browsers::with(app, request, user)?,
            onward: destination.onward(app),
            start: SessionStart {
                before: accounts.token_of(user).map(|token| Hash::of(&token.text)),
                flow: destination.client().cloned().zip(destination.flow().cloned()),
                session,
                surplus,
            },
        })
    }

    /// Sets the browser's cookies, and sends the person on.
    pub(super) fn onward(&self, app: &App) -> HttpResponse {
        if !self.start.surplus.is_empty() {
            app.back_channel.wake();
        }
        let mut response = answer::see_other(&self.onward);
        // The cookies were made here, of characters that are valid in a header.
        for cookie in &self.cookies {
            let _ = response.add_cookie(cookie);
        }
        let _ = response.add_cookie(&browser::known_cookie(app, &self.known));
        response
    }
}

/// The sessions that end when this one begins.
fn surplus(
    app: &App,
    call: &Call,
    destination: &Destination,
    accounts: &Accounts,
    (user, placement): (&UserId, SessionPlacement),
) -> Vec<SessionId> {
    let others: Vec<&SignedIn> = accounts.people.iter().filter(|here| here.user != *user).collect();
    let beyond = |room: usize| others.iter().skip(room).map(|here| here.session.clone()).collect();
    // A person who is already signed in replaces no other session.
    if others.len() < accounts.people.len() {
        return Vec::new();
    }
    let resumed = match destination {
        // A request from another device only accepts its own person, who need not be the one who uses this browser.
        Destination::Flow(resumed)
            if placement == SessionPlacement::InPlace && resumed.backchannel.is_none() =>
        {
            resumed
        }
        _ => return beyond(browser::ACCOUNTS - 1),
    };
    match flows::next(app, call, &resumed.checked, accounts, &resumed.progress) {
        Ok(Next::Authenticate(Requirement { account: Some(asked) })) => vec![asked.session.clone()],
        // With several accounts none was asked to sign in again: the new one is added, if there is room.
        _ if others.len() > 1 => beyond(browser::ACCOUNTS - 1),
        _ => beyond(0),
    }
}
