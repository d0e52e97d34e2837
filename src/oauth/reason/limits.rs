//! Reasons that come from limits of the number of requests.

use super::Reason;
use super::Responsible::{Developer, Operator, Person};
use super::row::{Example, ReasonRow, example};
use crate::oauth::error_code::ErrorCode::TemporarilyUnavailable;

const EXAMPLE: Example = example(
    "# again and again, without a pause\n\
     POST https://id.example.com/token\n\
     \n\
     grant_type=refresh_token\n\
     &client_id=calendar\n\
     &refresh_token=grt_made-up",
    "# after the seconds of Retry-After\n\
     POST https://id.example.com/token\n\
     \n\
     grant_type=refresh_token\n\
     &client_id=calendar\n\
     &refresh_token=grt_made-up",
);

pub(super) const NETWORK: ReasonRow = ReasonRow {
    word: "limits.network",
    title: "Too many requests came from this network",
    code: TemporarilyUnavailable,
    who: &[Person, Developer, Operator],
    what: "More requests came from this network than the server answers in a minute.",
    fix: "Wait a moment and try again; a program waits for the seconds in the Retry-After header. If many people \
          share the address, the operator raises the limit that the header RateLimit-Policy names, under [limits]. \
          If all people seem to come from one address, http.trusted_proxies must name the proxy.",
    command: None,
    example: EXAMPLE,
    see: &[Reason::ServerBusy],
};

pub(super) const CLIENT: ReasonRow = ReasonRow {
    word: "limits.client",
    title: "Too many requests came from this application",
    code: TemporarilyUnavailable,
    who: &[Developer, Operator],
    what: "The application sent more requests than the server answers in a minute.",
    fix: "Wait for the seconds in the Retry-After header. Keep an access token for as long as expires_in says, and \
          look for a loop that requests a new one each time. If the application needs more, the operator raises \
          limits.client.",
    command: None,
    example: EXAMPLE,
    see: &[Reason::ServerBusy],
};

pub(super) const ACCOUNT: ReasonRow = ReasonRow {
    word: "limits.account",
    title: "Too many requests came for this account",
    code: TemporarilyUnavailable,
    who: &[Person, Developer, Operator],
    what: "More requests came for this account than the server answers in a minute.",
    fix: "Wait a moment and try again. If a page reloads by itself again and again, close it: its application sends \
          you here in a loop, and its developer has to end that. The operator can raise limits.account.",
    command: None,
    example: EXAMPLE,
    see: &[Reason::ServerBusy],
};
