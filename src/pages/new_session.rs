//! A session that begins on one of the pages, and what happens to the browser's other sessions.

use actix_web::HttpResponse;

use super::destination::Destination;
use super::known_browsers;
use crate::app::App;
use crate::clock::Timestamp;
use crate::failure::Failure;
use crate::flows::{self, Accounts};
use crate::http::answer;
use crate::http::browser;
use crate::http::call::Request;
use crate::oauth::grant::Ended;
use crate::oauth::id::{FlowId, SessionId, UserId};
use crate::oauth::identity::authentication::Proof;
use crate::oauth::request::interaction::{Next, Requirement, SignedIn};
use crate::secret::{Hash, random_id, random_token};
use crate::store::db::{DbError, Tx};
use crate::store::flows as stored;
use crate::store::sessions::{self, NewSession};

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
    session: NewSession,
    /// The cookie of the session that the person already has in this browser.
    before: Option<Hash>,
    /// The sessions that are ended to make room.
    surplus: Vec<SessionId>,
    /// The browser's session tokens afterwards.
    tokens: Vec<String>,
    /// The values that make the browser known for its accounts afterwards.
    known: Vec<String>,
    /// The flow for which the person signs in; `None` if there is none yet.
    flow: Option<FlowId>,
    /// The URL at which the person goes on.
    onward: String,
}

impl NewSessionPlan {
    pub(super) async fn prepare(
        app: &App,
        request: &Request,
        destination: &Destination,
        user: &UserId,
        placement: SessionPlacement,
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
        let surplus = surplus(app, destination, &accounts, user, placement);
        let own = accounts.people.iter().filter(|here| here.user == *user).map(|here| &here.session);
        let gone: Vec<&SessionId> = surplus.iter().chain(own).collect();
        Ok(Self {
            before: accounts.token_of(user).map(Hash::of),
            tokens: [cookie].into_iter().chain(accounts.tokens_without(&gone)).collect(),
            known: known_browsers::with(app, request, user)?,
            flow: destination.flow().cloned(),
            onward: destination.onward(app),
            session,
            surplus,
        })
    }

    /// Stores the session if its user may still sign in with what was proven. `false` if not.
    pub(super) async fn write(&self, tx: &mut Tx, proof: &Proof) -> Result<bool, DbError> {
        let now: Timestamp = self.session.begins_at;
        let begun = sessions::begin(tx, self.before.as_ref(), &self.session, proof).await?;
        let Some(id) = begun else { return Ok(false) };
        for session in &self.surplus {
            sessions::end(tx, session, Ended::SessionReplaced, now).await?;
        }
        if let Some(flow) = &self.flow {
            stored::note_signed_in(tx, flow, &id).await?;
        }
        Ok(true)
    }

    /// Sets the browser's cookies, and sends the person on.
    pub(super) fn onward(&self, app: &App) -> HttpResponse {
        if !self.surplus.is_empty() {
            app.back_channel.wake();
        }
        let mut response = answer::see_other(&self.onward);
        // The cookies were made here, of characters that are valid in a header.
        let _ = response.add_cookie(&browser::session_cookie(app, &self.tokens));
        let _ = response.add_cookie(&browser::known_cookie(app, &self.known));
        response
    }
}

/// The sessions that end when this one begins.
fn surplus(
    app: &App,
    destination: &Destination,
    accounts: &Accounts,
    user: &UserId,
    placement: SessionPlacement,
) -> Vec<SessionId> {
    let others: Vec<&SignedIn> = accounts.people.iter().filter(|here| here.user != *user).collect();
    let beyond = |room: usize| others.iter().skip(room).map(|here| here.session.clone()).collect();
    // A person who is already signed in replaces no other session.
    if others.len() < accounts.people.len() {
        return Vec::new();
    }
    let resumed = match destination {
        Destination::Flow(resumed) if placement == SessionPlacement::InPlace => resumed,
        _ => return beyond(browser::ACCOUNTS - 1),
    };
    match flows::next(app, &resumed.checked, accounts, &resumed.flow.progress) {
        Ok(Next::Authenticate(Requirement { account: Some(asked) })) => vec![asked.session.clone()],
        // With several accounts none was asked to sign in again: the new one is added, if there is room.
        _ if others.len() > 1 => beyond(browser::ACCOUNTS - 1),
        _ => beyond(0),
    }
}
