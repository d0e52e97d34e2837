//! The one gate: may this subject and client get a token now?

use super::error::OAuthError;
use super::reason::Reason;

/// Why an operator's change ended grants; the word is stored and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    PasswordChanged,
    UserDeleted,
    ClientDeleted,
}

impl Ended {
    pub fn word(self) -> &'static str {
        match self {
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
}

/// Decides for every grant with a person behind it.
pub fn may_issue(standing: Standing) -> Result<(), OAuthError> {
    if !standing.user_enabled {
        return Err(Reason::SubjectDisabled.because("the account may not have tokens at present"));
    }
    Ok(())
}
