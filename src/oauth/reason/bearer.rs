//! Reasons about access tokens that are presented at UserInfo (RFC 6750 §3.1).

use super::Reason;
use super::Responsible::{Developer, Operator, Person};
use super::row::{Example, ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{InsufficientScope, InvalidRequest, InvalidToken};

/// A correct request with an access token.
const GOOD: &str = "GET https://id.example.com/userinfo\n\
                    Authorization: Bearer gat_made-up-token";
/// An old access token, and the request for a new one with the refresh token.
const REFRESH: Example = example(
    "GET https://id.example.com/userinfo\n\
     Authorization: Bearer gat_made-up-old-token",
    "POST https://id.example.com/token\n\
     Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
     \n\
     grant_type=refresh_token\n\
     &refresh_token=grt_made-up-token",
);

pub(super) const MISSING: ReasonRow = ReasonRow {
    word: "bearer.missing",
    title: "The access token is missing",
    code: InvalidToken,
    who: &[Developer],
    what: "The request has no access token.",
    fix: "Send it in the Authorization header, after the word Bearer. A POST may send it as access_token in \
          its form. The server does not read it from the query, because URLs end up in logs.",
    command: None,
    example: example(
        "GET https://id.example.com/userinfo\n\
         ?access_token=gat_made-up-token",
        GOOD,
    ),
    see: &[Reason::BearerUnknown],
};

pub(super) const MALFORMED: ReasonRow = ReasonRow {
    word: "bearer.malformed",
    title: "The Authorization header has no readable access token",
    code: InvalidRequest,
    who: &[Developer],
    what: "The Authorization header does not contain an access token in the form of RFC 6750.",
    fix: "Write the word Bearer, one space and the token exactly as the token endpoint returned it, without \
          quotes.",
    command: None,
    example: example(
        "GET https://id.example.com/userinfo\n\
         Authorization: Bearer \"gat_made-up-token\"",
        GOOD,
    ),
    see: &[Reason::BearerRepeated],
};

pub(super) const TOO_LONG: ReasonRow = ReasonRow {
    word: "bearer.too_long",
    title: "The access token is too long",
    code: InvalidRequest,
    who: &[Developer],
    what: "The access token is longer than 32 KiB, and so longer than any that this server issues.",
    fix: "Send the access_token of the token response, whole and unchanged, and nothing else in the header. If \
          the token is really that long, it is from another server.",
    command: None,
    example: example(
        "GET https://id.example.com/userinfo\n\
         Authorization: Bearer eyJ.made-up-token-of-another-server-with-all-its-groups…",
        GOOD,
    ),
    see: &[Reason::BearerUnknown],
};

pub(super) const REPEATED: ReasonRow = ReasonRow {
    word: "bearer.repeated",
    title: "The access token was sent more than once",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request has more than one access token.",
    fix: "Send the token once: in the Authorization header, or in the form of a POST.",
    command: None,
    example: example(
        "POST https://id.example.com/userinfo\n\
         Authorization: Bearer gat_made-up-token\n\
         Content-Type: application/x-www-form-urlencoded\n\
         \n\
         access_token=gat_made-up-token",
        GOOD,
    ),
    see: &[Reason::BearerMissing],
};

pub(super) const UNKNOWN: ReasonRow = ReasonRow {
    word: "bearer.unknown",
    title: "The access token is unknown",
    code: InvalidToken,
    who: &[Developer],
    what: "The access token was never issued here, or ended long ago.",
    fix: "Send the access_token of the token response, whole and unchanged. An ID Token or a refresh token \
          is not an access token. Also compare the issuer: the token may be from another server.",
    command: None,
    example: example(
        "GET https://id.example.com/userinfo\n\
         Authorization: Bearer grt_made-up-token",
        GOOD,
    ),
    see: &[Reason::BearerExpired],
};

pub(super) const EXPIRED: ReasonRow = ReasonRow {
    word: "bearer.expired",
    title: "The access token has expired",
    code: InvalidToken,
    who: &[Developer],
    what: "The access token has expired.",
    fix: "Get a new one with the refresh token. The expires_in of the token response says how long a token \
          lives.",
    command: None,
    example: REFRESH,
    see: &[Reason::BearerRevoked],
};

pub(super) const REVOKED: ReasonRow = ReasonRow {
    word: "bearer.revoked",
    title: "The access token has been revoked",
    code: InvalidToken,
    who: &[Person, Operator, Developer],
    what: "The access token was valid, and ended before it expired.",
    fix: "The person or the operator has ended the access, or the refresh token was used twice. Send the \
          person through the sign-in again; if that fails as well, ask the operator.",
    command: None,
    example: example(
        "GET https://id.example.com/userinfo\n\
         Authorization: Bearer gat_made-up-token",
        "# send the person here once more\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &…",
    ),
    see: &[Reason::RefreshTokenRevoked, Reason::SubjectDisabled],
};

pub(super) const WITHOUT_PERSON: ReasonRow = ReasonRow {
    word: "bearer.without_person",
    title: "The access token belongs to no person",
    code: InvalidToken,
    who: &[Developer],
    what: "The access token was issued to an application, and this endpoint returns data about people.",
    fix: "Use a token from a person's sign-in. A token from client_credentials belongs to no person.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &…",
    ),
    see: &[Reason::BearerScope],
};

pub(super) const SCOPE: ReasonRow = ReasonRow {
    word: "bearer.scope",
    title: "The access token lacks a scope",
    code: InsufficientScope,
    who: &[Developer],
    what: "The access token is valid, but lacks a scope that is needed here.",
    fix: "Request the scope that the WWW-Authenticate header names when you send the person to sign in; for \
          UserInfo that is openid.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &scope=profile\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &scope=openid profile\n\
         &…",
    ),
    see: &[Reason::ScopeForbidden],
};

pub(super) const AUDIENCE: ReasonRow = ReasonRow {
    word: "bearer.audience",
    title: "The access token is for another API",
    code: InvalidToken,
    who: &[Developer],
    what: "The access token is for another API, and is not accepted here.",
    fix: "A sign-in with a resource gives a token for that API. For UserInfo get another token with the \
          refresh token, and name this server's issuer as its resource.",
    command: None,
    example: example(
        "# the sign-in named https://api.example.com\n\
         GET https://id.example.com/userinfo\n\
         Authorization: Bearer gat_made-up-token",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token\n\
         &resource=https://id.example.com",
    ),
    see: &[Reason::BearerScope, Reason::ResourceWidened],
};
