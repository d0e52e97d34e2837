//! Parts of statements that ask whether a client and a person may have what was granted, at the statement's moment.

/// Whether the client `$2` is still what it was when it authenticated, in the state `$3`.
macro_rules! client_unchanged {
    () => {
        "EXISTS (SELECT 1 FROM clients
                 WHERE clients.id = $2 AND clients.version = $3 AND clients.disabled_at IS NULL)"
    };
}
pub(super) use client_unchanged;

/// The claims of a row's user; none when that one is disabled or gone.
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

/// Whether a row's session is over.
macro_rules! session_ended {
    ($table:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.id = ",
            $table,
            ".session_id) AS session_ended"
        )
    };
}
pub(super) use session_ended;
