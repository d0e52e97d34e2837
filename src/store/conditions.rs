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

/// Whether the session of a row has ended.
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
