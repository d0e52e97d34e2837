//! The section of an RFC whose rule a reason follows.

use super::Reason;
use crate::oauth::error_code::ErrorCode;

/// A rule that no RFC has, such as a bound of this server.
const OWN_RULE: &str = "this server's own rule";
/// The description of the management API, which this server publishes.
const API_DOCUMENT: &str = "RFC 9110 §15.5.1, /api/v1/openapi.json";

impl Reason {
    /// The RFC and section of the rule that the request broke, or a few words if no RFC has the rule.
    pub fn section(self) -> &'static str {
        let own = self.section_of_request().or_else(|| self.section_of_object());
        let own = own.or_else(|| self.section_of_token()).or_else(|| self.section_of_proof());
        let own = own.or_else(|| self.section_of_backchannel()).or_else(|| self.section_of_grant());
        let own = own.or_else(|| self.section_of_page()).or_else(|| self.section_of_api());
        own.or_else(|| self.section_of_code()).unwrap_or(OWN_RULE)
    }

    /// The section of the error code, if the code is only for one rule.
    fn section_of_code(self) -> Option<&'static str> {
        let code = self.code();
        let has_many_rules = matches!(
            code,
            ErrorCode::InvalidRequest
                | ErrorCode::UnauthorizedClient
                | ErrorCode::AccessDenied
                | ErrorCode::InvalidScope
                | ErrorCode::InvalidClient
                | ErrorCode::InvalidGrant
                | ErrorCode::ServerError
                | ErrorCode::TemporarilyUnavailable
        );
        (!has_many_rules).then(|| code.section())
    }

    /// The section about requests of people and of clients at `/authorize`.
    fn section_of_request(self) -> Option<&'static str> {
        let section = match self {
            Self::RequestMalformed => "RFC 6749 §3.1 and §3.2",
            Self::RequestMediaType => "RFC 6749 §3.2, RFC 9110 §15.5.16",
            Self::RequestMethod => "RFC 6749 §3.1 and §3.2, RFC 9110 §15.5.6",
            Self::RequestTooLarge => "RFC 9110 §15.5.14",
            Self::ParameterMalformed | Self::ParameterTooLong | Self::ParameterTooMany => {
                "RFC 6749 §4.1.2.1 and §5.2"
            }
            Self::ParameterRepeated => "RFC 6749 §3.1 and §3.2",
            Self::ClientIdMissing | Self::ClientIdRepeated | Self::ClientUnknown => {
                "RFC 6749 §2.2 and §4.1.1"
            }
            Self::RedirectUriMissing
            | Self::RedirectUriRepeated
            | Self::RedirectUriMalformed
            | Self::RedirectUriScheme
            | Self::RedirectUriHost
            | Self::RedirectUriPath
            | Self::RedirectUriQuery => "RFC 6749 §3.1.2.3, RFC 9700 §2.1",
            Self::RedirectUriNoneRegistered => "RFC 6749 §3.1.2.2",
            Self::RedirectUriPort => "RFC 6749 §3.1.2.3, RFC 8252 §7.3",
            Self::ResponseTypeMissing | Self::ResponseTypeUnsupported | Self::ResponseTypeNotAllowed => {
                "RFC 6749 §3.1.1"
            }
            Self::ResponseModeUnsupported | Self::ResponseModeQuery => {
                "OAuth 2.0 Multiple Response Type Encoding Practices §2.1 and §5, JARM §2.3"
            }
            Self::PushedRequestRequired => "RFC 9126 §5 and §6",
            Self::PushedRequestNested => "RFC 9126 §2.1",
            Self::PushedRequestUnknown | Self::PushedRequestExpired | Self::PushedRequestUsed => {
                "RFC 9126 §2.2 and §4"
            }
            Self::NonceMissing => "OpenID Connect Core §3.2.2.1 and §3.3.2.1",
            Self::ScopeWithoutOpenid => "OpenID Connect Core §3.1.2.1",
            Self::ClaimsMalformed => "OpenID Connect Core §5.5",
            Self::PromptUnknown | Self::PromptNoneCombined | Self::MaxAgeMalformed => {
                "OpenID Connect Core §3.1.2.1"
            }
            Self::SignInOtherPerson => "OpenID Connect Core §3.1.2.2 and §5.5.1",
            Self::ChallengeMissing | Self::ChallengeMalformed => "RFC 7636 §4.3 and §4.4.1, RFC 9700 §2.1.1",
            Self::ChallengeMethod => "RFC 7636 §4.2 and §4.3",
            Self::ScopeMalformed
            | Self::ScopeTooMany
            | Self::ScopeUnknown
            | Self::ScopeNone
            | Self::ScopeForbidden => "RFC 6749 §3.3",
            Self::ScopeNotOfResource => "RFC 8707 §2",
            Self::ResourceMalformed | Self::ResourceUnknown | Self::ResourceNotAllowed => "RFC 8707 §2",
            Self::DetailsMalformed | Self::DetailsTooMany | Self::DetailsText => "RFC 9396 §2 and §5",
            Self::DetailsLocation => "RFC 9396 §2.2",
            Self::DetailsWidened => "RFC 9396 §6",
            Self::HintInvalid | Self::HintOtherClient => "OpenID Connect RP-Initiated Logout §4",
            Self::LogoutClientMissing => "OpenID Connect RP-Initiated Logout §2",
            Self::LogoutRedirectUri => "OpenID Connect RP-Initiated Logout §3.1",
            _ => return None,
        };
        Some(section)
    }

    /// The section about request objects.
    fn section_of_object(self) -> Option<&'static str> {
        let section = match self {
            Self::RequestObjectRequired => "RFC 9101 §10.5",
            Self::RequestObjectMalformed
            | Self::RequestObjectEncrypted
            | Self::RequestObjectType
            | Self::RequestObjectNested => "RFC 9101 §4 and §6",
            Self::RequestObjectAlgorithm | Self::RequestObjectSignature | Self::RequestObjectKeys => {
                "RFC 9101 §6.2"
            }
            Self::RequestObjectClient | Self::RequestObjectAudience => "RFC 9101 §4 and §6.3",
            Self::RequestObjectTimes => "FAPI 2.0 Message Signing §5.3.1",
            Self::RequestObjectOutside => "OpenID Connect Core §6.1",
            _ => return None,
        };
        Some(section)
    }

    /// The section about requests of clients at `/token`, and of tokens that are presented.
    fn section_of_token(self) -> Option<&'static str> {
        let section = match self {
            Self::GrantTypeMissing | Self::GrantTypeUnsupported => "RFC 6749 §4.1.3 and §4.5",
            Self::ClientGrantNotAllowed => "RFC 6749 §5.2, RFC 7591 §2",
            Self::ClientAuthenticationMissing
            | Self::ClientSecretWrong
            | Self::ClientSecretUnexpected
            | Self::ClientMethodsMixed
            | Self::ClientIdMismatch => "RFC 6749 §2.3 and §3.2.1",
            Self::ClientBasicMalformed => "RFC 6749 §2.3.1",
            Self::ClientMethodNotAllowed => "RFC 6749 §2.3, RFC 7591 §2",
            Self::AssertionMalformed | Self::AssertionSignature | Self::ClientKeysUnavailable => {
                "RFC 7523 §2.2 and §3"
            }
            Self::AssertionAudience
            | Self::AssertionTimes
            | Self::AssertionClaims
            | Self::AssertionReplayed
            | Self::GrantAssertionClaims
            | Self::GrantAssertionAudience
            | Self::GrantAssertionTimes
            | Self::GrantAssertionReplayed => "RFC 7523 §3",
            Self::GrantAssertionMissing | Self::GrantAssertionMalformed => "RFC 7523 §2.1",
            Self::CodeExpired | Self::CodeReplayed | Self::CodeRefusedBefore => "RFC 6749 §4.1.2",
            Self::CodeMissing | Self::CodeUnknown | Self::CodeWrongClient | Self::CodeRedirectUri => {
                "RFC 6749 §4.1.3"
            }
            Self::VerifierMissing | Self::VerifierMismatch | Self::VerifierUnexpected => {
                "RFC 7636 §4.5 and §4.6, RFC 9700 §2.1.1"
            }
            Self::VerifierMalformed => "RFC 7636 §4.1",
            Self::ScopeWidened => "RFC 6749 §6",
            Self::ResourceWidened | Self::ResourceSeveral => "RFC 8707 §2.2",
            Self::RefreshTokenReused => "RFC 9700 §4.14.2",
            Self::RefreshTokenMissing
            | Self::RefreshTokenUnknown
            | Self::RefreshTokenExpired
            | Self::RefreshTokenRevoked
            | Self::RefreshTokenWrongClient => "RFC 6749 §6",
            Self::DeviceCodeMissing | Self::DeviceCodeUnknown | Self::DeviceCodeWrongClient => {
                "RFC 8628 §3.4"
            }
            Self::SubjectTokenMissing
            | Self::TokenTypeUnsupported
            | Self::SubjectTokenInvalid
            | Self::SubjectTokenForeign
            | Self::ActorTokenInvalid
            | Self::AudienceMismatch => "RFC 8693 §2.1 and §2.2.2",
            Self::BearerMissing | Self::BearerMalformed | Self::BearerRepeated => "RFC 6750 §2 and §3.1",
            _ => return None,
        };
        Some(section)
    }

    /// The section about grants beside codes and refresh tokens, and about what clients may do at all.
    fn section_of_grant(self) -> Option<&'static str> {
        let section = match self {
            Self::ClientSecretGuesses => "RFC 6749 §2.3.1",
            Self::ClientProfile => "FAPI 2.0 Security Profile §5.3.2 and §5.4",
            Self::SubjectDisabled | Self::SubjectGroup | Self::SessionEnded => "RFC 6749 §5.2",
            Self::DeviceCodeDenied | Self::DeviceCodeReplayed | Self::DeviceCodeRefusedBefore => {
                "RFC 8628 §3.5"
            }
            Self::DeviceAnswered => "RFC 8628 §3.3",
            Self::UserCodeGuesses => "RFC 8628 §5.1",
            Self::GrantAssertionIssuer
            | Self::GrantAssertionSignature
            | Self::GrantAssertionKeys
            | Self::GrantAssertionSubject => "RFC 7523 §3",
            Self::ScopeBeyondIssuer => "RFC 7521 §4.1",
            Self::ExchangeTooDeep => "RFC 8693 §4.1",
            Self::TokenMissing => "RFC 7009 §2.1, RFC 7662 §2.1",
            Self::BearerTooLong => "RFC 6750 §3.1",
            _ => return None,
        };
        Some(section)
    }

    /// The section about the pages, and about what the server bears.
    fn section_of_page(self) -> Option<&'static str> {
        let section = match self {
            Self::FlowOtherBrowser | Self::FormForged => "RFC 6749 §10.12",
            Self::SignInGuesses => "RFC 6749 §10.10",
            Self::ConsentDenied | Self::SignInCancelled | Self::UserDisabled | Self::UserGroup => {
                "RFC 6749 §4.1.2.1"
            }
            Self::FlowTooMany
            | Self::SignUpTooMany
            | Self::DeviceCodeTooMany
            | Self::LimitsNetwork
            | Self::LimitsClient
            | Self::LimitsAccount => "RFC 6585 §4",
            Self::ServerFailed => "RFC 6749 §4.1.2.1, RFC 9110 §15.6.1",
            Self::ServerBusy => "RFC 6749 §4.1.2.1, RFC 9110 §15.6.4",
            _ => return None,
        };
        Some(section)
    }

    /// The section about the management API, whose errors are those of HTTP (RFC 9457).
    fn section_of_api(self) -> Option<&'static str> {
        let section = match self {
            Self::ApiCredentialMissing => "RFC 9110 §15.5.2, RFC 6750 §3",
            Self::ApiCredentialWrong | Self::ApiKeyExpired => "RFC 9110 §15.5.2, RFC 6750 §3.1",
            Self::ApiScopeMissing => "RFC 9110 §15.5.4, RFC 6750 §3.1",
            Self::ApiForbidden => "RFC 9110 §15.5.4",
            Self::ApiNotFound => "RFC 9110 §15.5.5",
            Self::ApiConflict => "RFC 9110 §15.5.10",
            Self::ApiOtherVersion => "RFC 9110 §13.1.1 and §15.5.13",
            Self::ApiConditionMissing => "RFC 9110 §13.1",
            Self::ApiJsonMalformed => "RFC 8259 §2, RFC 7493 §2.3",
            Self::ApiMemberUnknown
            | Self::ApiMemberMissing
            | Self::ApiMemberInvalid
            | Self::ApiParameterUnknown
            | Self::ApiParameterInvalid => API_DOCUMENT,
            Self::ApiIdempotencyKeyReused => "draft-ietf-httpapi-idempotency-key-header-07 §2.7",
            Self::ApiIdempotencyKeysTooMany => "RFC 6585 §4",
            _ => return None,
        };
        Some(section)
    }

    /// The section about requests for a person who answers elsewhere.
    fn section_of_backchannel(self) -> Option<&'static str> {
        let section = match self {
            Self::BackchannelScope
            | Self::BackchannelHint
            | Self::BackchannelHintToken
            | Self::BackchannelNotificationToken
            | Self::BackchannelExpiry => "CIBA Core §7.1",
            Self::RequestObjectReplayed => "CIBA Core §7.1.1",
            Self::BackchannelUserCodeGuesses
            | Self::BackchannelTooMany
            | Self::BackchannelTooManyForPerson
            | Self::BackchannelDeniedBefore => "CIBA Core §14",
            Self::BackchannelAnswered | Self::BackchannelOtherPerson => "CIBA Core §8",
            Self::AuthReqIdMissing | Self::AuthReqIdUnknown | Self::AuthReqIdWrongClient => "CIBA Core §10.1",
            Self::AuthReqIdPending
            | Self::AuthReqIdSlowDown
            | Self::AuthReqIdExpired
            | Self::AuthReqIdDenied
            | Self::AuthReqIdReplayed
            | Self::AuthReqIdRefusedBefore => "CIBA Core §11",
            _ => return None,
        };
        Some(section)
    }

    /// The section about what the sender of a request proves to hold.
    fn section_of_proof(self) -> Option<&'static str> {
        let section = match self {
            Self::CertificateMissing
            | Self::CertificateUnknownIssuer
            | Self::CertificateExpired
            | Self::CertificateNotYetValid
            | Self::CertificateUsage
            | Self::CertificateRevoked
            | Self::CertificateRevocationUnknown => "RFC 8705 §2.1, RFC 5280 §6.1",
            Self::CertificateSubject => "RFC 8705 §2.1.2",
            Self::CertificateNotRegistered => "RFC 8705 §2.2",
            Self::CertificateMalformed | Self::CertificateRepeated => "RFC 8705 §6.5, RFC 9440 §2",
            Self::CertificateRequired => "RFC 8705 §3.4",
            Self::BindingMismatch => "RFC 9449 §5 and §10, RFC 8705 §4",
            Self::BearerBound | Self::BearerUnbound => "RFC 9449 §7.1 and §7.2, RFC 8705 §3",
            Self::DpopMissing => "RFC 9449 §5 and §7.1",
            Self::DpopRepeated
            | Self::DpopMalformed
            | Self::DpopAlgorithm
            | Self::DpopKey
            | Self::DpopSignature
            | Self::DpopMethod
            | Self::DpopUrl
            | Self::DpopToken => "RFC 9449 §4.3",
            Self::DpopTime | Self::DpopReplayed => "RFC 9449 §4.3 and §11.1",
            Self::DpopNonceMissing | Self::DpopNonceOld => "RFC 9449 §8 and §9",
            Self::DpopJktMalformed | Self::DpopJktMismatch => "RFC 9449 §10",
            Self::DpopThroughBrowser => "RFC 9449 §5",
            _ => return None,
        };
        Some(section)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_section_and_those_without_a_rule_of_an_rfc_say_so() {
        let own: Vec<&str> = Reason::ALL
            .iter()
            .filter(|reason| !reason.section().contains('§'))
            .map(|reason| reason.word())
            .collect();
        assert_eq!(
            own,
            [
                "client.disabled",
                "client_certificate.too_large",
                "flow.unknown",
                "flow.expired",
                "flow.answered",
                "sign_up.off",
                "password_link.over",
            ]
        );
        assert_eq!(Reason::ClientDisabled.section(), OWN_RULE);
        assert_eq!(Reason::RedirectUriPath.section(), "RFC 6749 §3.1.2.3, RFC 9700 §2.1");
        assert_eq!(Reason::AuthReqIdPending.section(), "CIBA Core §11");
    }

    #[test]
    fn no_refusal_of_the_management_api_or_of_a_pushed_request_follows_the_rules_of_oauth_parameters() {
        for reason in Reason::ALL {
            let (word, section) = (reason.word(), reason.section());
            if word.starts_with("api.") {
                assert!(!section.contains("RFC 6749"), "{word}: {section}");
            }
            if word.starts_with("pushed_request.") {
                assert!(section.starts_with("RFC 9126 §"), "{word}: {section}");
            }
        }
    }
}
