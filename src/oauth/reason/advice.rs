//! What the error reference says about an error code: what it means, what to do, and its most frequent reason.

use super::Reason;
use crate::oauth::error_code::ErrorCode;

const DPOP_ADVICE: &str = "Sign a new proof for this very request, with the nonce of the header DPoP-Nonce if the answer has one, and send the \
                           request again, once. The description says what is wrong with the proof.";

impl ErrorCode {
    /// The most frequent reason for this code, whose example the reference shows.
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
            Self::InvalidAuthorizationDetails => Reason::DetailsInvalid,
            Self::AuthorizationPending => Reason::DeviceCodePending,
            Self::SlowDown => Reason::DeviceCodeSlowDown,
            Self::ExpiredToken => Reason::DeviceCodeExpired,
            Self::UnknownUserId => Reason::BackchannelUnknownUser,
            Self::ExpiredLoginHintToken => Reason::BackchannelHintExpired,
            Self::MissingUserCode => Reason::BackchannelMissingUserCode,
            Self::InvalidUserCode => Reason::BackchannelInvalidUserCode,
            Self::InvalidBindingMessage => Reason::BackchannelBindingMessage,
            Self::InvalidToken => Reason::BearerExpired,
            Self::InsufficientScope => Reason::BearerScope,
            Self::InvalidDpopProof => Reason::DpopUrl,
            Self::UseDpopNonce => Reason::DpopNonceMissing,
            Self::LoginRequired => Reason::SignInRequired,
            Self::ConsentRequired => Reason::ConsentRequired,
            Self::AccountSelectionRequired => Reason::AccountSelectionRequired,
            Self::UnmetAuthenticationRequirements => Reason::AcrUnmet,
            Self::InvalidRequestObject => Reason::RequestObjectSignature,
            Self::RequestUriNotSupported => Reason::RequestUriUnsupported,
            Self::InvalidRequestUri => Reason::PushedRequestUnknown,
            Self::ServerError => Reason::ServerFailed,
            Self::TemporarilyUnavailable => Reason::ServerBusy,
        }
    }

    /// What happened, for people who skim: at most 60 characters, without a full stop.
    pub fn title(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The request has a mistake",
            Self::UnsupportedResponseType => "Unsupported response type",
            Self::InvalidScope => "Unknown or malformed scope",
            Self::ForbiddenScope => "Scope that is not allowed",
            Self::AccessDenied => "The request was denied",
            Self::UnauthorizedClient => "Grant that is not allowed",
            Self::InvalidClient => "The application is not authenticated",
            Self::InvalidGrant => "The code, token or assertion is not valid",
            Self::UnsupportedGrantType => "Unsupported grant type",
            Self::InvalidTarget => "Unknown or forbidden API",
            Self::InvalidAuthorizationDetails => "Authorization details that are not valid",
            Self::AuthorizationPending => "The answer of the person is not there yet",
            Self::SlowDown => "The polls come too fast",
            Self::ExpiredToken => "The time for the person's answer is over",
            Self::UnknownUserId => "The person is not known here",
            Self::ExpiredLoginHintToken => "Expired token about the person",
            Self::MissingUserCode => "Missing user code",
            Self::InvalidUserCode => "Wrong user code",
            Self::InvalidBindingMessage => "Binding message that no page can show",
            Self::InvalidToken => "The access token is not valid",
            Self::InsufficientScope => "The access token does not allow this",
            Self::InvalidDpopProof => "The DPoP proof is not valid",
            Self::UseDpopNonce => "The DPoP proof needs a newer nonce",
            Self::LoginRequired => "Sign-in required",
            Self::ConsentRequired => "Consent required",
            Self::AccountSelectionRequired => "Choice of an account required",
            Self::UnmetAuthenticationRequirements => "Way of signing in not available",
            Self::InvalidRequestObject => "The request object has a mistake",
            Self::RequestUriNotSupported => "Unsupported request by reference",
            Self::InvalidRequestUri => "Unknown or ended pushed request",
            Self::ServerError => "Failure of the server",
            Self::TemporarilyUnavailable => "The server cannot answer now",
        }
    }

    /// What an application that gets this code should do.
    pub fn advice(self) -> &'static str {
        match self {
            Self::InvalidRequest | Self::InvalidRequestObject | Self::RequestUriNotSupported => {
                "Treat it as a mistake in your code or its configuration: log the description and the reason, \
                 and do not try again with the same request."
            }
            Self::InvalidRequestUri => "Push the request again, once, and send the browser at once.",
            Self::UnsupportedResponseType | Self::UnsupportedGrantType => {
                "Compare what your library sends with the server's metadata, and use a value that both support."
            }
            Self::InvalidScope => "Check the spelling of each scope; the description names the refused one.",
            Self::ForbiddenScope => {
                "Do not request the scope, or ask the operator to allow it; trying again does not help."
            }
            Self::AccessDenied => {
                "Tell the person that the sign-in did not happen, and offer it again. Never restart it without a \
                 click: that would be a loop."
            }
            Self::LoginRequired | Self::ConsentRequired | Self::AccountSelectionRequired => {
                "Show your sign-in button; when it is clicked, send the person here again, without prompt=none."
            }
            Self::UnmetAuthenticationRequirements => {
                "Request a way of signing in that the server's metadata lists, or continue without one."
            }
            Self::UnauthorizedClient => {
                "Use a grant that the application is registered for, or ask the operator to add this one."
            }
            Self::InvalidClient => {
                "Check client_id, secret and how they are sent. Do not retry in a loop; put a changed secret into \
                 your configuration first."
            }
            Self::InvalidGrant => {
                "Drop the code, refresh token, device code, auth_req_id or assertion: it is no longer valid, or never was. Begin \
                 again, once, and look at the reason if the error comes back."
            }
            Self::InvalidTarget => {
                "Compare the resource with the registered ones, and name every resource in the authorization request \
                 first."
            }
            Self::InvalidAuthorizationDetails => {
                "Compare the element that the description names with what the operator requires of its type."
            }
            Self::AuthorizationPending | Self::SlowDown | Self::ExpiredToken => self.advice_about_polls(),
            Self::UnknownUserId
            | Self::ExpiredLoginHintToken
            | Self::MissingUserCode
            | Self::InvalidUserCode
            | Self::InvalidBindingMessage => self.advice_about_backchannel_requests(),
            Self::InvalidToken | Self::InsufficientScope => self.advice_about_access_tokens(),
            Self::InvalidDpopProof | Self::UseDpopNonce => DPOP_ADVICE,
            Self::ServerError => "Try once more after a pause; then report the request id to the operator.",
            Self::TemporarilyUnavailable => {
                "Wait for the seconds in Retry-After, try again, and wait longer each time."
            }
        }
    }

    fn advice_about_polls(self) -> &'static str {
        match self {
            Self::AuthorizationPending => {
                "Poll again after the interval, until there is another answer; the person may need some minutes."
            }
            Self::SlowDown => "From now on wait five seconds longer between two polls, and continue.",
            _ => "Show a button for a new attempt, and begin again when it is pressed.",
        }
    }

    fn advice_about_access_tokens(self) -> &'static str {
        match self {
            Self::InvalidToken => {
                "Get a new access token with the refresh token, and try again once. If that fails, send the person \
                 through sign-in again."
            }
            _ => "Send the person through sign-in again with the scope that WWW-Authenticate names.",
        }
    }

    fn advice_about_backchannel_requests(self) -> &'static str {
        match self {
            Self::UnknownUserId => {
                "Ask the person for the name or e-mail address of their account here, and send it as login_hint."
            }
            Self::ExpiredLoginHintToken => {
                "Get a new token from its issuer, and send the request again, once."
            }
            Self::MissingUserCode | Self::InvalidUserCode => {
                "Ask the person for the user code, and send the request again with it; do not keep the code."
            }
            _ => "Send a short text on one line that the person can compare, or none.",
        }
    }

    /// What the code means, in one sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The request is malformed; the description says how.",
            Self::UnsupportedResponseType => "The server does not support the requested response type.",
            Self::InvalidScope => "A scope is unknown to the server or malformed.",
            Self::ForbiddenScope => "The scope exists, but this application is not allowed to use it.",
            Self::AccessDenied => "The person or the server denied the request.",
            Self::UnauthorizedClient => "The application is not allowed to use this way of getting a token.",
            Self::InvalidClient => "The application is not authenticated.",
            Self::InvalidGrant => {
                "The code, token or assertion is not valid, or was not issued to this application."
            }
            Self::UnsupportedGrantType => "The server does not support the requested grant type.",
            Self::InvalidTarget => "The API that the token should be for is unknown or not allowed.",
            Self::InvalidAuthorizationDetails => {
                "The authorization details are malformed, not known here, or not allowed."
            }
            Self::AuthorizationPending => "The person has not answered the request yet.",
            Self::SlowDown => "The device or application polls too often; the person has not answered yet.",
            Self::ExpiredToken => "The request expired before the device or application got its answer.",
            Self::UnknownUserId => "The request names no person who can answer it.",
            Self::ExpiredLoginHintToken => "The token that names the person has expired.",
            Self::MissingUserCode => "The person has a user code, and the request has none.",
            Self::InvalidUserCode => "The user code is not the one of the person.",
            Self::InvalidBindingMessage => "The binding message is too long, or cannot be shown.",
            Self::InvalidToken => "The access token is missing, not valid, or no longer valid.",
            Self::InsufficientScope => "The access token is valid, but lacks a scope that is needed here.",
            Self::InvalidDpopProof => "The DPoP proof of the request is missing or not valid.",
            Self::UseDpopNonce => "The DPoP proof must have the nonce that came with this answer.",
            Self::LoginRequired => "The person has to sign in, and the request forbids pages.",
            Self::ConsentRequired => "The person has to consent, and the request forbids pages.",
            Self::AccountSelectionRequired => {
                "The person has to choose an account, and the request forbids pages."
            }
            Self::UnmetAuthenticationRequirements => {
                "The person cannot sign in here in the way that the request requires."
            }
            Self::InvalidRequestObject => {
                "The signed request is malformed, not this application's, or not valid now."
            }
            Self::RequestUriNotSupported => "The server does not support requests by reference.",
            Self::InvalidRequestUri => {
                "The pushed request is unknown, has ended, or is another application's."
            }
            Self::ServerError => "The server failed; the fault is ours, not yours.",
            Self::TemporarilyUnavailable => {
                "The server is overloaded or its database is unavailable; try again soon."
            }
        }
    }
}
