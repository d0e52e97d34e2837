//! Why a request to the console was not done, and its page.

use crate::failure::{Denied, Failure};
use crate::http::error_status::reason_of;
use crate::http::general_error::FaultyMember;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::operations::fault::{Fault, Faults};
use crate::store::db::DbError;

/// Why a request was not done.
#[derive(Debug)]
pub(super) enum ConsoleError {
    Refused(Box<ConsoleRefusal>),
    Failed(Failure),
    /// The person must sign in again before, and then continues at this path.
    NotFresh(String),
}

/// A refusal, with what is wrong with single members.
#[derive(Debug)]
pub(super) struct ConsoleRefusal {
    pub(super) error: OAuthError,
    pub(super) members: Vec<FaultyMember>,
}

impl ConsoleError {
    fn refused(error: OAuthError, members: Vec<FaultyMember>) -> Self {
        Self::Refused(Box::new(ConsoleRefusal { error, members }))
    }

    /// The refusal of a path that leads nowhere.
    pub(super) fn not_found() -> Self {
        Reason::ApiNotFound.because("the console has no such page").into()
    }
}

impl From<OAuthError> for ConsoleError {
    fn from(error: OAuthError) -> Self {
        Self::refused(error, Vec::new())
    }
}

impl From<Failure> for ConsoleError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<DbError> for ConsoleError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Denied<OAuthError>> for ConsoleError {
    fn from(denied: Denied<OAuthError>) -> Self {
        match denied {
            Denied::Refused(error) => error.into(),
            Denied::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<Denied<Faults>> for ConsoleError {
    fn from(denied: Denied<Faults>) -> Self {
        match denied {
            Denied::Refused(faults) => faults.into(),
            Denied::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<Fault> for ConsoleError {
    fn from(fault: Fault) -> Self {
        Faults::from(fault).into()
    }
}

impl From<Faults> for ConsoleError {
    fn from(faults: Faults) -> Self {
        let sentences: Vec<&str> = faults.iter().map(|fault| fault.sentence.as_str()).collect();
        let error = reason_of(faults.kind()).because(sentences.join("; "));
        let members = faults.iter().filter_map(|fault| {
            let (field, reason) = (format!("/{}", fault.member.as_deref()?), reason_of(fault.kind));
            Some(FaultyMember { field, reason, description: fault.sentence.clone() })
        });
        Self::refused(error, members.collect())
    }
}

impl From<Vec<FaultyMember>> for ConsoleError {
    fn from(members: Vec<FaultyMember>) -> Self {
        let sentences: Vec<&str> = members.iter().map(|member| member.description.as_str()).collect();
        Self::refused(Reason::ApiMemberInvalid.because(sentences.join("; ")), members)
    }
}
