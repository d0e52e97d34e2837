//! Reasons that are not the request's fault.

use super::Reason;
use super::Responsible::{Nobody, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{ServerError, TemporarilyUnavailable};

pub(super) const FAILED: ReasonRow = ReasonRow {
    word: "server.failed",
    title: "The server failed",
    code: ServerError,
    who: &[Operator],
    what: "The server failed while it processed the request.",
    fix: "Try once more. If it fails again, give the operator the request id of the answer: the log has the \
          cause under this id.",
    command: None,
    example: example(
        "# again and again, as fast as it goes\n\
         POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=client_credentials",
        "# once more after a pause, then a report with the request id\n\
         POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::ServerBusy],
};

pub(super) const BUSY: ReasonRow = ReasonRow {
    word: "server.busy",
    title: "The server is overloaded or cannot reach its database",
    code: TemporarilyUnavailable,
    who: &[Nobody, Operator],
    what: "The server is overloaded, or cannot reach its database.",
    fix: "Wait for the seconds in the Retry-After header, then send the same request again; wait longer \
          each time. If redeeming a code again says code.replayed, the first attempt had succeeded after \
          all: begin the sign-in again. If it lasts for minutes, tell the operator.",
    command: Some("grantor healthcheck"),
    example: example(
        "# at once\n\
         POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=client_credentials",
        "# after the seconds of Retry-After, with a little chance added\n\
         POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::ServerFailed, Reason::CodeReplayed],
};
