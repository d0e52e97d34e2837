//! Reasons about applications that ask for a person, who answers on a device of their own (CIBA Core).

use super::Reason;
use super::Responsible::{Developer, Operator, Person};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{
    AccessDenied, ExpiredLoginHintToken, InvalidBindingMessage, InvalidRequest, InvalidScope,
    InvalidUserCode, MissingUserCode, TemporarilyUnavailable, UnknownUserId,
};

/// A request with these parameters, of the application `bank`. A comment may stand before it.
macro_rules! ask {
    (# $comment:literal, $($parameters:tt)+) => { concat!("# ", $comment, "\n", ask!($($parameters)+)) };
    ($first:literal $(, $more:literal)*) => {
        concat!(
            "POST https://id.example.com/bc-authorize\nAuthorization: Basic YmFuazp0b3Atc2VjcmV0\n\n",
            $first
            $(, "\n&", $more)*
        )
    };
}

/// A poll with these parameters, of the application `bank`. A comment may stand before it.
macro_rules! poll {
    (# $comment:literal, $($parameters:tt)+) => { concat!("# ", $comment, "\n", poll!($($parameters)+)) };
    ($($parameter:literal),*) => {
        concat!(
            "POST https://id.example.com/token\nAuthorization: Basic YmFuazp0b3Atc2VjcmV0\n\n",
            "grant_type=urn:openid:params:grant-type:ciba"
            $(, "\n&", $parameter)*
        )
    };
}
pub(super) use poll;

/// A correct poll.
pub(super) const POLL: &str = poll!("auth_req_id=gbr_made-up-id");

/// A correct request.
pub(super) const ASK: &str = ask!("scope=openid", "login_hint=alice");

pub(super) const OPENID: ReasonRow = ReasonRow {
    word: "backchannel.scope",
    title: "The request does not ask for openid",
    code: InvalidScope,
    who: &[Developer],
    what: "The request does not ask for the scope openid, which every backchannel authentication request has.",
    fix: "Send openid among the scopes, separated by spaces.",
    command: None,
    example: example(ask!("scope=email", "login_hint=alice"), ASK),
    see: &[Reason::ScopeUnknown, Reason::ScopeForbidden],
};

pub(super) const HINT: ReasonRow = ReasonRow {
    word: "backchannel.hint",
    title: "The request does not name one person",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request has no hint that says which person it asks for, or several.",
    fix: "Send exactly one of login_hint, id_token_hint and login_hint_token.",
    command: None,
    example: example(ask!("scope=openid"), ASK),
    see: &[Reason::BackchannelUnknownUser],
};

pub(super) const UNKNOWN_USER: ReasonRow = ReasonRow {
    word: "backchannel.unknown_user",
    title: "No person can be asked under this name",
    code: UnknownUserId,
    who: &[Developer, Person],
    what: "The hint names no account here that can answer a request of this application.",
    fix: "Ask the person for the name or the e-mail address with which they sign in here, and send it as \
          login_hint. An account that is disabled, or outside of a group that the application needs, looks \
          like one that does not exist; an operator finds the difference in the log.",
    command: None,
    example: example(ask!("scope=openid", "login_hint=no-such-person"), ASK),
    see: &[Reason::BackchannelHint],
};

pub(super) const HINT_TOKEN: ReasonRow = ReasonRow {
    word: "backchannel.hint_token",
    title: "The login_hint_token is not valid",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The login_hint_token is not a JWT of an issuer that is trusted here with tokens of this application, or its claims \
           are not valid for this server.",
    fix: "Send a JWT with iss, sub, aud and exp, whose aud is the issuer of this server, and which an issuer has signed \
          that grantor issuer list shows with this application.",
    command: Some("grantor issuer list"),
    example: example(ask!("scope=openid", "login_hint_token=alice"), ASK),
    see: &[Reason::BackchannelHintExpired, Reason::GrantAssertionIssuer],
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
        ask!("scope=openid", "login_hint_token=the.old.token"),
        ask!("scope=openid", "login_hint_token=a.new.token"),
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
        ask!("scope=openid", "login_hint=alice", "binding_message=W4%E2%80%AESCT"),
        ask!("scope=openid", "login_hint=alice", "binding_message=W4SCT"),
    ),
    see: &[Reason::BackchannelHint],
};

pub(super) const MISSING_USER_CODE: ReasonRow = ReasonRow {
    word: "backchannel.user_code_missing",
    title: "The user code of the person is missing",
    code: MissingUserCode,
    who: &[Developer],
    what: "The person has a user code, and the request has none, or the application is not registered with \
           backchannel_user_code_parameter.",
    fix: "Ask the person for the user code, and send it as user_code.",
    command: None,
    example: example(
        ask!(# "alice has a user code", "scope=openid", "login_hint=alice"),
        ask!("scope=openid", "login_hint=alice", "user_code=what-the-person-typed"),
    ),
    see: &[Reason::BackchannelInvalidUserCode],
};

pub(super) const INVALID_USER_CODE: ReasonRow = ReasonRow {
    word: "backchannel.user_code_invalid",
    title: "The user code is wrong",
    code: InvalidUserCode,
    who: &[Person, Developer],
    what: "The user_code is not the one of the person.",
    fix: "Let the person type it again. After several wrong codes, the server checks no more codes for a while.",
    command: None,
    example: example(
        ask!("scope=openid", "login_hint=alice", "user_code=a-wrong-code"),
        ask!("scope=openid", "login_hint=alice", "user_code=what-the-person-typed"),
    ),
    see: &[Reason::BackchannelMissingUserCode, Reason::BackchannelUserCodeGuesses],
};

pub(super) const USER_CODE_GUESSES: ReasonRow = ReasonRow {
    word: "backchannel.user_code_guesses",
    title: "Too many wrong user codes",
    code: TemporarilyUnavailable,
    who: &[Person, Developer],
    what: "Too many wrong user codes came for this person. This one was not checked.",
    fix: "Wait for the seconds of Retry-After, and let the person type the code exactly.",
    command: None,
    example: example(
        ask!(# "one guess after another", "scope=openid", "login_hint=alice", "user_code=1111"),
        ask!("scope=openid", "login_hint=alice", "user_code=what-the-person-typed"),
    ),
    see: &[Reason::BackchannelInvalidUserCode],
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
        ask!(# "the application is registered for ping", "scope=openid", "login_hint=alice"),
        ask!("scope=openid", "login_hint=alice", "client_notification_token=a-random-value"),
    ),
    see: &[Reason::BackchannelHint],
};

pub(super) const EXPIRY: ReasonRow = ReasonRow {
    word: "backchannel.requested_expiry",
    title: "The requested_expiry is not a number of seconds",
    code: InvalidRequest,
    who: &[Developer],
    what: "The requested_expiry is not a positive number.",
    fix: "Send a whole number of seconds, or nothing. More than ciba.max_lifetime is shortened to it; expires_in of \
          the answer says which time applies.",
    command: None,
    example: example(
        ask!("scope=openid", "login_hint=alice", "requested_expiry=soon"),
        ask!("scope=openid", "login_hint=alice", "requested_expiry=120"),
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
    example: example(ask!(# "each second, for nobody", "scope=openid", "login_hint=alice"), ASK),
    see: &[Reason::BackchannelTooManyForPerson],
};

pub(super) const TOO_MANY_FOR_PERSON: ReasonRow = ReasonRow {
    word: "backchannel.too_many_for_person",
    title: "Too many requests ask for the person",
    code: TemporarilyUnavailable,
    who: &[Developer, Operator],
    what: "Too many requests wait for this person, or too many came within an hour.",
    fix: "Wait for the seconds of Retry-After. Send no second request while one waits: ask at the token endpoint for \
          its answer. An operator sets the limits in the section ciba.",
    command: None,
    example: example(
        ask!(# "again and again, until the person gives in", "scope=openid", "login_hint=alice"),
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
    example: example(ask!(# "at once after the person has said no", "scope=openid", "login_hint=alice"), ASK),
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
