//! The section of an RFC whose rule a reason follows.

use super::Reason;

impl Reason {
    /// The RFC and section of the rule that the request broke; that of the error code if the reason has no rule of its own.
    pub fn section(self) -> &'static str {
        let own = self.section_of_request().or_else(|| self.section_of_object());
        let own = own.or_else(|| self.section_of_token()).or_else(|| self.section_of_proof());
        let own = own.or_else(|| self.section_of_backchannel());
        own.unwrap_or_else(|| self.code().section())
    }

    /// The section about requests of people and of clients at `/authorize`.
    fn section_of_request(self) -> Option<&'static str> {
        let section = match self {
            Self::RequestMalformed | Self::RequestMediaType | Self::RequestMethod => "RFC 6749 §3.1 and §3.2",
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
    fn every_reason_has_a_section() {
        for reason in Reason::ALL {
            let section = reason.section();
            let is_own = section == "this server's own code";
            assert!(is_own || section.contains('§'), "{}: {section}", reason.word());
        }
        assert_eq!(Reason::RedirectUriPath.section(), "RFC 6749 §3.1.2.3, RFC 9700 §2.1");
    }
}
