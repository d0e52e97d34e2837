//! Reasons about malformed requests of any kind.

use super::Reason;
use super::Responsible::Developer;
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::InvalidRequest;

pub(super) const MALFORMED: ReasonRow = ReasonRow {
    word: "request.malformed",
    title: "The form of the request cannot be read",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request's form could not be read.",
    fix: "Send name=value pairs joined by &, percent-encoded, and send the whole body: as many bytes as \
          Content-Length says. A connection that broke in the middle, or a proxy that changes bodies, has \
          the same effect.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Content-Type: application/x-www-form-urlencoded\n\
         Content-Length: 900\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Content-Type: application/x-www-form-urlencoded\n\
         Content-Length: 29\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::ParameterMalformed],
};

pub(super) const MEDIA_TYPE: ReasonRow = ReasonRow {
    word: "request.media_type",
    title: "The request has the wrong media type",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request's body has a media type that this endpoint does not read.",
    fix: "Send the body as application/x-www-form-urlencoded, uncompressed. OAuth endpoints take forms, not \
          JSON (RFC 6749 section 3.2); many HTTP clients call that option form or data.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Content-Type: application/json\n\
         \n\
         {\"grant_type\": \"client_credentials\", \"scope\": \"read\"}",
        "POST https://id.example.com/token\n\
         Content-Type: application/x-www-form-urlencoded\n\
         \n\
         grant_type=client_credentials\n\
         &scope=read",
    ),
    see: &[],
};

pub(super) const TOO_LARGE: ReasonRow = ReasonRow {
    word: "request.too_large",
    title: "The request is too large",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request's body is larger than the 64 KiB that this endpoint accepts.",
    fix: "Send only the parameters that the grant needs. Files and profile data do not belong in a token \
          request.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Content-Length: 250000\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &profile_picture=iVBORw0KGgoAAAANSUhEUg…",
        "POST https://id.example.com/token\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &…",
    ),
    see: &[Reason::ParameterTooLong, Reason::ParameterTooMany],
};

pub(super) const METHOD: ReasonRow = ReasonRow {
    word: "request.method",
    title: "The endpoint does not accept this HTTP method",
    code: InvalidRequest,
    who: &[Developer],
    what: "The endpoint does not accept this HTTP method.",
    fix: "Use a method that the answer's Allow header names; get tokens with POST. If the client does send \
          POST, look for a redirect on the way, such as from http to https: it turns POST into GET.",
    command: None,
    example: example(
        "GET https://id.example.com/token?grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[],
};

pub(super) const PARAMETER_REPEATED: ReasonRow = ReasonRow {
    word: "parameter.repeated",
    title: "A parameter was sent more than once",
    code: InvalidRequest,
    who: &[Developer],
    what: "A parameter was sent more than once.",
    fix: "Send every parameter once (RFC 6749 section 3.1). Look for a library that adds a value of its \
          own, or for a list that is written as a repeated parameter: several scopes are one value, \
          separated by spaces.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &scope=read\n\
         &scope=write\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &scope=read+write\n\
         &…",
    ),
    see: &[Reason::ClientIdRepeated, Reason::RedirectUriRepeated],
};

pub(super) const PARAMETER_MALFORMED: ReasonRow = ReasonRow {
    word: "parameter.malformed",
    title: "A parameter contains bytes that are not allowed",
    code: InvalidRequest,
    who: &[Developer],
    what: "A parameter contains bytes that are not allowed.",
    fix: "Encode the value as UTF-8, then percent-encode it once. Control characters such as line breaks \
          are never allowed; one at the end often comes from the file that the value was read from.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code%0A\n\
         &…",
        "POST https://id.example.com/token\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &…",
    ),
    see: &[Reason::RequestMalformed],
};

pub(super) const PARAMETER_TOO_LONG: ReasonRow = ReasonRow {
    word: "parameter.too_long",
    title: "A parameter is too long",
    code: InvalidRequest,
    who: &[Developer],
    what: "A parameter is longer than the 8 KiB that this server accepts (32 KiB for a token), or the \
           parameters of an authorization request are longer than 8,000 bytes together.",
    fix: "Keep large data on your side, for example in the person's session, and send a short reference to it \
          in state.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &state=eyJjYXJ0IjpbeyJpdGVtIjoiY2hhaXIi…\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &state=made-up-random-reference\n\
         &…",
    ),
    see: &[Reason::RequestTooLarge],
};

pub(super) const PARAMETER_TOO_MANY: ReasonRow = ReasonRow {
    word: "parameter.too_many",
    title: "The request has too many parameters",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request has more than the 100 parameters that this server reads.",
    fix: "Send only the parameters that the request needs, and do not forward the whole query of your own \
          page.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &item1=chair\n\
         &item2=table\n\
         &item3=lamp\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &state=made-up-random-reference\n\
         &…",
    ),
    see: &[Reason::RequestTooLarge],
};
