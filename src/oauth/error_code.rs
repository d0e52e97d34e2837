//! The `error` codes of OAuth: their names, where each is defined, and the HTTP status of each.

use strum::{IntoStaticStr, VariantArray};

/// The `error` codes that this server sends; [`Self::section`] says where each is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
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
    InvalidAuthorizationDetails,
    AuthorizationPending,
    SlowDown,
    ExpiredToken,
    UnknownUserId,
    ExpiredLoginHintToken,
    MissingUserCode,
    InvalidUserCode,
    InvalidBindingMessage,
    InvalidToken,
    InsufficientScope,
    InvalidDpopProof,
    UseDpopNonce,
    LoginRequired,
    ConsentRequired,
    AccountSelectionRequired,
    UnmetAuthenticationRequirements,
    InvalidRequestObject,
    RequestUriNotSupported,
    InvalidRequestUri,
    ServerError,
    TemporarilyUnavailable,
}

impl ErrorCode {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The code as it is sent.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The code in an answer to a backchannel request, which has none for request objects (CIBA Core §13).
    #[must_use]
    pub fn at_backchannel(self) -> Self {
        match self {
            Self::InvalidRequestObject => Self::InvalidRequest,
            other => other,
        }
    }

    /// The HTTP status of a JSON answer with this code (RFC 6749 §5.2).
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }

    /// The RFC and section that define the code.
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
            Self::InvalidAuthorizationDetails => "RFC 9396 §5",
            Self::AuthorizationPending | Self::SlowDown | Self::ExpiredToken => "RFC 8628 §3.5",
            Self::UnknownUserId
            | Self::ExpiredLoginHintToken
            | Self::MissingUserCode
            | Self::InvalidUserCode
            | Self::InvalidBindingMessage => "CIBA Core §13",
            Self::InvalidToken | Self::InsufficientScope => "RFC 6750 §3.1",
            Self::InvalidDpopProof => "RFC 9449 §5 and §7.1",
            Self::UseDpopNonce => "RFC 9449 §8 and §9",
            Self::LoginRequired
            | Self::ConsentRequired
            | Self::AccountSelectionRequired
            | Self::InvalidRequestObject
            | Self::RequestUriNotSupported
            | Self::InvalidRequestUri => "OpenID Connect Core §3.1.2.6",
            Self::UnmetAuthenticationRequirements => {
                "OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §1.2"
            }
            Self::ForbiddenScope => "this server's own code",
        }
    }

    /// Whether the code can be sent by redirect, in the parameters of the redirect URI; `false` for codes that only
    /// other answers have.
    pub fn is_redirected(self) -> bool {
        !matches!(
            self,
            Self::InvalidClient
                | Self::InvalidGrant
                | Self::UnsupportedGrantType
                | Self::AuthorizationPending
                | Self::SlowDown
                | Self::ExpiredToken
                | Self::UnknownUserId
                | Self::ExpiredLoginHintToken
                | Self::MissingUserCode
                | Self::InvalidUserCode
                | Self::InvalidBindingMessage
                | Self::InvalidToken
                | Self::InsufficientScope
                | Self::InvalidDpopProof
                | Self::UseDpopNonce
        )
    }

    /// Whether the code can be in a JSON answer; `false` for codes that are only sent by redirect.
    pub fn is_answered(self) -> bool {
        !matches!(
            self,
            Self::UnsupportedResponseType
                | Self::LoginRequired
                | Self::ConsentRequired
                | Self::AccountSelectionRequired
                | Self::UnmetAuthenticationRequirements
                | Self::RequestUriNotSupported
        )
    }
}
