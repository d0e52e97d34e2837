//! Reasons about polls for the answer to a backchannel request (CIBA Core §11).

use super::Reason;
use super::Responsible::{Developer, Nobody, Person};
use super::backchannel::{ASK, POLL, poll};
use super::row::{Example, ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{
    AccessDenied, AuthorizationPending, ExpiredToken, InvalidGrant, InvalidRequest, SlowDown,
};

/// The application must send a new request.
const BEGIN_AGAIN: Example =
    example(poll!(# "the same auth_req_id forever", "auth_req_id=gbr_made-up-old-id"), ASK);

pub(super) const MISSING: ReasonRow = ReasonRow {
    word: "auth_req_id.missing",
    title: "The auth_req_id is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The token request has no auth_req_id.",
    fix: "Send the auth_req_id from the answer of /bc-authorize.",
    command: None,
    example: example(poll!(), POLL),
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
        poll!(# "the person has just got the request", "auth_req_id=gbr_made-up-id"),
        poll!(# "five seconds later", "auth_req_id=gbr_made-up-id"),
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
        poll!(# "a second after the last one", "auth_req_id=gbr_made-up-id"),
        poll!(# "ten seconds later", "auth_req_id=gbr_made-up-id"),
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
