//! The one table of reasons: a stable word for every refusal, the same in answer, log and documentation.
//!
//! Each reason is in the list below. Its row, with everything that the error reference says about it, is in the file of
//! its subject.

mod advice;
mod assertion;
mod authorize;
mod bearer;
mod claims;
mod client;
mod device;
mod exchange;
mod limits;
mod logout;
mod pkce;
mod prompt;
mod redirect_uri;
mod request;
mod resource;
mod row;
mod scope;
mod server;
mod sign_in;
mod token;

use crate::oauth::error_code::ErrorCode;
use row::ReasonRow;
pub use row::{Example, Responsible};

macro_rules! reasons {
    ($( $name:ident = $row:path; )*) => {
        /// Why a request was refused; the word never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $( $name, )* }

        impl Reason {
            pub const ALL: &[Self] = &[ $( Self::$name, )* ];

            fn row(self) -> &'static ReasonRow {
                match self { $( Self::$name => &$row, )* }
            }
        }
    };
}

impl Reason {
    /// The reason with this word; `None` if there is no such word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.word() == word)
    }

    /// The machine word, such as `code.expired`.
    pub fn word(self) -> &'static str {
        self.row().word
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
    RequestMalformed = request::MALFORMED;
    RequestMediaType = request::MEDIA_TYPE;
    RequestTooLarge = request::TOO_LARGE;
    RequestMethod = request::METHOD;
    ParameterRepeated = request::PARAMETER_REPEATED;
    ParameterMalformed = request::PARAMETER_MALFORMED;
    ParameterTooLong = request::PARAMETER_TOO_LONG;
    ParameterTooMany = request::PARAMETER_TOO_MANY;

    ClientIdMissing = client::ID_MISSING;
    ClientIdRepeated = client::ID_REPEATED;
    ClientUnknown = client::UNKNOWN;
    ClientDisabled = client::DISABLED;
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

    RedirectUriMissing = redirect_uri::MISSING;
    RedirectUriRepeated = redirect_uri::REPEATED;
    RedirectUriNoneRegistered = redirect_uri::NONE_REGISTERED;
    RedirectUriMalformed = redirect_uri::MALFORMED;
    RedirectUriScheme = redirect_uri::SCHEME;
    RedirectUriHost = redirect_uri::HOST;
    RedirectUriPort = redirect_uri::PORT;
    RedirectUriPath = redirect_uri::PATH;
    RedirectUriQuery = redirect_uri::QUERY;

    FlowUnknown = sign_in::FLOW_UNKNOWN;
    FlowOtherBrowser = sign_in::FLOW_OTHER_BROWSER;
    FlowExpired = sign_in::FLOW_EXPIRED;
    FlowAnswered = sign_in::FLOW_ANSWERED;
    FlowTooMany = sign_in::FLOW_TOO_MANY;
    FormForged = sign_in::FORM_FORGED;

    ResponseTypeMissing = authorize::RESPONSE_TYPE_MISSING;
    ResponseTypeUnsupported = authorize::RESPONSE_TYPE_UNSUPPORTED;
    ResponseTypeNotAllowed = authorize::RESPONSE_TYPE_NOT_ALLOWED;
    ResponseModeUnsupported = authorize::RESPONSE_MODE_UNSUPPORTED;
    ResponseModeQuery = authorize::RESPONSE_MODE_QUERY;
    NonceMissing = authorize::NONCE_MISSING;
    ScopeWithoutOpenid = authorize::SCOPE_WITHOUT_OPENID;
    ClaimsMalformed = claims::MALFORMED;
    AcrUnmet = claims::ACR_UNMET;
    RequestObjectUnsupported = authorize::REQUEST_OBJECT_UNSUPPORTED;
    RequestUriUnsupported = authorize::REQUEST_URI_UNSUPPORTED;

    PromptUnknown = prompt::UNKNOWN;
    PromptNoneCombined = prompt::NONE_COMBINED;
    MaxAgeMalformed = prompt::MAX_AGE_MALFORMED;
    SignInRequired = prompt::SIGN_IN_REQUIRED;
    ConsentRequired = prompt::CONSENT_REQUIRED;
    AccountSelectionRequired = prompt::ACCOUNT_SELECTION_REQUIRED;
    SignInOtherPerson = prompt::OTHER_PERSON;

    ChallengeMissing = pkce::CHALLENGE_MISSING;
    ChallengeMethod = pkce::CHALLENGE_METHOD;
    ChallengeMalformed = pkce::CHALLENGE_MALFORMED;
    VerifierMissing = pkce::VERIFIER_MISSING;
    VerifierMalformed = pkce::VERIFIER_MALFORMED;
    VerifierMismatch = pkce::VERIFIER_MISMATCH;
    VerifierUnexpected = pkce::VERIFIER_UNEXPECTED;

    ScopeMalformed = scope::MALFORMED;
    ScopeTooMany = scope::TOO_MANY;
    ScopeUnknown = scope::UNKNOWN;
    ScopeNone = scope::NONE;
    ScopeForbidden = scope::FORBIDDEN;
    ScopeWidened = scope::WIDENED;
    ScopeNotOfResource = scope::NOT_OF_RESOURCE;
    ScopeBeyondIssuer = scope::BEYOND_ISSUER;

    ResourceMalformed = resource::MALFORMED;
    ResourceUnknown = resource::UNKNOWN;
    ResourceNotAllowed = resource::NOT_ALLOWED;
    ResourceWidened = resource::WIDENED;
    ResourceSeveral = resource::SEVERAL;

    ConsentDenied = sign_in::CONSENT_DENIED;
    SignUpOff = sign_in::SIGN_UP_OFF;
    SignUpTooMany = sign_in::SIGN_UP_TOO_MANY;
    PasswordLinkOver = sign_in::PASSWORD_LINK_OVER;
    SignInCancelled = sign_in::CANCELLED;
    SignInGuesses = sign_in::TOO_MANY_GUESSES;
    UserDisabled = sign_in::USER_DISABLED;
    UserGroup = sign_in::USER_GROUP;

    GrantTypeMissing = token::GRANT_TYPE_MISSING;
    GrantTypeUnsupported = token::GRANT_TYPE_UNSUPPORTED;
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
    SubjectDisabled = token::SUBJECT_DISABLED;
    SubjectGroup = token::SUBJECT_GROUP;
    SessionEnded = logout::SESSION_ENDED;

    TokenMissing = token::TOKEN_MISSING;

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

    SubjectTokenMissing = exchange::SUBJECT_MISSING;
    TokenTypeUnsupported = exchange::TOKEN_TYPE;
    SubjectTokenInvalid = exchange::SUBJECT_INVALID;
    SubjectTokenForeign = exchange::SUBJECT_FOREIGN;
    ActorTokenInvalid = exchange::ACTOR_INVALID;
    ExchangeTooDeep = exchange::TOO_DEEP;
    AudienceMismatch = exchange::AUDIENCE_MISMATCH;

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

    HintInvalid = logout::HINT_INVALID;
    HintOtherClient = logout::HINT_OTHER_CLIENT;
    LogoutClientMissing = logout::CLIENT_MISSING;
    LogoutRedirectUri = logout::REDIRECT_URI;

    LimitsNetwork = limits::NETWORK;
    LimitsClient = limits::CLIENT;
    LimitsAccount = limits::ACCOUNT;

    ServerFailed = server::FAILED;
    ServerBusy = server::BUSY;
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn words_are_unique_and_valid_in_a_path() {
        let mut seen = HashSet::new();
        for reason in Reason::ALL {
            let word = reason.word();
            assert!(seen.insert(word), "{word} is used twice");
            assert!(word.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'_')), "{word}");
            assert_eq!(Reason::find(word), Some(*reason));
        }
    }

    #[test]
    fn every_row_says_what_happened_who_can_fix_it_and_how() {
        for reason in Reason::ALL {
            for sentence in [reason.what(), reason.fix()] {
                let is_sentence =
                    sentence.len() >= 20 && sentence.starts_with(|c: char| c.is_ascii_uppercase());
                assert!(is_sentence && sentence.ends_with('.'), "{}: {sentence:?}", reason.word());
                assert!(!sentence.contains("  "), "{}: {sentence:?}", reason.word());
            }
            assert!(!reason.who().is_empty(), "{}", reason.word());
        }
    }

    #[test]
    fn every_row_shows_a_wrong_and_a_right_request_of_made_up_values() {
        for reason in Reason::ALL {
            let Example { before, after } = reason.example();
            assert_ne!(before, after, "{}", reason.word());
            for text in [before, after] {
                assert!(text.len() >= 20 && text == text.trim(), "{}: {text:?}", reason.word());
                let hosts = text
                    .split("://")
                    .skip(1)
                    .filter_map(|rest| rest.split(['/', '?', ':', ' ', '\n', '"']).next());
                for host in hosts {
                    let made_up = host.ends_with("example.com") || matches!(host, "127.0.0.1" | "localhost");
                    assert!(made_up, "{}: {host}", reason.word());
                }
                for (at, _) in text.match_indices("gac_").chain(text.match_indices("grt_")) {
                    assert!(text[at + 4..].starts_with("made-up"), "{}: {text}", reason.word());
                }
            }
        }
    }

    #[test]
    fn related_reasons_are_others_and_listed_once() {
        for reason in Reason::ALL {
            let related = reason.related();
            assert!(!related.contains(reason), "{}", reason.word());
            assert_eq!(related.iter().collect::<HashSet<_>>().len(), related.len(), "{}", reason.word());
            assert!(!related.is_empty(), "{} leads nowhere", reason.word());
        }
    }
}
