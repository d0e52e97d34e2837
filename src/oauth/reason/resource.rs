//! Reasons about the API that a token should be for (RFC 8707).

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::InvalidTarget;

/// A correct request with a registered resource.
const GOOD: &str = "GET https://id.example.com/authorize\n\
                    ?client_id=calendar\n\
                    &response_type=code\n\
                    &scope=read\n\
                    &resource=https://api.example.com\n\
                    &…";

pub(super) const MALFORMED: ReasonRow = ReasonRow {
    word: "resource.malformed",
    title: "The resource is not an absolute URI",
    code: InvalidTarget,
    who: &[Developer],
    what: "The value of the parameter resource is not an absolute URI.",
    fix: "Name the API by its registered URI, with its scheme and without a fragment (RFC 8707 section 2).",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &scope=read\n\
         &resource=calendar-api\n\
         &…",
        GOOD,
    ),
    see: &[Reason::ResourceUnknown],
};

pub(super) const UNKNOWN: ReasonRow = ReasonRow {
    word: "resource.unknown",
    title: "The API is not registered",
    code: InvalidTarget,
    who: &[Developer, Operator],
    what: "No API is registered under this URI.",
    fix: "Compare it with the registered URIs; path and query count. The operator sees them with grantor \
          resource list, and registers one with grantor resource create.",
    command: Some("grantor resource create https://api.example.com/v2 --scope \"read write\""),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &scope=read\n\
         &resource=https://api.example.com/v2\n\
         &…",
        GOOD,
    ),
    see: &[Reason::ResourceNotAllowed],
};

pub(super) const NOT_ALLOWED: ReasonRow = ReasonRow {
    word: "resource.not_allowed",
    title: "The application may not use this API",
    code: InvalidTarget,
    who: &[Operator, Developer],
    what: "The application may not get tokens for this API.",
    fix: "An application may name the resources that it is registered for. If it is registered for none, it \
          may name every resource that has one of its scopes. The operator changes this with grantor client \
          update --add-resource or --add-scope.",
    command: Some("grantor client update calendar --add-resource https://payments.example.com"),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &scope=read\n\
         &resource=https://payments.example.com\n\
         &…",
        GOOD,
    ),
    see: &[Reason::ScopeForbidden],
};

pub(super) const WIDENED: ReasonRow = ReasonRow {
    word: "resource.widened",
    title: "The API is not part of the authorization",
    code: InvalidTarget,
    who: &[Developer],
    what: "The token request names an API that the authorization request did not name.",
    fix: "Name every API in the authorization request, each as its own resource parameter, and then one of \
          them in each token request. A client that exchanges tokens for an API behind it needs the operator's permission: \
          grantor client update --may-widen-resources true.",
    command: Some("grantor client update calendar --may-widen-resources true"),
    example: example(
        "# a token of a sign-in that named https://api.example.com\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token\n\
         &resource=https://payments.example.com",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token\n\
         &resource=https://api.example.com",
    ),
    see: &[Reason::ScopeWidened],
};

pub(super) const SEVERAL: ReasonRow = ReasonRow {
    word: "resource.several",
    title: "The token request names several APIs",
    code: InvalidTarget,
    who: &[Developer],
    what: "The token request names several APIs.",
    fix: "An access token is for one API, so that no API can use it at another. Send one token request for \
          each API, with the same refresh token in turn.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &resource=https://api.example.com\n\
         &resource=https://payments.example.com\n\
         &…",
        "# after a sign-in that named both\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &resource=https://api.example.com\n\
         &…",
    ),
    see: &[Reason::ResourceWidened],
};

pub(super) const ALGORITHM: ReasonRow = ReasonRow {
    word: "resource.algorithm",
    title: "The profile does not allow how the tokens are signed",
    code: InvalidTarget,
    who: &[Operator],
    what: "The application must keep a FAPI profile, which allows PS256, ES256, EdDSA and Ed25519. Tokens for this API are \
           signed with RS256.",
    fix: "Give the API an algorithm that the profile allows. If it has none of its own, tokens.access_token_alg \
          decides; while that is empty, the server uses one that the profile allows.",
    command: Some("grantor resource update https://api.example.com --token-alg ES256"),
    example: example(
        "# while tokens for this API are signed with RS256\n\
         POST https://id.example.com/token\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials\n\
         &resource=https://api.example.com\n\
         &…",
        "# the same request, after the operator has changed the algorithm\n\
         POST https://id.example.com/token\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials\n\
         &resource=https://api.example.com\n\
         &…",
    ),
    see: &[Reason::ClientProfile],
};
