//! The one gate: may this subject and client get a token now?

use super::error::OAuthError;
use super::reason::Reason;

/// Why grants ended, but for what a token itself did; the word is stored and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The person signed out.
    SignedOut,
    /// The operator ended the session.
    SessionEnded,
    /// Somebody else signed in with the same browser.
    SessionReplaced,
    PasswordChanged,
    UserDeleted,
    ClientDeleted,
}

impl Ended {
    pub fn word(self) -> &'static str {
        match self {
            Self::SignedOut => "session.signed_out",
            Self::SessionEnded => "session.ended",
            Self::SessionReplaced => "session.replaced",
            Self::PasswordChanged => "user.password_changed",
            Self::UserDeleted => "user.deleted",
            Self::ClientDeleted => "client.deleted",
        }
    }
}

/// What the database says about a token's subject at the moment of issuing, never a cache.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub user_enabled: bool,
    /// The session was ended, and with it what has not been issued yet.
    pub session_ended: bool,
}

/// Decides for every grant with a person behind it.
pub fn may_issue(standing: Standing) -> Result<(), OAuthError> {
    if !standing.user_enabled {
        return Err(Reason::SubjectDisabled.because("the account may not have tokens at present"));
    }
    if standing.session_ended {
        return Err(Reason::SessionEnded.because("the person has signed out before the code was redeemed"));
    }
    Ok(())
}
