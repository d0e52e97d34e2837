//! The sessions of the second application: in memory, and a limited number.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

/// The maximum number of sessions; the oldest is dropped.
const MAX_SESSIONS: usize = 256;

/// The sessions of the second application, by the `sid` of the server's session.
#[derive(Default)]
pub(super) struct NotesSessions(Mutex<VecDeque<NotesSession>>);

/// A session of the second application.
#[derive(Clone)]
pub(super) struct NotesSession {
    pub(super) sid: String,
    pub(super) name: Option<String>,
    /// When the server ended the session, and the claims of its logout token.
    pub(super) ended: Option<(String, String)>,
}

impl NotesSessions {
    fn lock(&self) -> MutexGuard<'_, VecDeque<NotesSession>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a session; it replaces an older one with the same `sid`.
    pub(super) fn begin(&self, session: NotesSession) {
        let mut sessions = self.lock();
        sessions.retain(|known| known.sid != session.sid);
        while sessions.len() >= MAX_SESSIONS {
            sessions.pop_front();
        }
        sessions.push_back(session);
    }

    pub(super) fn find(&self, sid: &str) -> Option<NotesSession> {
        self.lock().iter().find(|known| known.sid == sid).cloned()
    }

    /// Ends the sessions that the claims of a logout token name.
    pub(super) fn end(&self, claims: &Json, at: &str) {
        for session in self.lock().iter_mut() {
            if claims.get("sid").and_then(Json::as_str) == Some(&session.sid) {
                let pretty = serde_json::to_string_pretty(claims).unwrap_or_default();
                session.ended = Some((at.to_owned(), pretty));
            }
        }
    }
}
