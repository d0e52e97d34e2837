//! What goes wrong on our side, and how it is kept apart from what we refuse.

use std::error::Error as StdError;
use std::sync::Arc;

use crate::jose::JoseError;
use crate::oauth::error::OAuthError;
use crate::oauth::request::Refusal;
use crate::store::db::{DbError, Refusable};

/// A failure is ours: it rolls back, tells the caller nothing but when to try again, and is logged with its chain.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database refused, was away, or took too long.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A queue is full; try again soon.
    #[error("{0} has more to do than it can")]
    Busy(&'static str),
    /// The failure of a reading for which several requests have waited.
    #[error(transparent)]
    Shared(Arc<Failure>),
    /// A defect, or data that cannot be.
    #[error("{0}")]
    Internal(String),
}

impl Failure {
    /// Whether trying again later can help: 503 rather than 500.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Database(error) => error.is_temporary(),
            Self::Busy(_) => true,
            Self::Shared(failure) => failure.is_temporary(),
            Self::Internal(_) => false,
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

/// An error's sentence with those of all its causes.
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Some errors end with their cause already.
        let sentence = error.to_string();
        if !text.ends_with(&sentence) {
            text.push_str(": ");
            text.push_str(&sentence);
        }
        cause = error.source();
    }
    text
}

/// What the system said, without the name of a temporary file, which tempfile adds and nobody knows.
pub fn without_name(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or_default().to_owned()
}

/// The outcome of an edge that is not an answer: a refusal `R`, which commits, or a failure, which rolls back.
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

impl<R: Send + 'static> Refusable for Denied<R> {
    fn failure(&self) -> Option<&DbError> {
        match self {
            Self::Failed(Failure::Database(error)) => Some(error),
            _ => None,
        }
    }
}
