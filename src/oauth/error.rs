//! The error of an OAuth endpoint: an error code of the RFCs, a reason of ours, and a sentence.

use std::borrow::Cow;

use crate::clock::Seconds;
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error_code::ErrorCode;
use crate::oauth::id::UserId;
pub use crate::oauth::quoted::{quoted, shown_address};
use crate::oauth::reason::Reason;

/// A refusal. The client gets it as the answer, the transaction commits, and the reason is logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", reason.word())]
pub struct OAuthError {
    pub reason: Reason,
    pub description: Cow<'static, str>,
    /// After which time the request may succeed; `None` if waiting does not help, or if the time is unknown.
    pub retry_after: Option<Seconds>,
    /// The user that the refused request is about, for the log; `None` if that is not known. The answer never contains
    /// it. In a box, because a large error makes every result large.
    pub user: Option<Box<UserId>>,
    /// What came beside what is registered, for the log and the operator. In a box, as the user.
    pub detail: Option<Box<Detail>>,
}

impl OAuthError {
    /// The error of a request that is about this user, if it is about one.
    pub fn about<'u>(self, user: impl Into<Option<&'u UserId>>) -> Self {
        Self { user: user.into().cloned().map(Box::new), ..self }
    }

    /// The error with what came beside what is registered.
    pub fn with(self, detail: Detail) -> Self {
        Self { detail: Some(Box::new(detail)), ..self }
    }

    /// The address that the request named and the client has not registered. `None` if the error is about something else.
    pub fn address(&self) -> Option<&Detail> {
        let is_address = |detail: &&Detail| {
            matches!(detail.subject, DetailSubject::RedirectUri | DetailSubject::PostLogoutRedirectUri)
        };
        self.detail.as_deref().filter(is_address)
    }

    /// The error with `wait` as the time after which the request may succeed.
    pub fn after(self, wait: Seconds) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// The error code that belongs to the reason.
    pub fn code(&self) -> ErrorCode {
        self.reason.code()
    }
}

impl Reason {
    /// Makes an error with this reason. The client's developer reads `description`: printable ASCII without `"` and `\`
    /// (RFC 6749 §5.2).
    pub fn because(self, description: impl Into<Cow<'static, str>>) -> OAuthError {
        OAuthError {
            reason: self,
            description: description.into(),
            retry_after: None,
            user: None,
            detail: None,
        }
    }
}
