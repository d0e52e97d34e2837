//! `If-Match` and `If-None-Match` (RFC 9110 §13.1).

use super::call::ApiCall;
use super::entity_tag::{IF_MATCH, IF_NONE_MATCH, TagCondition};
use super::error::ApiError;
use super::query::invalid;
use crate::failure::Denied;
use crate::http::call::Request;
use crate::oauth::reason::Reason;
use crate::operations::Context;
use crate::operations::fault::{FaultKind, Faults};
use crate::operations::terms::{Terms, Version};

/// What PUT may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PutCondition {
    /// Create an object that does not exist.
    Create,
    /// Replace the object if it has one of these versions; `None`: whichever version it has.
    Replace(Option<Vec<Version>>),
}

impl PutCondition {
    /// The versions to replace, of objects whose ids the server makes. `objects` is the list of their path, such as `users`.
    ///
    /// # Errors
    /// If the object is to be created.
    pub(super) fn replaced(self, objects: &str) -> Result<Option<Vec<Version>>, ApiError> {
        match self {
            Self::Replace(versions) => Ok(versions),
            Self::Create => Err(invalid(format!(
                "the server makes the ids of {objects}, so PUT creates none: use POST /{objects}"
            ))),
        }
    }
}

/// Reads the condition of a PUT, which must have one.
///
/// # Errors
/// If there is no condition, or one that cannot be read.
pub(super) fn of_put(request: &Request) -> Result<PutCondition, ApiError> {
    match (TagCondition::of(request, IF_NONE_MATCH)?, TagCondition::of(request, IF_MATCH)?) {
        (Some(TagCondition::Any), None) => Ok(PutCondition::Create),
        (Some(TagCondition::OneOf(_)), None) => Err(invalid("If-None-Match of a PUT is *, or is not sent")),
        (None, Some(condition)) => Ok(PutCondition::Replace(condition.versions())),
        (Some(_), Some(_)) => Err(invalid("send If-Match or If-None-Match, not both")),
        (None, None) => {
            let sentence = "PUT needs If-None-Match: * to create the object, or If-Match to replace it";
            Err(Reason::ApiConditionMissing.because(sentence).into())
        }
    }
}

/// The context for a PATCH or DELETE, which may have the condition `If-Match`.
///
/// # Errors
/// If the condition cannot be read.
pub(super) fn context<'a>(call: &ApiCall<'a>) -> Result<Context<'a>, ApiError> {
    if call.request.headers().contains_key(IF_NONE_MATCH) {
        return Err(invalid("If-None-Match is for GET, and for PUT to create an object"));
    }
    let condition = TagCondition::of(call.request, IF_MATCH)?;
    Ok(replacing(call, condition.and_then(TagCondition::versions)))
}

/// The context for a PUT that replaces an object of one of these versions, or of any.
pub(super) fn replacing<'a>(call: &ApiCall<'a>, versions: Option<Vec<Version>>) -> Context<'a> {
    call.context_with(Terms { is_rehearsal: call.is_rehearsal(), versions, keeper: None })
}

/// The fault of an object that exists already, for a request on the condition that it does not (RFC 9110 §13.1.2).
pub(super) fn exists(denied: Denied<Faults>) -> Denied<Faults> {
    match denied {
        Denied::Refused(faults) if faults.kind() == FaultKind::Conflict => {
            Denied::Refused(faults.as_kind(FaultKind::OtherVersion))
        }
        denied => denied,
    }
}
