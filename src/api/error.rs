//! Errors of the management API, with every faulty member at once.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderName, HeaderValue};

use crate::app::App;
use crate::failure::{Denied, Failure};
use crate::http::answer;
use crate::http::call::Request;
use crate::http::error_status::reason_of;
use crate::http::general_error::{self, FaultyMember};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::operations::fault::{Fault, FaultKind, Faults};
use crate::store::db::DbError;

/// Why a request to the management API was not done.
#[derive(Debug)]
pub(super) enum ApiError {
    Refused(Box<ApiRefusal>),
    Failed(Failure),
}

/// A refusal: the error, the faulty members, and additional headers.
#[derive(Debug)]
pub(super) struct ApiRefusal {
    error: OAuthError,
    members: Vec<FaultyMember>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiRefusal {
    pub(super) fn error(&self) -> &OAuthError {
        &self.error
    }
}

impl ApiError {
    /// The error with one more header.
    pub(super) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let (Self::Refused(refusal), Ok(value)) = (&mut self, HeaderValue::from_str(value)) {
            refusal.headers.push((name, value));
        }
        self
    }

    /// The answer, which also logs the refusal or the failure.
    pub(super) fn answer(self, app: &App, request: &Request) -> HttpResponse {
        match self {
            Self::Refused(refusal) => {
                answer::log_refusal(request, &refusal.error);
                let mut response = general_error::refusal(app, request, &refusal.error, &refusal.members);
                for (name, value) in refusal.headers {
                    response.headers_mut().append(name, value);
                }
                response
            }
            Self::Failed(failure) => answer::failure(app, request, &failure),
        }
    }

    /// Whether an act was rehearsed in part, because all of it would have been more than one transaction.
    pub(super) fn is_rehearsal(&self) -> bool {
        matches!(self, Self::Failed(Failure::Database(DbError::RehearsedInPart)))
    }
}

/// A refusal for these members of the body.
impl From<Vec<FaultyMember>> for ApiError {
    fn from(members: Vec<FaultyMember>) -> Self {
        let reason = members.first().map_or(Reason::ApiMemberInvalid, |first| first.reason);
        let sentences: Vec<&str> = members.iter().map(|member| member.description.as_str()).collect();
        let error = reason.because(sentences.join("; "));
        Self::Refused(Box::new(ApiRefusal { error, members, headers: Vec::new() }))
    }
}

impl From<OAuthError> for ApiError {
    fn from(error: OAuthError) -> Self {
        Self::Refused(Box::new(ApiRefusal { error, members: Vec::new(), headers: Vec::new() }))
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Denied<OAuthError>> for ApiError {
    fn from(denied: Denied<OAuthError>) -> Self {
        match denied {
            Denied::Refused(error) => error.into(),
            Denied::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<Denied<Faults>> for ApiError {
    fn from(denied: Denied<Faults>) -> Self {
        match denied {
            Denied::Refused(faults) => faults.into(),
            Denied::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<Fault> for ApiError {
    fn from(fault: Fault) -> Self {
        Faults::from(fault).into()
    }
}

impl From<Faults> for ApiError {
    fn from(faults: Faults) -> Self {
        let sentences: Vec<&str> = faults.iter().map(|fault| fault.sentence.as_str()).collect();
        let first = faults.iter().next();
        let of_parameter = first.and_then(|fault| fault.member.as_deref()).is_some_and(is_parameter);
        let error = reason(faults.kind(), of_parameter).because(sentences.join("; "));
        let members = faults.iter().filter_map(|fault| {
            let member = fault.member.as_deref().filter(|member| !is_parameter(member))?;
            let (reason, description) = (reason(fault.kind, false), fault.sentence.clone());
            Some(FaultyMember { field: format!("/{member}"), reason, description })
        });
        let members = members.collect();
        Self::Refused(Box::new(ApiRefusal { error, members, headers: Vec::new() }))
    }
}

/// Whether a fault of a list is about a parameter of the query.
fn is_parameter(member: &str) -> bool {
    matches!(member, "limit" | "cursor" | "since" | "until")
}

fn reason(kind: FaultKind, is_parameter: bool) -> Reason {
    match kind {
        FaultKind::Invalid if is_parameter => Reason::ApiParameterInvalid,
        kind => reason_of(kind),
    }
}

/// The refusal of a body with another media type than these. `name` is the header that lists them.
pub(super) fn media_type(name: HeaderName, types: &str) -> ApiError {
    let error = Reason::RequestMediaType.because(format!("the body must be {types}"));
    ApiError::from(error).with_header(name, types)
}

/// `Accept-Post` (W3C Linked Data Platform 1.0 §7.1).
pub(super) const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
/// `Accept-Patch` (RFC 5789 §3.1).
pub(super) const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
/// The challenge of a request without a valid credential (RFC 9110 §11.6.1).
pub(super) const WWW_AUTHENTICATE: HeaderName = header::WWW_AUTHENTICATE;
