//! `If-Match` and `If-None-Match` (RFC 9110 §13.1).

use actix_web::http::header::{self, HeaderName};

use super::call::ApiCall;
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
    /// Replace the object if it has this version; `None`: whichever version it has.
    Replace(Option<Version>),
}

impl PutCondition {
    /// The version to replace, of objects whose ids the server makes. `objects` is the list of their path, such as `users`.
    ///
    /// # Errors
    /// If the object is to be created.
    pub(super) fn replaced(self, objects: &str) -> Result<Option<Version>, ApiError> {
        match self {
            Self::Replace(version) => Ok(version),
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
    match (one(request, &header::IF_NONE_MATCH)?, if_match(request)?) {
        (Some("*"), None) => Ok(PutCondition::Create),
        (Some(_), None) => Err(invalid("If-None-Match is *, or is not sent")),
        (None, Some(condition)) => Ok(PutCondition::Replace(condition)),
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
    Ok(replacing(call, if_match(call.request)?.flatten()))
}

/// The context for a PUT that replaces an object of this version, or of any.
pub(super) fn replacing<'a>(call: &ApiCall<'a>, version: Option<Version>) -> Context<'a> {
    call.context_with(Terms { is_rehearsal: call.is_rehearsal(), version, keeper: None })
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

/// Reads `If-Match`. `None` if it did not come, `Some(None)` for `*`.
fn if_match(request: &Request) -> Result<Option<Option<Version>>, ApiError> {
    let Some(value) = one(request, &header::IF_MATCH)? else { return Ok(None) };
    if value == "*" {
        return Ok(Some(None));
    }
    let tag =
        value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|tag| !tag.contains('"'));
    let tag = tag.ok_or_else(|| invalid("If-Match is one ETag as the server sent it, in its quotes"))?;
    Ok(Some(Some(Version::new(tag))))
}

/// The text of a header that comes at most once.
fn one<'r>(request: &'r Request, name: &HeaderName) -> Result<Option<&'r str>, ApiError> {
    let mut values = request.headers().get_all(name);
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    text.map(|text| Some(text.trim())).ok_or_else(|| invalid(format!("{name} comes once, as ASCII")))
}
