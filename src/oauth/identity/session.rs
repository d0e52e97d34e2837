//! Sessions: until when a person stays signed in.

use crate::clock::{Seconds, Timestamp};

/// What makes a session live at a moment: it has not reached the end of its lifetime, and it was used recently enough.
#[derive(Clone, Copy, Debug)]
pub struct LiveSessions {
    /// A session that was last used at this time or earlier has ended.
    pub idle_since: Timestamp,
    /// A session that expires at this time or earlier has ended.
    pub now: Timestamp,
}

/// The use of a session is recorded when the last record is at least this old.
pub const LAST_SEEN_INTERVAL: Seconds = Seconds::new(60);

impl LiveSessions {
    /// The sessions that are live at `now`, if a session ends when it is not used for `idle_lifetime`.
    pub fn at(now: Timestamp, idle_lifetime: Seconds) -> Self {
        Self { idle_since: now - idle_lifetime, now }
    }

    /// The sessions that were live `span` earlier.
    #[must_use]
    pub fn before(self, span: Seconds) -> Self {
        Self { idle_since: self.idle_since - span, now: self.now - span }
    }

    /// Whether a session that was last used at `seen_at` must be recorded as used now; `false` if the last record is
    /// recent enough.
    pub fn must_note(&self, seen_at: Timestamp) -> bool {
        self.now - seen_at >= LAST_SEEN_INTERVAL
    }
}
