//! The error of an OAuth endpoint: a code that the RFCs define, our reason word, and a sentence.

use std::borrow::Cow;

use crate::oauth::reason::Reason;

/// A refusal: it is answered to the client, commits what was written, and is logged with its reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", reason.word())]
pub struct OAuthError {
    pub reason: Reason,
    pub description: Cow<'static, str>,
}

impl OAuthError {
    pub fn code(&self) -> ErrorCode {
        self.reason.code()
    }
}

/// The `error` values that this server sends, with the RFC that defines each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    InvalidRequest,
    UnsupportedResponseType,
    InvalidScope,
    ForbiddenScope,
    AccessDenied,
    UnauthorizedClient,
    InvalidClient,
    InvalidGrant,
    UnsupportedGrantType,
    InvalidTarget,
    AuthorizationPending,
    SlowDown,
    ExpiredToken,
    InvalidToken,
    InsufficientScope,
    LoginRequired,
    ConsentRequired,
    AccountSelectionRequired,
    UnmetAuthenticationRequirements,
    RequestNotSupported,
    RequestUriNotSupported,
    ServerError,
    TemporarilyUnavailable,
}

impl ErrorCode {
    pub const ALL: [Self; 23] = [
        Self::InvalidRequest,
        Self::UnsupportedResponseType,
        Self::InvalidScope,
        Self::ForbiddenScope,
        Self::AccessDenied,
        Self::UnauthorizedClient,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnsupportedGrantType,
        Self::InvalidTarget,
        Self::AuthorizationPending,
        Self::SlowDown,
        Self::ExpiredToken,
        Self::InvalidToken,
        Self::InsufficientScope,
        Self::LoginRequired,
        Self::ConsentRequired,
        Self::AccountSelectionRequired,
        Self::UnmetAuthenticationRequirements,
        Self::RequestNotSupported,
        Self::RequestUriNotSupported,
        Self::ServerError,
        Self::TemporarilyUnavailable,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::ForbiddenScope => "forbidden_scope",
            Self::AccessDenied => "access_denied",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidTarget => "invalid_target",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }

    /// The status of a JSON answer with this code (RFC 6749 §5.2).
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }

    /// Where the code is defined.
    pub fn section(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::UnauthorizedClient | Self::InvalidScope => {
                "RFC 6749 §4.1.2.1 and §5.2"
            }
            Self::UnsupportedResponseType
            | Self::AccessDenied
            | Self::ServerError
            | Self::TemporarilyUnavailable => "RFC 6749 §4.1.2.1",
            Self::InvalidClient | Self::InvalidGrant | Self::UnsupportedGrantType => "RFC 6749 §5.2",
            Self::InvalidTarget => "RFC 8707 §2",
            Self::AuthorizationPending | Self::SlowDown | Self::ExpiredToken => "RFC 8628 §3.5",
            Self::InvalidToken | Self::InsufficientScope => "RFC 6750 §3.1",
            Self::LoginRequired
            | Self::ConsentRequired
            | Self::AccountSelectionRequired
            | Self::RequestNotSupported
            | Self::RequestUriNotSupported => "OpenID Connect Core §3.1.2.6",
            Self::UnmetAuthenticationRequirements => {
                "OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §1.2"
            }
            Self::ForbiddenScope => "this server's own code",
        }
    }

    /// Whether an application gets it by redirect, in the query of its redirect URI.
    pub fn is_redirected(self) -> bool {
        !matches!(
            self,
            Self::InvalidClient
                | Self::InvalidGrant
                | Self::UnsupportedGrantType
                | Self::AuthorizationPending
                | Self::SlowDown
                | Self::ExpiredToken
                | Self::InvalidToken
                | Self::InsufficientScope
        )
    }

    /// Whether a program gets it as JSON.
    pub fn is_answered(self) -> bool {
        !matches!(
            self,
            Self::UnsupportedResponseType
                | Self::LoginRequired
                | Self::ConsentRequired
                | Self::AccountSelectionRequired
                | Self::UnmetAuthenticationRequirements
                | Self::RequestNotSupported
                | Self::RequestUriNotSupported
        )
    }

    /// The reason that is behind it most often.
    pub fn usual(self) -> Reason {
        match self {
            Self::InvalidRequest => Reason::ChallengeMissing,
            Self::UnsupportedResponseType => Reason::ResponseTypeUnsupported,
            Self::InvalidScope => Reason::ScopeUnknown,
            Self::ForbiddenScope => Reason::ScopeForbidden,
            Self::AccessDenied => Reason::ConsentDenied,
            Self::UnauthorizedClient => Reason::ClientGrantNotAllowed,
            Self::InvalidClient => Reason::ClientSecretWrong,
            Self::InvalidGrant => Reason::CodeReplayed,
            Self::UnsupportedGrantType => Reason::GrantTypeUnsupported,
            Self::InvalidTarget => Reason::ResourceUnknown,
            Self::AuthorizationPending => Reason::DeviceCodePending,
            Self::SlowDown => Reason::DeviceCodeSlowDown,
            Self::ExpiredToken => Reason::DeviceCodeExpired,
            Self::InvalidToken => Reason::BearerExpired,
            Self::InsufficientScope => Reason::BearerScope,
            Self::LoginRequired => Reason::SignInRequired,
            Self::ConsentRequired => Reason::ConsentRequired,
            Self::AccountSelectionRequired => Reason::AccountSelectionRequired,
            Self::UnmetAuthenticationRequirements => Reason::AcrUnmet,
            Self::RequestNotSupported => Reason::RequestObjectUnsupported,
            Self::RequestUriNotSupported => Reason::RequestUriUnsupported,
            Self::ServerError => Reason::ServerFailed,
            Self::TemporarilyUnavailable => Reason::ServerBusy,
        }
    }

    /// What an application that gets it does best.
    pub fn advice(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::RequestNotSupported | Self::RequestUriNotSupported => {
                "Treat it as a mistake in your code or its configuration: log the description and the reason, \
                 and do not try again with the same request."
            }
            Self::UnsupportedResponseType | Self::UnsupportedGrantType => {
                "Compare what your library sends with the server's metadata, and switch to what both know."
            }
            Self::InvalidScope => {
                "Check the spelling of each scope; the description names the one that was refused."
            }
            Self::ForbiddenScope => {
                "Do not ask for the scope, or have the operator allow it; asking again does not help."
            }
            Self::AccessDenied => {
                "Show the person that the sign-in did not happen, and offer it again. Never start it over \
                 without a click: that would be a loop."
            }
            Self::LoginRequired | Self::ConsentRequired | Self::AccountSelectionRequired => {
                "Show your sign-in button; at its click send the person here again, without prompt=none."
            }
            Self::UnmetAuthenticationRequirements => {
                "Ask for a way of signing in that the server's metadata lists, or go on without one."
            }
            Self::UnauthorizedClient => {
                "Use a grant that the application is registered for, or have the operator add this one."
            }
            Self::InvalidClient => {
                "Check client_id, secret and how they are sent. Do not retry in a loop; a changed secret has to \
                 come into your configuration first."
            }
            Self::InvalidGrant => {
                "Drop the code, refresh token, device code or assertion: it is of no use any more, or never was. Begin \
                 anew, once, and look at the reason when it comes back."
            }
            Self::InvalidTarget => {
                "Compare the resource that you name with what the operator has registered, and name each one already \
                 in the authorization request."
            }
            Self::AuthorizationPending => {
                "Ask again after the interval, until there is another answer; the person may need some minutes."
            }
            Self::SlowDown => "Wait five seconds longer between two polls from now on, and go on.",
            Self::ExpiredToken => {
                "Show a button with which the person begins again, and ask for a new code at its press."
            }
            Self::InvalidToken => {
                "Get a new access token with the refresh token, and try again once. If that fails, send the person \
                 through sign-in again."
            }
            Self::InsufficientScope => {
                "Send the person through sign-in again with the scope that WWW-Authenticate names."
            }
            Self::ServerError => {
                "Try once more after a pause. If it stays, report the request id to the operator."
            }
            Self::TemporarilyUnavailable => {
                "Wait for the seconds of Retry-After, try again, and wait longer each time."
            }
        }
    }

    /// What the code says, in one sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The request is malformed; the description says how.",
            Self::UnsupportedResponseType => {
                "The server does not support the response type that was asked for."
            }
            Self::InvalidScope => "A scope is unknown to the server or malformed.",
            Self::ForbiddenScope => "The scope exists, but this application is not allowed to use it.",
            Self::AccessDenied => "The person or the server denied the request.",
            Self::UnauthorizedClient => "The application is not allowed to use this way of getting a token.",
            Self::InvalidClient => "The application did not prove who it is.",
            Self::InvalidGrant => {
                "What was offered for tokens, such as a code, is not valid, or not for this application."
            }
            Self::UnsupportedGrantType => "The server does not support the grant type that was asked for.",
            Self::InvalidTarget => "The API that the token is to be for is unknown or not allowed.",
            Self::AuthorizationPending => "The person has not answered the device's request yet.",
            Self::SlowDown => "The device asks too often; the person has not answered yet.",
            Self::ExpiredToken => "The device code has expired before the device had its answer.",
            Self::InvalidToken => "The access token is missing, or not valid, or not any more.",
            Self::InsufficientScope => "The access token is good, but lacks a scope that is needed here.",
            Self::LoginRequired => "The person has to sign in, and the request forbids to ask.",
            Self::ConsentRequired => "The person has to consent, and the request forbids to ask.",
            Self::AccountSelectionRequired => {
                "The person has to choose an account, and the request forbids to ask."
            }
            Self::UnmetAuthenticationRequirements => {
                "The person cannot sign in here in the way that the request insists on."
            }
            Self::RequestNotSupported => "The server does not take request objects.",
            Self::RequestUriNotSupported => "The server does not take requests by reference.",
            Self::ServerError => "The server failed; the fault is ours, not yours.",
            Self::TemporarilyUnavailable => {
                "The server is overloaded or its database is away; try again soon."
            }
        }
    }
}

/// How a received value may stand in a description: printable ASCII without `"` and `\` (RFC 6749 §5.2), cut short.
pub fn shown(value: &str) -> String {
    const LONGEST: usize = 64;
    let mut text = String::with_capacity(value.len().min(LONGEST) + 4);
    for byte in value.bytes() {
        if text.len() >= LONGEST {
            text.push_str("...");
            break;
        }
        match byte {
            b'"' | b'\\' | b'%' | 0..=0x1f | 0x7f..=0xff => text.push_str(&format!("%{byte:02X}")),
            _ => text.push(char::from(byte)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_shown_value_is_fit_for_an_error_description(value in ".*") {
            let text = shown(&value);
            prop_assert!(text.len() <= 70);
            prop_assert!(text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)));
        }
    }
}
