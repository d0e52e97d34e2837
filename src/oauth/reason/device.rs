//! Reasons about devices that get tokens while a person signs in elsewhere (RFC 8628).

use super::Reason;
use super::Responsible::{Developer, Nobody, Operator, Person};
use super::row::{Example, ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{
    AccessDenied, AuthorizationPending, ExpiredToken, InvalidGrant, InvalidRequest, SlowDown,
    TemporarilyUnavailable,
};

/// A poll with these parameters. A comment may stand before it.
macro_rules! poll {
    (# $comment:literal, $($parameters:tt)+) => { concat!("# ", $comment, "\n", poll!($($parameters)+)) };
    ($($parameter:literal),*) => {
        concat!(
            "POST https://id.example.com/token\n\n",
            "grant_type=urn:ietf:params:oauth:grant-type:device_code"
            $(, "\n&", $parameter)*
        )
    };
}

/// A correct poll.
const POLL: &str = poll!("client_id=tv", "device_code=gdc_made-up-code");

/// The device must begin again with a new code.
const BEGIN_AGAIN: Example = example(
    poll!(# "the same device code forever", "client_id=tv", "device_code=gdc_made-up-old-code"),
    "# a new code, at a press of the person's button\n\
     POST https://id.example.com/device_authorization\n\
     \n\
     client_id=tv",
);

pub(super) const MISSING: ReasonRow = ReasonRow {
    word: "device_code.missing",
    title: "The device code is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The token request has no device_code.",
    fix: "Send the device_code from the answer of /device_authorization. The user_code is for the person \
          and is not sent here.",
    command: None,
    example: example(poll!("client_id=tv", "user_code=BCDF-GHJK"), POLL),
    see: &[Reason::DeviceCodeUnknown],
};

pub(super) const UNKNOWN: ReasonRow = ReasonRow {
    word: "device_code.unknown",
    title: "The device code is unknown",
    code: InvalidGrant,
    who: &[Developer],
    what: "The device code was never issued here, or ended long ago, or the person's permission was \
           revoked.",
    fix: "Send the device_code of the last answer of /device_authorization, unchanged, and get a new one \
          when it has ended.",
    command: None,
    example: example(poll!("client_id=tv", "device_code=BCDF-GHJK"), POLL),
    see: &[Reason::DeviceCodeExpired],
};

pub(super) const WRONG_CLIENT: ReasonRow = ReasonRow {
    word: "device_code.wrong_client",
    title: "The device code belongs to another application",
    code: InvalidGrant,
    who: &[Developer],
    what: "The device code was issued to another application.",
    fix: "Redeem it with the client_id that asked for it.",
    command: None,
    example: example(
        poll!(# "a code that the application tv asked for", "client_id=radio", "device_code=gdc_made-up-code"),
        POLL,
    ),
    see: &[Reason::CodeWrongClient],
};

pub(super) const PENDING: ReasonRow = ReasonRow {
    word: "device_code.pending",
    title: "The person has not answered yet",
    code: AuthorizationPending,
    who: &[Nobody],
    what: "The person has not answered yet.",
    fix: "Continue to poll, with the interval from the answer of /device_authorization, until there is \
          another answer than this.",
    command: None,
    example: example(
        poll!(# "the person has just begun to type the code", "client_id=tv", "device_code=gdc_made-up-code"),
        poll!(# "five seconds later", "client_id=tv", "device_code=gdc_made-up-code"),
    ),
    see: &[Reason::DeviceCodeSlowDown],
};

pub(super) const SLOW_DOWN: ReasonRow = ReasonRow {
    word: "device_code.slow_down",
    title: "The device polls too often",
    code: SlowDown,
    who: &[Developer],
    what: "The device polls more often than the interval allows.",
    fix: "From now on wait five seconds longer between two polls (RFC 8628 section 3.5). The person's \
          answer is not lost.",
    command: None,
    example: example(
        poll!(# "a second after the last one", "client_id=tv", "device_code=gdc_made-up-code"),
        poll!(# "ten seconds later", "client_id=tv", "device_code=gdc_made-up-code"),
    ),
    see: &[Reason::DeviceCodePending],
};

pub(super) const EXPIRED: ReasonRow = ReasonRow {
    word: "device_code.expired",
    title: "The device code has expired",
    code: ExpiredToken,
    who: &[Person, Developer],
    what: "The person did not answer in time, or the device did not fetch the answer.",
    fix: "Show a button for a new code. A device that gets new codes without a person would do so forever.",
    command: None,
    example: BEGIN_AGAIN,
    see: &[Reason::DeviceCodeDenied],
};

pub(super) const DENIED: ReasonRow = ReasonRow {
    word: "device_code.denied",
    title: "The person denied the request of the device",
    code: AccessDenied,
    who: &[Person],
    what: "The person denied the device's request, or is not allowed to grant it.",
    fix: "Stop polling, and say so on the device. A new attempt begins with a press of its button.",
    command: None,
    example: BEGIN_AGAIN,
    see: &[Reason::ConsentDenied, Reason::DeviceCodeExpired],
};

pub(super) const REPLAYED: ReasonRow = ReasonRow {
    word: "device_code.replayed",
    title: "The device code was used twice",
    code: InvalidGrant,
    who: &[Developer],
    what: "The device code had been redeemed before; everything issued from it has been revoked.",
    fix: "Stop polling after the first answer with tokens, and store them before anything else. If your \
          device redeems it only once, another party has its code.",
    command: None,
    example: BEGIN_AGAIN,
    see: &[Reason::CodeReplayed],
};

pub(super) const REFUSED_BEFORE: ReasonRow = ReasonRow {
    word: "device_code.refused_before",
    title: "The device code was refused before",
    code: InvalidGrant,
    who: &[Developer],
    what: "An earlier request with this device code was refused after the person had allowed it. Nothing was \
           issued from it.",
    fix: "The answer to that request has the cause, for example an account that was disabled in between. Stop \
          polling after an answer other than authorization_pending and slow_down, and ask for a new code.",
    command: None,
    example: BEGIN_AGAIN,
    see: &[Reason::CodeRefusedBefore],
};

pub(super) const TOO_MANY: ReasonRow = ReasonRow {
    word: "device_code.too_many",
    title: "Too many devices wait for a person",
    code: TemporarilyUnavailable,
    who: &[Developer, Operator],
    what: "Too many devices of this network, or in all, have asked for a code and wait for a person.",
    fix: "Wait for the seconds of Retry-After, and ask for a code only when a person has pressed a button. A \
          device that gets new codes without a person would do so forever. An operator whose devices are \
          all behind one address can allow more with limits.network_device_codes.",
    command: None,
    example: example(
        "# each second, without a person\n\
         POST https://id.example.com/device_authorization\n\
         \n\
         client_id=tv",
        "# at a press of the person's button\n\
         POST https://id.example.com/device_authorization\n\
         \n\
         client_id=tv",
    ),
    see: &[Reason::DeviceCodeExpired, Reason::SignUpTooMany],
};

pub(super) const ANSWERED: ReasonRow = ReasonRow {
    word: "device.over",
    title: "The request of the device has ended",
    code: AccessDenied,
    who: &[Person],
    what: "The request of this device has ended, or was denied.",
    fix: "Look at the device: it says how to continue, or shows a new code.",
    command: None,
    example: example(
        "GET https://id.example.com/consent\n\
         ?flow=made-up-flow",
        "GET https://id.example.com/device",
    ),
    see: &[Reason::FlowExpired, Reason::DeviceCodeExpired],
};

pub(super) const TOO_MANY_GUESSES: ReasonRow = ReasonRow {
    word: "user_code.too_many_guesses",
    title: "Too many wrong user codes were entered",
    code: TemporarilyUnavailable,
    who: &[Person],
    what: "Too many wrong codes were entered with this account.",
    fix: "Wait for the time that the page says. Then let the device show a new code and type it exactly; \
          dashes and small letters do not matter.",
    command: None,
    example: example(
        "# the eleventh wrong code\n\
         GET https://id.example.com/device\n\
         ?user_code=BCDF-GHJK",
        "# a minute later, with what the device shows\n\
         GET https://id.example.com/device\n\
         ?user_code=WDJB-MJHT",
    ),
    see: &[Reason::DeviceAnswered, Reason::ServerBusy],
};
