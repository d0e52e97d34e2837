//! Failures of the server, as distinguished from refusals.

use std::error::Error as StdError;
use std::sync::Arc;

use crate::clock::Seconds;
use crate::files::FileError;
use crate::jose::JoseError;
use crate::limits::Limited;
use crate::oauth::error::OAuthError;
use crate::oauth::request::Refusal;
use crate::store::db::{DbError, Refusable};

/// A failure of the server. The transaction rolls back; the caller only learns whether and when to try again, and the
/// log has the whole chain of causes.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database refused, was unavailable, or took too long.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A queue is full; the caller may try again soon.
    #[error("{0} is overloaded")]
    Busy(&'static str),
    /// Too many authorization requests of a network are stored; there is room for one more after this time.
    #[error("the budget for stored authorization requests is used up")]
    TooManyFlows(Seconds),
    /// The sender has sent more than it may.
    #[error("the limit of {} requests in a minute is used up", .0.quota)]
    Limited(Limited),
    /// The failure of a read that several requests have waited for.
    #[error(transparent)]
    Shared(Arc<Failure>),
    /// A defect, or impossible data.
    #[error("{0}")]
    Internal(String),
}

impl Failure {
    /// Whether a later attempt may succeed: status 503 rather than 500.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Database(error) => error.is_temporary(),
            Self::Busy(_) | Self::Limited(_) | Self::TooManyFlows(_) => true,
            Self::Shared(failure) => failure.is_temporary(),
            Self::Internal(_) => false,
        }
    }

    /// Whether the database cannot be used, which no sender of requests can bring about.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Database(error) => matches!(error, DbError::Unavailable(_) | DbError::Deadline),
            Self::Shared(failure) => failure.is_outage(),
            _ => false,
        }
    }

    /// Whether the request itself is at fault, because a text in it cannot be stored.
    pub fn is_of_request(&self) -> bool {
        match self {
            Self::Database(error) => matches!(error, DbError::Nul),
            Self::Shared(failure) => failure.is_of_request(),
            Self::Busy(_) | Self::Limited(_) | Self::TooManyFlows(_) | Self::Internal(_) => false,
        }
    }

    /// The sentence with all its causes, for the log.
    pub fn chain(&self) -> String {
        chain(self)
    }
}

impl From<JoseError> for Failure {
    fn from(error: JoseError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// The sentence of an error with those of all its causes.
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Some errors already end with the text of their cause.
        let sentence = error.to_string();
        if !text.ends_with(&sentence) {
            text.push_str(": ");
            text.push_str(&sentence);
        }
        cause = error.source();
    }
    text
}

/// The system's message without the name of a temporary file, which tempfile adds and which means nothing to the
/// reader.
pub fn without_name(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or_default().to_owned()
}

/// Why an edge has no successful answer: a refusal `R`, which commits, or a failure, which rolls back.
#[derive(Debug)]
pub enum Denied<R> {
    Refused(R),
    Failed(Failure),
}

impl<R> From<Failure> for Denied<R> {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl<R> From<DbError> for Denied<R> {
    fn from(error: DbError) -> Self {
        Self::Failed(Failure::Database(error))
    }
}

impl From<OAuthError> for Denied<OAuthError> {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

impl From<Refusal> for Denied<Refusal> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Refusable for Failure {
    fn failure(&self) -> Option<&DbError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

impl<R: Send + 'static> Refusable for Denied<R> {
    fn failure(&self) -> Option<&DbError> {
        match self {
            Self::Failed(failure) => failure.failure(),
            Self::Refused(_) => None,
        }
    }
}
