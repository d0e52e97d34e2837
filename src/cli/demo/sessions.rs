//! What the demo application keeps for each browser: in memory, and for a limited number.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use minijinja::Value;

use super::broken::Broken;
use super::setup::SignInClient;
use crate::clock::{Seconds, Timestamp};
use crate::secret::{equal, random_token};

/// The maximum number of browsers; the oldest is dropped.
const MAX_BROWSERS: usize = 256;
/// The maximum number of pending sign-ins of one browser; the oldest is dropped.
const MAX_PENDING: usize = 8;

/// The sessions of all browsers.
#[derive(Default)]
pub(super) struct BrowserSessions(Mutex<VecDeque<(String, Session)>>);

/// The state of one browser.
#[derive(Default)]
pub(super) struct Session {
    pending: VecDeque<Pending>,
    pub(super) held: Option<IssuedTokens>,
    pub(super) television: Option<Television>,
    /// The `sid` of the session in which the person is signed in to the second application.
    pub(super) notes: Option<String>,
    /// The last answer that was an error, formatted for a page.
    pub(super) result: Option<Value>,
}

/// A sign-in that was sent to the server and has not returned.
pub(super) struct Pending {
    pub(super) who: SignInClient,
    pub(super) state: String,
    pub(super) verifier: String,
    pub(super) nonce: String,
    pub(super) sent: Vec<(String, String)>,
    pub(super) broken: Option<&'static Broken>,
}

/// The result of a completed sign-in.
#[derive(Clone)]
pub(super) struct IssuedTokens {
    pub(super) who: SignInClient,
    pub(super) code: String,
    pub(super) verifier: String,
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) id_token: Option<String>,
    /// The person's name, if the application may know it.
    pub(super) name: Option<String>,
    /// The tokens, formatted for a page.
    pub(super) view: Value,
}

/// The state of a television that waits.
#[derive(Clone)]
pub(super) struct Television {
    pub(super) device_code: String,
    pub(super) user_code: String,
    pub(super) address: String,
    pub(super) complete: String,
    /// Seconds between two polls, and when the next is due.
    pub(super) interval: Seconds,
    pub(super) next: Timestamp,
}

impl Session {
    pub(super) fn expect(&mut self, pending: Pending) {
        while self.pending.len() >= MAX_PENDING {
            self.pending.pop_front();
        }
        self.pending.push_back(pending);
    }

    /// Takes the pending sign-in with this `state`; each can be taken once.
    pub(super) fn take(&mut self, state: &str) -> Option<Pending> {
        let is_it = |pending: &Pending| equal(pending.state.as_bytes(), state.as_bytes());
        let index = self.pending.iter().position(is_it)?;
        self.pending.remove(index)
    }
}

impl BrowserSessions {
    fn lock(&self) -> MutexGuard<'_, VecDeque<(String, Session)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works with the session of this cookie; `None` if there is no such session.
    pub(super) fn with<T>(&self, id: Option<&str>, work: impl FnOnce(&mut Session) -> T) -> Option<T> {
        let (mut sessions, id) = (self.lock(), id?);
        let index = position(&sessions, id)?;
        sessions.get_mut(index).map(|(_, session)| work(session))
    }

    /// Works with the session of this cookie, or with a new one. Returns the value of its cookie.
    pub(super) fn enter(&self, id: Option<&str>, work: impl FnOnce(&mut Session)) -> String {
        let mut sessions = self.lock();
        if let Some((id, session)) =
            id.and_then(|id| position(&sessions, id)).and_then(|index| sessions.get_mut(index))
        {
            work(session);
            return id.clone();
        }
        add(&mut sessions, Session::default(), work)
    }

    /// Works with the session under a new name, so that a session planted before the sign-in is useless after it.
    /// Returns the value of the new cookie.
    pub(super) fn renew(&self, id: Option<&str>, work: impl FnOnce(&mut Session)) -> String {
        let session = self.leave(id).unwrap_or_default();
        add(&mut self.lock(), session, work)
    }

    /// Removes the session of this cookie, and returns it.
    pub(super) fn leave(&self, id: Option<&str>) -> Option<Session> {
        let (mut sessions, id) = (self.lock(), id?);
        let index = position(&sessions, id)?;
        sessions.remove(index).map(|(_, session)| session)
    }
}

fn position(sessions: &VecDeque<(String, Session)>, id: &str) -> Option<usize> {
    sessions.iter().position(|(known, _)| equal(known.as_bytes(), id.as_bytes()))
}

fn add(
    sessions: &mut VecDeque<(String, Session)>,
    mut session: Session,
    work: impl FnOnce(&mut Session),
) -> String {
    work(&mut session);
    while sessions.len() >= MAX_BROWSERS {
        sessions.pop_front();
    }
    let id = random_token();
    sessions.push_back((id.clone(), session));
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(state: &str) -> Pending {
        let (verifier, sent) = (String::new(), Vec::new());
        Pending {
            who: SignInClient::Web,
            state: state.into(),
            verifier,
            nonce: String::new(),
            sent,
            broken: None,
        }
    }

    #[test]
    fn a_state_is_accepted_once_and_only_in_its_browser() {
        let sessions = BrowserSessions::default();
        let mine = sessions.enter(None, |session| session.expect(pending("mine")));
        let other = sessions.enter(None, |session| session.expect(pending("other")));
        let take = |id: &str, state: &str| sessions.with(Some(id), |session| session.take(state)).flatten();
        assert!(take(&other, "mine").is_none());
        assert!(take(&mine, "mine").is_some());
        assert!(take(&mine, "mine").is_none());
    }

    #[test]
    fn the_oldest_sessions_are_dropped() {
        let sessions = BrowserSessions::default();
        let first = sessions.enter(None, |session| session.expect(pending("0")));
        let first = (1..=MAX_PENDING).fold(first, |id, index| {
            sessions.enter(Some(&id), |session| session.expect(pending(&index.to_string())))
        });
        assert!(sessions.with(Some(&first), |session| session.take("0").is_none()).unwrap());
        assert!(sessions.with(Some(&first), |session| session.take("1").is_some()).unwrap());
        assert_ne!(sessions.renew(Some(&first), |_| {}), first);
        assert!(sessions.with(Some(&first), |_| ()).is_none());
        for _ in 0..MAX_BROWSERS + 5 {
            sessions.enter(None, |_| {});
        }
        assert_eq!(sessions.lock().len(), MAX_BROWSERS);
    }
}
