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

/// What is wrong with a request before its operation has looked at it.
#[derive(Debug)]
pub(super) struct WrongInput {
    pub(super) query: Option<OAuthError>,
    pub(super) members: Vec<FaultyMember>,
}

impl WrongInput {
    /// The refusal of the request. `found` is why the operation refuses what could be read: the other members that it names
    /// belong to the refusal, too.
    pub(super) fn refused(self, found: Option<Denied<Faults>>) -> ApiError {
        let Self { query, mut members } = self;
        if let Some(Denied::Refused(faults)) = found {
            FaultyMember::add_others(&mut members, faulty_members(&faults));
        }
        let reason = query.as_ref().map(|error| error.reason);
        let reason = reason.or_else(|| members.first().map(|first| first.reason));
        let of_query = query.iter().map(|error| &*error.description);
        let sentences: Vec<&str> =
            of_query.chain(members.iter().map(|member| member.description.as_str())).collect();
        let error = reason.unwrap_or(Reason::ApiMemberInvalid).because(sentences.join("; "));
        ApiError::Refused(Box::new(ApiRefusal { error, members, headers: Vec::new() }))
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
        let error =
            faults.iter().next().map_or(Reason::ApiMemberInvalid, reason).because(sentences.join("; "));
        let members = faulty_members(&faults);
        Self::Refused(Box::new(ApiRefusal { error, members, headers: Vec::new() }))
    }
}

/// The faults that are about a member of the body.
fn faulty_members(faults: &Faults) -> Vec<FaultyMember> {
    let faulty = |fault: &Fault| {
        let member = fault.member.as_deref().filter(|member| !is_parameter(member))?;
        let (reason, description) = (reason(fault), fault.sentence.clone());
        Some(FaultyMember { field: format!("/{member}"), reason, description })
    };
    faults.iter().filter_map(faulty).collect()
}

/// Whether a fault of a list is about a parameter of the query.
fn is_parameter(member: &str) -> bool {
    matches!(member, "limit" | "cursor" | "since" | "until")
}

fn reason(fault: &Fault) -> Reason {
    match (fault.kind, fault.member.as_deref()) {
        (FaultKind::Invalid, Some(member)) if is_parameter(member) => Reason::ApiParameterInvalid,
        // The address is right, and what the body names does not exist.
        (FaultKind::NotFound, Some(_)) => Reason::ApiMemberInvalid,
        (kind, _) => reason_of(kind),
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
