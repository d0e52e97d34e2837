//! The table of contents of the error reference: the error codes by what the request was for.

use minijinja::{Value, context};

use crate::oauth::error_code::ErrorCode;
use crate::oauth::reason::Reason;

/// The error codes in the order of the reference, under what a request with such an answer was for.
const PURPOSES: [(&str, &[ErrorCode]); 7] = [
    (
        "Every request",
        &[ErrorCode::InvalidRequest, ErrorCode::ServerError, ErrorCode::TemporarilyUnavailable],
    ),
    (
        "Sign-in and consent",
        &[
            ErrorCode::AccessDenied,
            ErrorCode::LoginRequired,
            ErrorCode::ConsentRequired,
            ErrorCode::AccountSelectionRequired,
            ErrorCode::UnmetAuthenticationRequirements,
            ErrorCode::UnsupportedResponseType,
            ErrorCode::InvalidRequestObject,
            ErrorCode::RequestUriNotSupported,
            ErrorCode::InvalidRequestUri,
        ],
    ),
    (
        "Scopes and APIs",
        &[
            ErrorCode::InvalidScope,
            ErrorCode::ForbiddenScope,
            ErrorCode::InvalidTarget,
            ErrorCode::InvalidAuthorizationDetails,
        ],
    ),
    (
        "Tokens",
        &[
            ErrorCode::InvalidClient,
            ErrorCode::UnauthorizedClient,
            ErrorCode::InvalidGrant,
            ErrorCode::UnsupportedGrantType,
        ],
    ),
    (
        "Calls with an access token",
        &[
            ErrorCode::InvalidToken,
            ErrorCode::InsufficientScope,
            ErrorCode::InvalidDpopProof,
            ErrorCode::UseDpopNonce,
        ],
    ),
    ("Devices", &[ErrorCode::AuthorizationPending, ErrorCode::SlowDown, ErrorCode::ExpiredToken]),
    (
        "Backchannel requests",
        &[
            ErrorCode::UnknownUserId,
            ErrorCode::ExpiredLoginHintToken,
            ErrorCode::MissingUserCode,
            ErrorCode::InvalidUserCode,
            ErrorCode::InvalidBindingMessage,
        ],
    ),
];

/// The codes in the order of the reference.
pub(super) fn codes() -> impl Iterator<Item = ErrorCode> {
    PURPOSES.iter().flat_map(|(_, codes)| codes.iter().copied())
}

/// The reasons of a code, in the order of the table.
pub(super) fn reasons_of(code: ErrorCode) -> impl Iterator<Item = Reason> {
    Reason::ALL.iter().copied().filter(move |reason| reason.code() == code)
}

/// Each purpose with its codes, as the templates read them.
pub(super) fn purposes(shown: impl Fn(ErrorCode) -> Value) -> Vec<Value> {
    PURPOSES
        .iter()
        .map(|(title, codes)| {
            let codes: Vec<Value> = codes.iter().copied().map(&shown).collect();
            context! { title => *title, codes }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_place() {
        let listed: Vec<ErrorCode> = codes().collect();
        assert_eq!(listed.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert!(listed.contains(code), "{code:?}");
        }
    }
}
