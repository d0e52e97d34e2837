//! What is offered for another token (RFC 8693).

use super::Reason;
use super::Who::{Developer, Operator};
use super::row::{Row, example};
use crate::oauth::error_code::ErrorCode::{InvalidRequest, InvalidTarget};

/// A token request that exchanges a token.
const GOOD: &str = "POST https://id.example.com/token\n\
                    Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
                    \n\
                    grant_type=urn:ietf:params:oauth:grant-type:token-exchange\n\
                    &subject_token=gat_made-up-token\n\
                    &subject_token_type=urn:ietf:params:oauth:token-type:access_token";

pub(super) const SUBJECT_MISSING: Row = Row {
    word: "subject_token.missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The token request does not say which token it offers for another one.",
    fix: "Send the token that your application was called with as subject_token, and its type beside it (RFC 8693 section \
          2.1). Your own credentials stand in the Authorization header as ever.",
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

pub(super) const TOKEN_TYPE: Row = Row {
    word: "token_type.unsupported",
    code: InvalidRequest,
    who: &[Developer],
    what: "A type of token is missing, or is none that is exchanged here.",
    fix: "The types are urn:ietf:params:oauth:token-type:access_token and urn:ietf:params:oauth:token-type:jwt, for what \
          comes and for what goes. A jwt goes only for APIs whose tokens are JWTs; a refresh token or an ID Token is never \
          exchanged.",
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

pub(super) const SUBJECT_INVALID: Row = Row {
    word: "subject_token.invalid",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The subject token is not good at present, or not one that this application may exchange.",
    fix: "It has not expired and was not revoked; and it was issued to your application, or names it by may_act, or, where \
          it names nobody, is for an API that your application serves. The operator finds the cause with grantor token \
          inspect, and lets an application serve an API with grantor resource update --client.",
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

pub(super) const SUBJECT_FOREIGN: Row = Row {
    word: "subject_token.foreign",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The subject token is of an issuer that is trusted here, but is not good for an exchange.",
    fix: "The description says what is wrong. It is for this server alone, as one string in aud, lives an hour at the most, \
          is signed by a key of its issuer, and is about somebody whom the operator has linked with grantor issuer link.",
    example: example(
        "# the payload of the subject token\n\
         {\"iss\": \"https://idp.example.com\", \"sub\": \"248289761001\", \"aud\": [\"https://id.example.com\", \"calendar\"], …}",
        "# the payload of the subject token\n\
         {\"iss\": \"https://idp.example.com\", \"sub\": \"248289761001\", \"aud\": \"https://id.example.com\", …}",
    ),
    see: &[Reason::GrantAssertionAudience, Reason::GrantAssertionSignature],
};

pub(super) const ACTOR_INVALID: Row = Row {
    word: "actor_token.invalid",
    code: InvalidRequest,
    who: &[Developer],
    what: "The actor token is not good at present, or was not issued to this application.",
    fix: "Send an access token that your application itself got from this server, with actor_token_type; or leave both out: \
          then your application is the actor.",
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

pub(super) const TOO_DEEP: Row = Row {
    word: "exchange.too_deep",
    code: InvalidRequest,
    who: &[Developer],
    what: "The subject token has been exchanged too often before.",
    fix: "Four exchanges follow one another at the most. Look for services that call each other in a circle, and exchange \
          the token that came from outside rather than one that was exchanged already.",
    example: example(
        "# the payload of the subject token, which a fifth service wants to exchange\n\
         {\"act\": {\"sub\": \"d\", \"act\": {\"sub\": \"c\", \"act\": {\"sub\": \"b\", \"act\": {\"sub\": \"a\"}}}}, …}",
        "# the payload of the subject token\n\
         {\"act\": {\"sub\": \"b\", \"act\": {\"sub\": \"a\"}}, …}",
    ),
    see: &[Reason::SubjectTokenInvalid],
};

pub(super) const AUDIENCE_MISMATCH: Row = Row {
    word: "audience.mismatch",
    code: InvalidTarget,
    who: &[Developer],
    what: "The parameters resource and audience name two different targets.",
    fix: "Name the API once, by the URI that the operator registered it under: as resource or as audience, which mean the \
          same here.",
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
