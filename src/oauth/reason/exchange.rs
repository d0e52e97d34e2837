//! Reasons about token exchange (RFC 8693).

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{InvalidRequest, InvalidTarget};

/// A correct token request that exchanges a token.
const GOOD: &str = "POST https://id.example.com/token\n\
                    Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
                    \n\
                    grant_type=urn:ietf:params:oauth:grant-type:token-exchange\n\
                    &subject_token=gat_made-up-token\n\
                    &subject_token_type=urn:ietf:params:oauth:token-type:access_token";

pub(super) const SUBJECT_MISSING: ReasonRow = ReasonRow {
    word: "subject_token.missing",
    title: "The subject token is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The token request does not say which token it wants to exchange.",
    fix: "Send the token that your application was called with as subject_token, and its type as \
          subject_token_type (RFC 8693 section 2.1). Your own credentials are in the Authorization header, \
          as usual.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=urn:ietf:params:oauth:grant-type:token-exchange\n\
         &token=gat_made-up-token",
        GOOD,
    ),
    see: &[Reason::SubjectTokenInvalid],
};

pub(super) const TOKEN_TYPE: ReasonRow = ReasonRow {
    word: "token_type.unsupported",
    title: "Tokens of this type cannot be exchanged",
    code: InvalidRequest,
    who: &[Developer],
    what: "A token type is missing, or this server does not exchange tokens of this type.",
    fix: "Both the type that you send and the type that you request may be \
          urn:ietf:params:oauth:token-type:access_token or urn:ietf:params:oauth:token-type:jwt. A jwt can \
          only be requested for APIs whose tokens are JWTs. Refresh tokens and ID Tokens are never \
          exchanged.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=urn:ietf:params:oauth:grant-type:token-exchange\n\
         &subject_token=gat_made-up-token\n\
         &subject_token_type=urn:ietf:params:oauth:token-type:id_token",
        GOOD,
    ),
    see: &[Reason::SubjectTokenInvalid],
};

pub(super) const SUBJECT_INVALID: ReasonRow = ReasonRow {
    word: "subject_token.invalid",
    title: "The subject token is not valid, or not for this application",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The subject token is not valid now, or this application may not exchange it.",
    fix: "The token must not have expired or been revoked. It must be issued to your application, or name \
          it by may_act, or, if it has no may_act, be for an API that your application serves. The operator \
          finds the cause with grantor token inspect, and registers the servers of an API with grantor \
          resource update --add-client.",
    command: Some("grantor resource update https://api.example.com --add-client calendar"),
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=urn:ietf:params:oauth:grant-type:token-exchange\n\
         &subject_token=gat_made-up-old-token-of-another-application\n\
         &subject_token_type=urn:ietf:params:oauth:token-type:access_token",
        GOOD,
    ),
    see: &[Reason::BearerExpired, Reason::BearerRevoked],
};

pub(super) const SUBJECT_FOREIGN: ReasonRow = ReasonRow {
    word: "subject_token.foreign",
    title: "The token of the other issuer cannot be exchanged",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The subject token is from a trusted issuer, but cannot be exchanged.",
    fix: "The description says what is wrong. The token must be addressed to this server alone: aud \
          has nothing but its issuer. It must live for an hour at most, be signed by a key of its issuer, and be about a subject \
          that the operator has linked with grantor issuer link.",
    command: Some("grantor issuer link https://idp.example.com 248289761001 --user alice"),
    example: example(
        "# the payload of the subject token\n\
         {\"iss\": \"https://idp.example.com\", \"sub\": \"248289761001\", \"aud\": [\"https://id.example.com\", \"calendar\"], …}",
        "# the payload of the subject token\n\
         {\"iss\": \"https://idp.example.com\", \"sub\": \"248289761001\", \"aud\": \"https://id.example.com\", …}",
    ),
    see: &[Reason::GrantAssertionAudience, Reason::GrantAssertionSignature],
};

pub(super) const ACTOR_INVALID: ReasonRow = ReasonRow {
    word: "actor_token.invalid",
    title: "The actor token is not valid",
    code: InvalidRequest,
    who: &[Developer],
    what: "The actor token is not valid now, or was not issued to this application.",
    fix: "Send an access token that this server issued to your application, with actor_token_type; or leave \
          both out: then your application is the actor.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=urn:ietf:params:oauth:grant-type:token-exchange\n\
         &subject_token=gat_made-up-token\n\
         &subject_token_type=urn:ietf:params:oauth:token-type:access_token\n\
         &actor_token=made-up-token-of-another-application\n\
         &actor_token_type=urn:ietf:params:oauth:token-type:access_token",
        GOOD,
    ),
    see: &[Reason::SubjectTokenInvalid],
};

pub(super) const TOO_DEEP: ReasonRow = ReasonRow {
    word: "exchange.too_deep",
    title: "The subject token was exchanged too often",
    code: InvalidRequest,
    who: &[Developer],
    what: "The subject token has already been exchanged too often.",
    fix: "A token can be exchanged four times in a row at most. Look for services that call each other in a \
          circle, and exchange the token that came from outside instead of one that was already exchanged.",
    command: None,
    example: example(
        "# the payload of the subject token, which a fifth service wants to exchange\n\
         {\"act\": {\"sub\": \"d\", \"act\": {\"sub\": \"c\", \"act\": {\"sub\": \"b\", \"act\": {\"sub\": \"a\"}}}}, …}",
        "# the payload of the subject token\n\
         {\"act\": {\"sub\": \"b\", \"act\": {\"sub\": \"a\"}}, …}",
    ),
    see: &[Reason::SubjectTokenInvalid],
};

pub(super) const AUDIENCE_MISMATCH: ReasonRow = ReasonRow {
    word: "audience.mismatch",
    title: "The resource and the audience are different",
    code: InvalidTarget,
    who: &[Developer],
    what: "The parameters resource and audience name two different targets.",
    fix: "Name the API once, by its registered URI: as resource or as audience, which have the same meaning \
          here.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=urn:ietf:params:oauth:grant-type:token-exchange\n\
         &subject_token=gat_made-up-token\n\
         &subject_token_type=urn:ietf:params:oauth:token-type:access_token\n\
         &resource=https://api.example.com\n\
         &audience=https://payments.example.com",
        GOOD,
    ),
    see: &[Reason::ResourceSeveral, Reason::ResourceUnknown],
};
