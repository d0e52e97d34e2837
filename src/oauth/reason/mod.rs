//! The one table of reasons: a stable word for every refusal, the same in answer, log and documentation.
//!
//! Each reason is in the list below. Its row, with everything that the error reference says about it, is in the file of
//! its subject.

mod advice;
mod assertion;
mod auth_req_id;
mod authorization_details;
mod authorize;
mod backchannel;
mod bearer;
mod binding;
mod certificate;
mod claims;
mod client;
mod device;
mod dpop;
mod exchange;
mod limits;
mod logout;
mod management;
mod par;
mod pkce;
mod prompt;
mod redirect_uri;
mod request;
mod request_object;
mod resource;
mod row;
mod scope;
mod section;
mod server;
mod sign_in;
mod token;

use crate::oauth::error_code::ErrorCode;
use row::ReasonRow;
pub use row::{Example, ISSUER, Responsible};

macro_rules! reasons {
    ($( $subject:literal { $( $name:ident = $row:path; )* } )*) => {
        /// Why a request was refused; the word never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $( $( $name, )* )* }

        impl Reason {
            pub const ALL: &[Self] = &[ $( $( Self::$name, )* )* ];

            /// The subject under which a list shows the reason, such as `Redirect URI`.
            pub fn subject(self) -> &'static str {
                match self { $( $( Self::$name )|* => $subject, )* }
            }

            fn row(self) -> &'static ReasonRow {
                match self { $( $( Self::$name => &$row, )* )* }
            }
        }
    };
}

impl Reason {
    /// The reason with this word; `None` if there is no such word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.word() == word)
    }

    /// Whether it only says that a person has not answered yet.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::DeviceCodePending | Self::AuthReqIdPending)
    }

    /// The machine word, such as `code.expired`.
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// What happened, for people who skim: at most 60 characters, without a full stop.
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// The `error` code that is sent with this reason.
    pub fn code(self) -> ErrorCode {
        self.row().code
    }

    /// Who can fix it, the most likely first.
    pub fn who(self) -> &'static [Responsible] {
        self.row().who
    }

    /// What happened, in a sentence.
    pub fn what(self) -> &'static str {
        self.row().what
    }

    /// How to fix it, in a few sentences.
    pub fn fix(self) -> &'static str {
        self.row().fix
    }

    /// The operator's command that fixes the cause or shows it, with the made-up names of the example; `None` if there is no
    /// such command.
    pub fn command(self) -> Option<&'static str> {
        self.row().command
    }

    /// A request that is refused for this reason, and the corrected request.
    pub fn example(self) -> Example {
        self.row().example
    }

    /// Related reasons: first those that the row names, then those with the same first word.
    pub fn related(self) -> Vec<Self> {
        let named = self.row().see;
        let topic = |reason: Self| reason.word().split('.').next();
        let alike =
            |other: &&Self| **other != self && topic(**other) == topic(self) && !named.contains(other);
        named.iter().chain(Self::ALL.iter().filter(alike)).copied().collect()
    }
}

reasons! {
    "Form and parameters" {
        RequestMalformed = request::MALFORMED;
        RequestMediaType = request::MEDIA_TYPE;
        RequestTooLarge = request::TOO_LARGE;
        RequestMethod = request::METHOD;
        ParameterRepeated = request::PARAMETER_REPEATED;
        ParameterMalformed = request::PARAMETER_MALFORMED;
        ParameterTooLong = request::PARAMETER_TOO_LONG;
        ParameterTooMany = request::PARAMETER_TOO_MANY;
    }
    "Application" {
        ClientIdMissing = client::ID_MISSING;
        ClientIdRepeated = client::ID_REPEATED;
        ClientUnknown = client::UNKNOWN;
        ClientDisabled = client::DISABLED;
        ClientProfile = client::PROFILE;
        ClientGrantNotAllowed = client::GRANT_NOT_ALLOWED;
        ClientAuthenticationMissing = client::AUTHENTICATION_MISSING;
        ClientSecretWrong = client::SECRET_WRONG;
        ClientSecretGuesses = client::TOO_MANY_GUESSES;
        ClientSecretUnexpected = client::SECRET_UNEXPECTED;
        ClientMethodsMixed = client::METHODS_MIXED;
        ClientMethodNotAllowed = client::METHOD_NOT_ALLOWED;
        ClientIdMismatch = client::ID_MISMATCH;
        ClientBasicMalformed = client::BASIC_MALFORMED;
        AssertionMalformed = client::ASSERTION_MALFORMED;
        AssertionSignature = client::ASSERTION_SIGNATURE;
        AssertionClaims = client::ASSERTION_CLAIMS;
        AssertionAudience = client::ASSERTION_AUDIENCE;
        AssertionTimes = client::ASSERTION_TIMES;
        AssertionReplayed = client::ASSERTION_REPLAYED;
        ClientKeysUnavailable = client::KEYS_UNAVAILABLE;
    }
    "Client certificates" {
        CertificateMissing = certificate::MISSING;
        CertificateRequired = certificate::REQUIRED;
        CertificateMalformed = certificate::MALFORMED;
        CertificateRepeated = certificate::REPEATED;
        CertificateTooLarge = certificate::TOO_LARGE;
        CertificateExpired = certificate::EXPIRED;
        CertificateNotYetValid = certificate::NOT_YET_VALID;
        CertificateUsage = certificate::USAGE;
        CertificateUnknownIssuer = certificate::UNKNOWN_ISSUER;
        CertificateRevoked = certificate::REVOKED;
        CertificateRevocationUnknown = certificate::REVOCATION_UNKNOWN;
        CertificateSubject = certificate::SUBJECT;
        CertificateNotRegistered = certificate::NOT_REGISTERED;
    }
    "Redirect URI" {
        RedirectUriMissing = redirect_uri::MISSING;
        RedirectUriRepeated = redirect_uri::REPEATED;
        RedirectUriNoneRegistered = redirect_uri::NONE_REGISTERED;
        RedirectUriMalformed = redirect_uri::MALFORMED;
        RedirectUriScheme = redirect_uri::SCHEME;
        RedirectUriHost = redirect_uri::HOST;
        RedirectUriPort = redirect_uri::PORT;
        RedirectUriPath = redirect_uri::PATH;
        RedirectUriQuery = redirect_uri::QUERY;
    }
    "Sign-in pages" {
        FlowUnknown = sign_in::FLOW_UNKNOWN;
        FlowOtherBrowser = sign_in::FLOW_OTHER_BROWSER;
        FlowExpired = sign_in::FLOW_EXPIRED;
        FlowAnswered = sign_in::FLOW_ANSWERED;
        FlowTooMany = sign_in::FLOW_TOO_MANY;
        FormForged = sign_in::FORM_FORGED;
    }
    "Authorization request" {
        ResponseTypeMissing = authorize::RESPONSE_TYPE_MISSING;
        ResponseTypeUnsupported = authorize::RESPONSE_TYPE_UNSUPPORTED;
        ResponseTypeNotAllowed = authorize::RESPONSE_TYPE_NOT_ALLOWED;
        ResponseModeUnsupported = authorize::RESPONSE_MODE_UNSUPPORTED;
        ResponseModeQuery = authorize::RESPONSE_MODE_QUERY;
        NonceMissing = authorize::NONCE_MISSING;
        ScopeWithoutOpenid = authorize::SCOPE_WITHOUT_OPENID;
        ClaimsMalformed = claims::MALFORMED;
        AcrUnmet = claims::ACR_UNMET;
        RequestUriUnsupported = authorize::REQUEST_URI_UNSUPPORTED;
    }
    "Pushed request" {
        PushedRequestRequired = par::REQUIRED;
        PushedRequestNested = par::NESTED;
        PushedRequestUnknown = par::UNKNOWN;
        PushedRequestExpired = par::EXPIRED;
        PushedRequestUsed = par::USED;
    }
    "Request object" {
        RequestObjectRequired = request_object::REQUIRED;
        RequestObjectMalformed = request_object::MALFORMED;
        RequestObjectEncrypted = request_object::ENCRYPTED;
        RequestObjectType = request_object::TYPE;
        RequestObjectAlgorithm = request_object::ALGORITHM;
        RequestObjectSignature = request_object::SIGNATURE;
        RequestObjectKeys = request_object::KEYS;
        RequestObjectClient = request_object::CLIENT;
        RequestObjectAudience = request_object::AUDIENCE;
        RequestObjectTimes = request_object::TIMES;
        RequestObjectReplayed = request_object::REPLAYED;
        RequestObjectNested = request_object::NESTED;
        RequestObjectOutside = request_object::OUTSIDE;
    }
    "Prompt" {
        PromptUnknown = prompt::UNKNOWN;
        PromptNoneCombined = prompt::NONE_COMBINED;
        MaxAgeMalformed = prompt::MAX_AGE_MALFORMED;
        SignInRequired = prompt::SIGN_IN_REQUIRED;
        ConsentRequired = prompt::CONSENT_REQUIRED;
        AccountSelectionRequired = prompt::ACCOUNT_SELECTION_REQUIRED;
        SignInOtherPerson = prompt::OTHER_PERSON;
    }
    "PKCE" {
        ChallengeMissing = pkce::CHALLENGE_MISSING;
        ChallengeMethod = pkce::CHALLENGE_METHOD;
        ChallengeMalformed = pkce::CHALLENGE_MALFORMED;
        VerifierMissing = pkce::VERIFIER_MISSING;
        VerifierMalformed = pkce::VERIFIER_MALFORMED;
        VerifierMismatch = pkce::VERIFIER_MISMATCH;
        VerifierUnexpected = pkce::VERIFIER_UNEXPECTED;
    }
    "Scopes" {
        ScopeMalformed = scope::MALFORMED;
        ScopeTooMany = scope::TOO_MANY;
        ScopeUnknown = scope::UNKNOWN;
        ScopeNone = scope::NONE;
        ScopeForbidden = scope::FORBIDDEN;
        ScopeWidened = scope::WIDENED;
        ScopeNotOfResource = scope::NOT_OF_RESOURCE;
        ScopeBeyondIssuer = scope::BEYOND_ISSUER;
    }
    "APIs" {
        ResourceMalformed = resource::MALFORMED;
        ResourceUnknown = resource::UNKNOWN;
        ResourceNotAllowed = resource::NOT_ALLOWED;
        ResourceWidened = resource::WIDENED;
        ResourceSeveral = resource::SEVERAL;
        ResourceAlgorithm = resource::ALGORITHM;
    }
    "Authorization details" {
        DetailsMalformed = authorization_details::MALFORMED;
        DetailsTooMany = authorization_details::TOO_MANY;
        DetailsText = authorization_details::TEXT;
        DetailsTypeUnknown = authorization_details::TYPE_UNKNOWN;
        DetailsTypeForbidden = authorization_details::TYPE_FORBIDDEN;
        DetailsInvalid = authorization_details::INVALID;
        DetailsLocation = authorization_details::LOCATION;
        DetailsWidened = authorization_details::WIDENED;
    }
    "Accounts and consent" {
        ConsentDenied = sign_in::CONSENT_DENIED;
        SignUpOff = sign_in::SIGN_UP_OFF;
        SignUpTooMany = sign_in::SIGN_UP_TOO_MANY;
        PasswordLinkOver = sign_in::PASSWORD_LINK_OVER;
        SignInCancelled = sign_in::CANCELLED;
        SignInGuesses = sign_in::TOO_MANY_GUESSES;
        UserDisabled = sign_in::USER_DISABLED;
        UserGroup = sign_in::USER_GROUP;
    }
    "Token request" {
        GrantTypeMissing = token::GRANT_TYPE_MISSING;
        GrantTypeUnsupported = token::GRANT_TYPE_UNSUPPORTED;
    }
    "Codes and refresh tokens" {
        CodeMissing = token::CODE_MISSING;
        CodeUnknown = token::CODE_UNKNOWN;
        CodeExpired = token::CODE_EXPIRED;
        CodeReplayed = token::CODE_REPLAYED;
        CodeRefusedBefore = token::CODE_REFUSED_BEFORE;
        CodeWrongClient = token::CODE_WRONG_CLIENT;
        CodeRedirectUri = token::CODE_REDIRECT_URI;
        RefreshTokenMissing = token::REFRESH_TOKEN_MISSING;
        RefreshTokenUnknown = token::REFRESH_TOKEN_UNKNOWN;
        RefreshTokenExpired = token::REFRESH_TOKEN_EXPIRED;
        RefreshTokenReused = token::REFRESH_TOKEN_REUSED;
        RefreshTokenRevoked = token::REFRESH_TOKEN_REVOKED;
        RefreshTokenWrongClient = token::REFRESH_TOKEN_WRONG_CLIENT;
        BindingMismatch = binding::MISMATCH;
        SubjectDisabled = token::SUBJECT_DISABLED;
        SubjectGroup = token::SUBJECT_GROUP;
        SessionEnded = logout::SESSION_ENDED;
    }
    "Devices" {
        DeviceCodeMissing = device::MISSING;
        DeviceCodeUnknown = device::UNKNOWN;
        DeviceCodeWrongClient = device::WRONG_CLIENT;
        DeviceCodePending = device::PENDING;
        DeviceCodeSlowDown = device::SLOW_DOWN;
        DeviceCodeExpired = device::EXPIRED;
        DeviceCodeDenied = device::DENIED;
        DeviceCodeReplayed = device::REPLAYED;
        DeviceCodeRefusedBefore = device::REFUSED_BEFORE;
        DeviceCodeTooMany = device::TOO_MANY;
        DeviceAnswered = device::ANSWERED;
        UserCodeGuesses = device::TOO_MANY_GUESSES;
    }
    "Backchannel requests" {
        BackchannelScope = backchannel::OPENID;
        BackchannelHint = backchannel::HINT;
        BackchannelUnknownUser = backchannel::UNKNOWN_USER;
        BackchannelHintToken = backchannel::HINT_TOKEN;
        BackchannelHintExpired = backchannel::EXPIRED_HINT;
        BackchannelBindingMessage = backchannel::BINDING_MESSAGE;
        BackchannelMissingUserCode = backchannel::MISSING_USER_CODE;
        BackchannelInvalidUserCode = backchannel::INVALID_USER_CODE;
        BackchannelUserCodeGuesses = backchannel::USER_CODE_GUESSES;
        BackchannelNotificationToken = backchannel::NOTIFICATION_TOKEN;
        BackchannelExpiry = backchannel::EXPIRY;
        BackchannelTooMany = backchannel::TOO_MANY;
        BackchannelTooManyForPerson = backchannel::TOO_MANY_FOR_PERSON;
        BackchannelDeniedBefore = backchannel::DENIED_BEFORE;
        BackchannelAnswered = backchannel::ANSWERED;
        BackchannelOtherPerson = backchannel::OTHER_PERSON;
        AuthReqIdMissing = auth_req_id::MISSING;
        AuthReqIdUnknown = auth_req_id::UNKNOWN;
        AuthReqIdWrongClient = auth_req_id::WRONG_CLIENT;
        AuthReqIdPending = auth_req_id::PENDING;
        AuthReqIdSlowDown = auth_req_id::SLOW_DOWN;
        AuthReqIdExpired = auth_req_id::EXPIRED;
        AuthReqIdDenied = auth_req_id::DENIED;
        AuthReqIdReplayed = auth_req_id::REPLAYED;
        AuthReqIdRefusedBefore = auth_req_id::REFUSED_BEFORE;
    }
    "Assertions of other issuers" {
        GrantAssertionMissing = assertion::MISSING;
        GrantAssertionMalformed = assertion::MALFORMED;
        GrantAssertionIssuer = assertion::ISSUER;
        GrantAssertionSignature = assertion::SIGNATURE;
        GrantAssertionKeys = assertion::KEYS;
        GrantAssertionClaims = assertion::CLAIMS;
        GrantAssertionAudience = assertion::AUDIENCE;
        GrantAssertionTimes = assertion::TIMES;
        GrantAssertionReplayed = assertion::REPLAYED;
        GrantAssertionSubject = assertion::SUBJECT;
    }
    "Token exchange" {
        SubjectTokenMissing = exchange::SUBJECT_MISSING;
        TokenTypeUnsupported = exchange::TOKEN_TYPE;
        SubjectTokenInvalid = exchange::SUBJECT_INVALID;
        SubjectTokenForeign = exchange::SUBJECT_FOREIGN;
        ActorTokenInvalid = exchange::ACTOR_INVALID;
        ExchangeTooDeep = exchange::TOO_DEEP;
        AudienceMismatch = exchange::AUDIENCE_MISMATCH;
    }
    "Access tokens" {
        TokenMissing = token::TOKEN_MISSING;
        BearerMissing = bearer::MISSING;
        BearerMalformed = bearer::MALFORMED;
        BearerTooLong = bearer::TOO_LONG;
        BearerRepeated = bearer::REPEATED;
        BearerUnknown = bearer::UNKNOWN;
        BearerExpired = bearer::EXPIRED;
        BearerRevoked = bearer::REVOKED;
        BearerWithoutPerson = bearer::WITHOUT_PERSON;
        BearerScope = bearer::SCOPE;
        BearerAudience = bearer::AUDIENCE;
        BearerBound = binding::BOUND;
        BearerUnbound = binding::UNBOUND;
    }
    "Proof of possession" {
        DpopMissing = dpop::MISSING;
        DpopRepeated = dpop::REPEATED;
        DpopMalformed = dpop::MALFORMED;
        DpopAlgorithm = dpop::ALGORITHM;
        DpopKey = dpop::KEY;
        DpopSignature = dpop::SIGNATURE;
        DpopMethod = dpop::METHOD;
        DpopUrl = dpop::URL;
        DpopTime = dpop::TIME;
        DpopReplayed = dpop::REPLAYED;
        DpopToken = dpop::TOKEN;
        DpopNonceMissing = dpop::NONCE_MISSING;
        DpopNonceOld = dpop::NONCE_OLD;
        DpopJktMalformed = dpop::JKT_MALFORMED;
        DpopJktMismatch = dpop::JKT_MISMATCH;
        DpopThroughBrowser = dpop::THROUGH_BROWSER;
    }
    "Sign-out" {
        HintInvalid = logout::HINT_INVALID;
        HintOtherClient = logout::HINT_OTHER_CLIENT;
        LogoutClientMissing = logout::CLIENT_MISSING;
        LogoutRedirectUri = logout::REDIRECT_URI;
    }
    "Limits" {
        LimitsNetwork = limits::NETWORK;
        LimitsClient = limits::CLIENT;
        LimitsAccount = limits::ACCOUNT;
    }
    "Server" {
        ServerFailed = server::FAILED;
        ServerBusy = server::BUSY;
    }
    "Management API" {
        ApiCredentialMissing = management::CREDENTIAL_MISSING;
        ApiCredentialWrong = management::CREDENTIAL_WRONG;
        ApiKeyExpired = management::KEY_EXPIRED;
        ApiScopeMissing = management::SCOPE_MISSING;
        ApiForbidden = management::FORBIDDEN;
        ApiNotFound = management::NOT_FOUND;
        ApiConflict = management::CONFLICT;
        ApiOtherVersion = management::OTHER_VERSION;
        ApiConditionMissing = management::CONDITION_MISSING;
        ApiJsonMalformed = management::JSON_MALFORMED;
        ApiMemberUnknown = management::MEMBER_UNKNOWN;
        ApiMemberMissing = management::MEMBER_MISSING;
        ApiMemberInvalid = management::MEMBER_INVALID;
        ApiParameterUnknown = management::PARAMETER_UNKNOWN;
        ApiParameterInvalid = management::PARAMETER_INVALID;
        ApiIdempotencyKeyReused = management::KEY_REUSED;
        ApiIdempotencyKeysTooMany = management::TOO_MANY_KEPT;
    }
}

#[cfg(test)]
mod tests;
