//! Conditions in statements that check, at the moment of the statement, whether a client and a person may get what was
//! granted.

/// Whether the client `$2` is unchanged since it was authenticated in the state `$3`.
macro_rules! client_unchanged {
    () => {
        "EXISTS (SELECT 1 FROM clients
                 WHERE clients.id = $2 AND clients.version = $3 AND clients.disabled_at IS NULL)"
    };
}
pub(super) use client_unchanged;

/// The claims of a row's user; NULL if the user is disabled or deleted.
macro_rules! user_claims {
    ($table:literal) => {
        concat!(
            "(SELECT users.claims FROM users WHERE users.id = ",
            $table,
            ".user_id AND users.disabled_at IS NULL) AS user_claims"
        )
    };
}
pub(super) use user_claims;

/// When the live session of a row was last used; NULL if the session has ended. `$now` and `$idle_since` are the
/// parameters of [`LiveSessions`](crate::oauth::identity::session::LiveSessions).
macro_rules! session_seen_at {
    ($table:literal, $now:literal, $idle_since:literal) => {
        concat!(
            "(SELECT sessions.last_seen_at FROM sessions WHERE sessions.id = ",
            $table,
            ".session_id AND sessions.expires_at > ",
            $now,
            " AND sessions.last_seen_at > ",
            $idle_since,
            ") AS session_seen_at"
        )
    };
}
pub(super) use session_seen_at;

/// Whether a row of `grants` has not ended with its session: the session is live, or the grant outlives it, or began
/// without one.
macro_rules! session_holds {
    ($now:literal, $idle_since:literal) => {
        concat!(
            "(grants.offline_access OR grants.issuer IS NOT NULL
              OR EXISTS (SELECT 1 FROM sessions
                         WHERE sessions.id = grants.session_id AND sessions.expires_at > ",
            $now,
            " AND sessions.last_seen_at > ",
            $idle_since,
            "))"
        )
    };
}
pub(super) use session_holds;

/// Whether the session of a row has ended. `$now` and `$idle_since` as above.
macro_rules! session_ended {
    ($table:literal, $now:literal, $idle_since:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ",
            $table,
            ".session_id AND sessions.expires_at > ",
            $now,
            " AND sessions.last_seen_at > ",
            $idle_since,
            ") AS session_ended"
        )
    };
}
pub(super) use session_ended;
