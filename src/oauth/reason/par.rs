//! Reasons about pushed authorization requests (RFC 9126).

use super::Reason;
use super::Responsible::{Developer, Operator, Person};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{InvalidRequest, InvalidRequestUri};

pub(super) const REQUIRED: ReasonRow = ReasonRow {
    word: "pushed_request.required",
    title: "The application must push its request",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The request came in the browser's address, and the application must push its requests.",
    fix: "Send the parameters in a POST to /par, with the authentication of the client, and send the browser with the \
          request_uri of the answer. Libraries call this pushed authorization requests or PAR (RFC 9126).",
    command: Some("grantor client update calendar --par off"),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
        "POST https://id.example.com/par\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         response_type=code\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…\n\
         \n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &request_uri=urn:ietf:params:oauth:request_uri:made-up",
    ),
    see: &[Reason::PushedRequestUnknown],
};

pub(super) const NESTED: ReasonRow = ReasonRow {
    word: "pushed_request.nested",
    title: "The pushed request names another one",
    code: InvalidRequest,
    who: &[Developer],
    what: "The pushed request has the parameter request_uri.",
    fix: "Push the parameters themselves. Only the browser is sent with a request_uri (RFC 9126 section 2.1).",
    command: None,
    example: example(
        "POST https://id.example.com/par\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         request_uri=urn:ietf:params:oauth:request_uri:made-up",
        "POST https://id.example.com/par\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         response_type=code\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::PushedRequestUnknown],
};

pub(super) const UNKNOWN: ReasonRow = ReasonRow {
    word: "pushed_request.unknown",
    title: "The server does not know this pushed request",
    code: InvalidRequestUri,
    who: &[Developer],
    what: "The request_uri is not one that this server gave to this application.",
    fix: "Send the request_uri of the answer of /par unchanged, percent-encoded, with the client_id that pushed it. \
          Push a request for each sign-in: a request_uri that is kept in a configuration never works.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=wiki\n\
         &request_uri=urn:ietf:params:oauth:request_uri:pushed-by-calendar",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &request_uri=urn:ietf:params:oauth:request_uri:pushed-by-calendar",
    ),
    see: &[Reason::PushedRequestExpired],
};

pub(super) const EXPIRED: ReasonRow = ReasonRow {
    word: "pushed_request.expired",
    title: "The pushed request has ended",
    code: InvalidRequestUri,
    who: &[Developer, Operator],
    what: "More time passed between the push of the request and the browser's visit than the server allows.",
    fix: "Push the request at the moment at which the person begins to sign in, and send the browser at once. The \
          option oauth.pushed_request_lifetime says how long a pushed request waits.",
    command: None,
    example: example(
        "POST https://id.example.com/par at 12:00:00\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &request_uri=urn:ietf:params:oauth:request_uri:made-up at 12:05:00",
        "POST https://id.example.com/par at 12:05:00\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &request_uri=urn:ietf:params:oauth:request_uri:made-up at 12:05:01",
    ),
    see: &[Reason::PushedRequestUnknown, Reason::PushedRequestUsed],
};

pub(super) const USED: ReasonRow = ReasonRow {
    word: "pushed_request.used",
    title: "The pushed request was used already",
    code: InvalidRequestUri,
    who: &[Person, Developer],
    what: "The application has its answer to this pushed request: a code, tokens, or an error.",
    fix: "Begin again at the application, which pushes a new request for each sign-in. The page of a request_uri can be \
          loaded again only until the request has its answer.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &request_uri=urn:ietf:params:oauth:request_uri:answered",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &request_uri=urn:ietf:params:oauth:request_uri:pushed-just-now",
    ),
    see: &[Reason::PushedRequestExpired, Reason::FlowAnswered],
};
