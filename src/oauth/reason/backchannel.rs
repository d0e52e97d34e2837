//! Reasons about applications that ask for a person, who answers on a device of their own (CIBA Core).

use super::Reason;
use super::Responsible::{Developer, Nobody, Operator, Person};
use super::row::{Example, ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{
    AccessDenied, AuthorizationPending, ExpiredLoginHintToken, ExpiredToken, InvalidBindingMessage,
    InvalidGrant, InvalidRequest, InvalidScope, InvalidUserCode, MissingUserCode, SlowDown,
    TemporarilyUnavailable, UnknownUserId,
};

/// A correct poll.
const POLL: &str = "POST https://id.example.com/token\n\
                    Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
                    \n\
                    grant_type=urn:openid:params:grant-type:ciba\n\
                    &auth_req_id=gbr_made-up-id";

/// A correct request.
const ASK: &str = "POST https://id.example.com/bc-authorize\n\
                   Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
                   \n\
                   scope=openid\n\
                   &login_hint=alice";

/// The application must send a new request.
const BEGIN_AGAIN: Example = example(
    "# the same auth_req_id forever\n\
     POST https://id.example.com/token\n\
     Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
     \n\
     grant_type=urn:openid:params:grant-type:ciba\n\
     &auth_req_id=gbr_made-up-old-id",
    ASK,
);

pub(super) const OPENID: ReasonRow = ReasonRow {
    word: "backchannel.scope",
    title: "The scope openid is missing",
    code: InvalidScope,
    who: &[Developer],
    what: "The request does not ask for the scope openid, which every backchannel authentication request has.",
    fix: "Send openid among the scopes, separated by spaces.",
    command: None,
    example: example(
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=email\n\
         &login_hint=alice",
        ASK,
    ),
    see: &[Reason::ScopeUnknown, Reason::ScopeForbidden],
};

pub(super) const HINT: ReasonRow = ReasonRow {
    word: "backchannel.hint",
    title: "The request does not name one person",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request has no hint that says which person is asked, or several.",
    fix: "Send exactly one of login_hint, id_token_hint and login_hint_token.",
    command: None,
    example: example(
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid",
        ASK,
    ),
    see: &[Reason::BackchannelUnknownUser],
};

pub(super) const UNKNOWN_USER: ReasonRow = ReasonRow {
    word: "backchannel.unknown_user",
    title: "No person can be asked under this name",
    code: UnknownUserId,
    who: &[Developer, Person],
    what: "The hint names no account here that can answer a request of this application.",
    fix: "Ask the person for the name or the e-mail address with which they sign in here, and send it as \
          login_hint. An account that is disabled, or outside of a group that the application needs, is \
          not told apart from one that does not exist; an operator sees it with grantor explain.",
    command: None,
    example: example(
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=no-such-person",
        ASK,
    ),
    see: &[Reason::BackchannelHint],
};

pub(super) const EXPIRED_HINT: ReasonRow = ReasonRow {
    word: "backchannel.hint_expired",
    title: "The login_hint_token has expired",
    code: ExpiredLoginHintToken,
    who: &[Developer],
    what: "The login_hint_token has expired.",
    fix: "Get a new token from its issuer, and send it at once.",
    command: None,
    example: example(
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint_token=the.old.token",
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint_token=a.new.token",
    ),
    see: &[Reason::GrantAssertionTimes, Reason::BackchannelHint],
};

pub(super) const BINDING_MESSAGE: ReasonRow = ReasonRow {
    word: "backchannel.binding_message",
    title: "The binding message cannot be shown",
    code: InvalidBindingMessage,
    who: &[Developer],
    what: "The binding_message is empty, too long, or has characters that a page does not show.",
    fix: "Send at most 64 characters that a person can compare on two screens, such as four letters or the name \
          of the payee with the amount; no line breaks.",
    command: None,
    example: example(
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice\n\
         &binding_message=a%0Ab",
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice\n\
         &binding_message=W4SCT",
    ),
    see: &[Reason::BackchannelHint],
};

pub(super) const MISSING_USER_CODE: ReasonRow = ReasonRow {
    word: "backchannel.user_code_missing",
    title: "The user code of the person is missing",
    code: MissingUserCode,
    who: &[Developer],
    what: "The application is registered with backchannel_user_code_parameter and the person has a user code, but \
           the request has none.",
    fix: "Ask the person for the user code, and send it as user_code.",
    command: None,
    example: example(
        "# alice has a user code\n\
         POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice",
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice\n\
         &user_code=what-the-person-typed",
    ),
    see: &[Reason::BackchannelInvalidUserCode],
};

pub(super) const INVALID_USER_CODE: ReasonRow = ReasonRow {
    word: "backchannel.user_code_invalid",
    title: "The user code is wrong",
    code: InvalidUserCode,
    who: &[Person, Developer],
    what: "The user_code is not the one of the person, or too many wrong ones came before.",
    fix: "Let the person type it again. After several wrong codes, wait for the seconds of Retry-After.",
    command: None,
    example: example(
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice\n\
         &user_code=a-wrong-code",
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice\n\
         &user_code=what-the-person-typed",
    ),
    see: &[Reason::BackchannelMissingUserCode, Reason::SignInGuesses],
};

pub(super) const NOTIFICATION_TOKEN: ReasonRow = ReasonRow {
    word: "backchannel.notification_token",
    title: "The client_notification_token is missing or malformed",
    code: InvalidRequest,
    who: &[Developer],
    what: "The application is registered for the delivery mode ping, but the request has no \
           client_notification_token, or one that cannot be sent as a bearer token.",
    fix: "Send a random client_notification_token of at most 1024 characters (letters, digits, - . _ ~ + / and = at \
          the end) with each request, and compare it when the notification comes.",
    command: None,
    example: example(
        "# the application is registered for ping\n\
         POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice",
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice\n\
         &client_notification_token=a-random-value",
    ),
    see: &[Reason::BackchannelHint],
};

pub(super) const EXPIRY: ReasonRow = ReasonRow {
    word: "backchannel.requested_expiry",
    title: "The requested_expiry is no number of seconds",
    code: InvalidRequest,
    who: &[Developer],
    what: "The requested_expiry is not a positive number.",
    fix: "Send a whole number of seconds, or nothing. More than ciba.max_lifetime is shortened to it; expires_in of \
          the answer says what counts.",
    command: None,
    example: example(
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice\n\
         &requested_expiry=soon",
        "POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice\n\
         &requested_expiry=120",
    ),
    see: &[Reason::AuthReqIdExpired],
};

pub(super) const TOO_MANY: ReasonRow = ReasonRow {
    word: "backchannel.too_many",
    title: "Too many requests of the application wait",
    code: TemporarilyUnavailable,
    who: &[Developer, Operator],
    what: "Too many requests of this application, or in all, wait for people.",
    fix: "Wait for the seconds of Retry-After, and send a request only when a person waits for it. An operator can \
          allow more with limits.client_backchannel_requests.",
    command: None,
    example: example(
        "# each second, for nobody\n\
         POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice",
        ASK,
    ),
    see: &[Reason::BackchannelTooManyForPerson],
};

pub(super) const TOO_MANY_FOR_PERSON: ReasonRow = ReasonRow {
    word: "backchannel.too_many_for_person",
    title: "The person is asked too often",
    code: TemporarilyUnavailable,
    who: &[Developer, Operator],
    what: "Too many requests wait for this person, or the person was asked too often within an hour.",
    fix: "Wait for the seconds of Retry-After. Send no second request while one waits: ask at the token endpoint for \
          its answer. An operator sets the limits in the section ciba.",
    command: None,
    example: example(
        "# again and again, until the person gives in\n\
         POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice",
        POLL,
    ),
    see: &[Reason::BackchannelDeniedBefore, Reason::BackchannelTooMany],
};

pub(super) const DENIED_BEFORE: ReasonRow = ReasonRow {
    word: "backchannel.denied_before",
    title: "The person has just said no",
    code: TemporarilyUnavailable,
    who: &[Developer],
    what: "The person has denied a request of this application a moment ago, and is left alone for a while.",
    fix: "Wait for the seconds of Retry-After, and until the person asks for it again.",
    command: None,
    example: example(
        "# at once after the person has said no\n\
         POST https://id.example.com/bc-authorize\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         scope=openid\n\
         &login_hint=alice",
        ASK,
    ),
    see: &[Reason::AuthReqIdDenied, Reason::BackchannelTooManyForPerson],
};

pub(super) const ANSWERED: ReasonRow = ReasonRow {
    word: "backchannel.over",
    title: "The request has ended",
    code: AccessDenied,
    who: &[Person],
    what: "The request has ended: it was answered, or it has expired.",
    fix: "Look at the application that asked: it says how to continue, or asks again.",
    command: None,
    example: example(
        "GET https://id.example.com/consent\n\
         ?flow=made-up-flow",
        "GET https://id.example.com/approve",
    ),
    see: &[Reason::FlowExpired, Reason::AuthReqIdExpired],
};

pub(super) const OTHER_PERSON: ReasonRow = ReasonRow {
    word: "backchannel.other_person",
    title: "The request is for another account",
    code: AccessDenied,
    who: &[Person],
    what: "The request waits for another account than the one that is signed in with this browser.",
    fix: "Sign in with the account that the application asks for. If you did not expect this page, close it: nothing \
          has happened.",
    command: None,
    example: example(
        "# with a link that someone else has got\n\
         GET https://id.example.com/consent\n\
         ?flow=made-up-flow",
        "GET https://id.example.com/approve",
    ),
    see: &[Reason::BackchannelAnswered, Reason::SignInOtherPerson],
};

pub(super) const MISSING: ReasonRow = ReasonRow {
    word: "auth_req_id.missing",
    title: "The auth_req_id is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The token request has no auth_req_id.",
    fix: "Send the auth_req_id from the answer of /bc-authorize.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         grant_type=urn:openid:params:grant-type:ciba",
        POLL,
    ),
    see: &[Reason::AuthReqIdUnknown],
};

pub(super) const UNKNOWN: ReasonRow = ReasonRow {
    word: "auth_req_id.unknown",
    title: "The auth_req_id is unknown",
    code: InvalidGrant,
    who: &[Developer],
    what: "The auth_req_id was never issued here, or ended long ago, or the person's permission was revoked.",
    fix: "Send the auth_req_id of the last answer of /bc-authorize, unchanged, and send a new request when it has \
          ended.",
    command: None,
    example: BEGIN_AGAIN,
    see: &[Reason::AuthReqIdExpired],
};

pub(super) const WRONG_CLIENT: ReasonRow = ReasonRow {
    word: "auth_req_id.wrong_client",
    title: "The auth_req_id belongs to another application",
    code: InvalidGrant,
    who: &[Developer],
    what: "The auth_req_id was issued to another application.",
    fix: "Poll with the same client_id that sent the request.",
    command: None,
    example: example(
        "# an auth_req_id that another application asked for\n\
         POST https://id.example.com/token\n\
         Authorization: Basic c2hvcDp0b3Atc2VjcmV0\n\
         \n\
         grant_type=urn:openid:params:grant-type:ciba\n\
         &auth_req_id=gbr_made-up-id",
        POLL,
    ),
    see: &[Reason::DeviceCodeWrongClient],
};

pub(super) const PENDING: ReasonRow = ReasonRow {
    word: "auth_req_id.pending",
    title: "The person has not answered the request yet",
    code: AuthorizationPending,
    who: &[Nobody],
    what: "The person has not answered yet.",
    fix: "Continue to poll, with the interval from the answer of /bc-authorize, until there is another answer than \
          this; or wait for the notification.",
    command: None,
    example: example(
        "# the person has just got the request\n\
         POST https://id.example.com/token\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         grant_type=urn:openid:params:grant-type:ciba\n\
         &auth_req_id=gbr_made-up-id",
        "# five seconds later\n\
         POST https://id.example.com/token\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         grant_type=urn:openid:params:grant-type:ciba\n\
         &auth_req_id=gbr_made-up-id",
    ),
    see: &[Reason::AuthReqIdSlowDown],
};

pub(super) const SLOW_DOWN: ReasonRow = ReasonRow {
    word: "auth_req_id.slow_down",
    title: "The application polls too often",
    code: SlowDown,
    who: &[Developer],
    what: "The application polls more often than the interval allows.",
    fix: "From now on wait five seconds longer between two polls (CIBA Core section 11). The person's answer is not \
          lost.",
    command: None,
    example: example(
        "# a second after the last one\n\
         POST https://id.example.com/token\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         grant_type=urn:openid:params:grant-type:ciba\n\
         &auth_req_id=gbr_made-up-id",
        "# ten seconds later\n\
         POST https://id.example.com/token\n\
         Authorization: Basic YmFuazp0b3Atc2VjcmV0\n\
         \n\
         grant_type=urn:openid:params:grant-type:ciba\n\
         &auth_req_id=gbr_made-up-id",
    ),
    see: &[Reason::AuthReqIdPending],
};

pub(super) const EXPIRED: ReasonRow = ReasonRow {
    word: "auth_req_id.expired",
    title: "The auth_req_id has expired",
    code: ExpiredToken,
    who: &[Person, Developer],
    what: "The person did not answer in time, or the application did not fetch the answer.",
    fix: "Tell the person who waits, and send a new request when that person wants it.",
    command: None,
    example: BEGIN_AGAIN,
    see: &[Reason::AuthReqIdDenied],
};

pub(super) const DENIED: ReasonRow = ReasonRow {
    word: "auth_req_id.denied",
    title: "The person denied the request of the application",
    code: AccessDenied,
    who: &[Person],
    what: "The person denied the request, or is not allowed to grant it.",
    fix: "Stop polling, and say so where the person waits. The application has to leave the person alone for some \
          minutes.",
    command: None,
    example: BEGIN_AGAIN,
    see: &[Reason::BackchannelDeniedBefore, Reason::AuthReqIdExpired],
};

pub(super) const REPLAYED: ReasonRow = ReasonRow {
    word: "auth_req_id.replayed",
    title: "The auth_req_id was used twice",
    code: InvalidGrant,
    who: &[Developer],
    what: "The auth_req_id had been redeemed before; everything issued from it has been revoked.",
    fix: "Stop polling after the first answer with tokens, and store them before anything else. If your application \
          redeems it only once, another party has it.",
    command: None,
    example: BEGIN_AGAIN,
    see: &[Reason::CodeReplayed],
};

pub(super) const REFUSED_BEFORE: ReasonRow = ReasonRow {
    word: "auth_req_id.refused_before",
    title: "The auth_req_id was refused before",
    code: InvalidGrant,
    who: &[Developer],
    what: "An earlier request with this auth_req_id was refused after the person had allowed it. Nothing was issued \
           from it, and nothing was revoked.",
    fix: "Look for the first refusal: its reason says what to change. Stop polling after an answer other than \
          authorization_pending and slow_down, and send a new request.",
    command: None,
    example: BEGIN_AGAIN,
    see: &[Reason::CodeRefusedBefore],
};
