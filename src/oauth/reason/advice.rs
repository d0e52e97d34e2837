//! What the error reference says about an error code: what it means, what to do, and its most frequent reason.

use super::Reason;
use crate::oauth::error_code::ErrorCode;

impl ErrorCode {
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
