//! The HTTP status of an error, when to try again, and the address of its explanation.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;

use crate::app::App;
use crate::oauth::error::OAuthError;
use crate::oauth::error_code::ErrorCode;
use crate::oauth::reason::Reason;
use crate::operations::fault::FaultKind;

/// The seconds after which an overloaded server should be tried again.
pub(super) const RETRY_AFTER: &str = "1";

/// The seconds after which the request may succeed: those of the error, or a second if the error does not say. `None` if
/// waiting does not help.
pub(super) fn retry_after(status: StatusCode, error: &OAuthError) -> Option<HeaderValue> {
    let is_temporary = matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
    let unknown = || is_temporary.then(|| HeaderValue::from_static(RETRY_AFTER));
    error.retry_after.map(|wait| HeaderValue::from(wait.as_i64())).or_else(unknown)
}

/// The status that an error has on each surface: of its reason, or else of its code.
pub(super) fn status_of(error: &OAuthError) -> StatusCode {
    let of_code = || StatusCode::from_u16(error.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    http_status(error.reason).unwrap_or_else(of_code)
}

/// The status that an error has where access tokens are presented, and a bad proof makes the request unauthorized (RFC 9449
/// §7.1 and §9).
pub(super) fn status_at_resource(error: &OAuthError) -> StatusCode {
    match error.code() {
        ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce => StatusCode::UNAUTHORIZED,
        _ => status_of(error),
    }
}

/// The HTTP status of a reason that has one of its own, on any surface.
pub(super) fn http_status(reason: Reason) -> Option<StatusCode> {
    match reason {
        Reason::RequestMediaType => Some(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        Reason::RequestTooLarge => Some(StatusCode::PAYLOAD_TOO_LARGE),
        Reason::RequestMethod => Some(StatusCode::METHOD_NOT_ALLOWED),
        Reason::ServerBusy => Some(StatusCode::SERVICE_UNAVAILABLE),
        Reason::ApiForbidden => Some(StatusCode::FORBIDDEN),
        Reason::ApiNotFound => Some(StatusCode::NOT_FOUND),
        Reason::ApiConflict | Reason::ApiIdempotencyKeyReused => Some(StatusCode::CONFLICT),
        Reason::ApiOtherVersion => Some(StatusCode::PRECONDITION_FAILED),
        Reason::ApiIdempotencyKeysTooMany
        | Reason::UserCodeGuesses
        | Reason::SignInGuesses
        | Reason::ClientSecretGuesses
        | Reason::DeviceCodeTooMany
        | Reason::BackchannelTooMany
        | Reason::BackchannelTooManyForPerson
        | Reason::BackchannelDeniedBefore
        | Reason::BackchannelUserCodeGuesses
        | Reason::SignUpTooMany
        | Reason::FlowTooMany
        | Reason::LimitsNetwork
        | Reason::LimitsClient
        | Reason::LimitsAccount => Some(StatusCode::TOO_MANY_REQUESTS),
        _ => None,
    }
}

/// The reason of a fault of an operation.
pub fn reason_of(kind: FaultKind) -> Reason {
    match kind {
        FaultKind::Invalid => Reason::ApiMemberInvalid,
        FaultKind::NotFound => Reason::ApiNotFound,
        FaultKind::Conflict => Reason::ApiConflict,
        FaultKind::OtherVersion => Reason::ApiOtherVersion,
        FaultKind::Forbidden => Reason::ApiForbidden,
    }
}

pub(super) fn error_uri(app: &App, error: &OAuthError) -> String {
    format!("{}/errors/{}", app.issuer, error.reason.word())
}
