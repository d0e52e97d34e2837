//! Events that end what was issued.

use super::{Browser, Operator};

/// Something that happens to Alice or to a client: by another process than the server, or in her browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    UserDisabled,
    UserDeleted,
    PasswordChanged,
    ConsentRevoked,
    SessionEnded,
    SignedOut,
    ClientDisabled,
    ClientDeleted,
}

impl Event {
    pub(crate) const ALL: [Self; 8] = [
        Self::UserDisabled,
        Self::UserDeleted,
        Self::PasswordChanged,
        Self::ConsentRevoked,
        Self::SessionEnded,
        Self::SignedOut,
        Self::ClientDisabled,
        Self::ClientDeleted,
    ];

    pub(crate) async fn happen(self, client: &str, operator: &Operator, browser: &mut Browser) {
        let command: &[&str] = match self {
            Self::UserDisabled => &["user", "disable", "alice"],
            Self::UserDeleted => &["user", "delete", "alice", "--yes"],
            Self::PasswordChanged => return operator.set_password("alice", "another password"),
            Self::ConsentRevoked => &["grant", "revoke", "--user", "alice", "--client", client, "--yes"],
            Self::SessionEnded => &["session", "end", "--user", "alice", "--yes"],
            Self::SignedOut => return browser.sign_out().await,
            Self::ClientDisabled => &["client", "update", client, "--disable"],
            Self::ClientDeleted => &["client", "delete", client, "--yes"],
        };
        operator.done(command);
    }

    /// Whether grants with offline_access survive.
    pub(crate) fn spares_offline_access(self) -> bool {
        matches!(self, Self::SessionEnded | Self::SignedOut)
    }
}
