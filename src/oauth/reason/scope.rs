//! Reasons about scopes (RFC 6749 §3.3).

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{ForbiddenScope, InvalidScope};

pub(super) const MALFORMED: ReasonRow = ReasonRow {
    word: "scope.malformed",
    title: "The list of scopes is malformed",
    code: InvalidScope,
    who: &[Developer],
    what: "The scope parameter is not a list of scope names.",
    fix: "Separate scope names by spaces; in a URL a space is + or %20. Names are printable ASCII without quote and backslash (RFC 6749 section 3.3).",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &scope=[\"read\",\"write\"]\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &scope=read+write\n\
         &…",
    ),
    see: &[Reason::ScopeUnknown],
};

pub(super) const TOO_MANY: ReasonRow = ReasonRow {
    word: "scope.too_many",
    title: "The request has too many scopes",
    code: InvalidScope,
    who: &[Developer],
    what: "The request asks for more than the 64 scopes that this server reads.",
    fix: "Request the scopes that are needed now, and the others when the person uses a feature that needs \
          them.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &scope=mail:read+mail:write+mail:send+files:read+…\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &scope=mail:read\n\
         &…",
    ),
    see: &[Reason::ParameterTooLong],
};

pub(super) const UNKNOWN: ReasonRow = ReasonRow {
    word: "scope.unknown",
    title: "The scope does not exist",
    code: InvalidScope,
    who: &[Developer, Operator],
    what: "This server does not know one of the scopes.",
    fix: "Check its spelling, including upper and lower case; the description names it. Scopes of other \
          providers, such as user:email, have no meaning here unless the operator has created them.",
    command: Some("grantor scope create write --description \"Change your calendar\""),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &scope=read+Write\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &scope=read+write\n\
         &…",
    ),
    see: &[Reason::ScopeForbidden],
};

pub(super) const NONE: ReasonRow = ReasonRow {
    word: "scope.none",
    title: "The request has no scope",
    code: InvalidScope,
    who: &[Developer, Operator],
    what: "The request has no scope, and the application has no default scopes.",
    fix: "Name the scopes that you need; sensitive ones are never given by default. If the application may \
          use no scope at all, the operator must allow some.",
    command: Some("grantor client update calendar --add-scope read"),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &scope=read\n\
         &…",
    ),
    see: &[Reason::ScopeForbidden],
};

pub(super) const FORBIDDEN: ReasonRow = ReasonRow {
    word: "scope.forbidden",
    title: "The application may not use this scope",
    code: ForbiddenScope,
    who: &[Developer, Operator],
    what: "The scope exists, but this application is not allowed to use it.",
    fix: "Request fewer scopes, or ask the operator to allow this one for the application; the description \
          names it.",
    command: Some("grantor client update calendar --add-scope admin"),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &scope=read+admin\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &scope=read\n\
         &…",
    ),
    see: &[Reason::ScopeUnknown],
};

pub(super) const WIDENED: ReasonRow = ReasonRow {
    word: "scope.widened",
    title: "The refresh requests a scope that was not granted",
    code: InvalidScope,
    who: &[Developer],
    what: "The refresh requests a scope that the original authorization does not have.",
    fix: "Request the same scopes or fewer, or leave scope out to keep them all. For more, send the person \
          through authorization again (RFC 6749 section 6). The refresh token stays valid.",
    command: None,
    example: example(
        "# granted: read\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token\n\
         &scope=read+write",
        "# granted: read\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token",
    ),
    see: &[Reason::ScopeForbidden],
};

pub(super) const NOT_OF_RESOURCE: ReasonRow = ReasonRow {
    word: "scope.not_of_resource",
    title: "The request has no scope of the API",
    code: InvalidScope,
    who: &[Developer, Operator],
    what: "The request names an API, but none of this API's scopes.",
    fix: "Also request a scope of the API; the operator sees them with grantor resource list.",
    command: Some("grantor resource list"),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &scope=openid\n\
         &resource=https://api.example.com\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &scope=openid+read\n\
         &resource=https://api.example.com\n\
         &…",
    ),
    see: &[Reason::ResourceNotAllowed],
};

pub(super) const BEYOND_ISSUER: ReasonRow = ReasonRow {
    word: "scope.beyond_issuer",
    title: "The scope is not allowed for tokens of this issuer",
    code: InvalidScope,
    who: &[Operator, Developer],
    what: "The operator does not allow this scope for tokens of this issuer.",
    fix: "Request other scopes, or leave scope out to get all that both the issuer and the application may \
          have. The operator changes this with grantor issuer update --add-scope.",
    command: Some("grantor issuer update https://idp.example.com --add-scope write"),
    example: example(
        "# the issuer is trusted with: read\n\
         POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer\n\
         &assertion=eyJ.made-up.assertion\n\
         &scope=read+write",
        "# the issuer is trusted with: read\n\
         POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer\n\
         &assertion=eyJ.made-up.assertion\n\
         &scope=read",
    ),
    see: &[Reason::ScopeForbidden],
};
