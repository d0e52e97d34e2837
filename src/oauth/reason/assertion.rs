//! Reasons about assertions of trusted issuers in the JWT bearer grant (RFC 7523 §2.1).

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{InvalidGrant, InvalidRequest};

/// A correct token request with an assertion of an issuer.
const GOOD: &str = "POST https://id.example.com/token\n\
                    Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
                    \n\
                    grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer\n\
                    &assertion=eyJ.made-up.assertion";

pub(super) const MISSING: ReasonRow = ReasonRow {
    word: "assertion.missing",
    title: "The assertion is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The token request has no assertion.",
    fix: "Send the JWT of the issuer as assertion. The parameter client_assertion is something else: with \
          it an application authenticates itself (RFC 7523 section 2).",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer\n\
         &token=eyJ.made-up.assertion",
        GOOD,
    ),
    see: &[Reason::GrantAssertionMalformed],
};

pub(super) const MALFORMED: ReasonRow = ReasonRow {
    word: "assertion.malformed",
    title: "The assertion is not a signed JWT",
    code: InvalidGrant,
    who: &[Developer],
    what: "The assertion is not a signed JWT that names its issuer.",
    fix: "Send the token of the issuer unchanged: three parts with dots between them, not encoded a second \
          time.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer\n\
         &assertion=made-up-opaque-token",
        GOOD,
    ),
    see: &[Reason::GrantAssertionIssuer],
};

pub(super) const ISSUER: ReasonRow = ReasonRow {
    word: "assertion.issuer",
    title: "The issuer of the assertion is not trusted",
    code: InvalidGrant,
    who: &[Operator, Developer],
    what: "The issuer of the assertion is not trusted here, or not for this application.",
    fix: "Compare iss with the registered issuer byte for byte: a slash at the end counts. The operator \
          sees the issuers with grantor issuer list, and allows an application to use an issuer's tokens \
          with grantor issuer update --add-client.",
    command: Some("grantor issuer update https://idp.example.com --add-client reports"),
    example: example(
        "# the payload of the assertion; the operator trusts https://idp.example.com\n\
         {\"iss\": \"https://idp.example.com/\", \"sub\": \"248289761001\", …}",
        "# the payload of the assertion\n\
         {\"iss\": \"https://idp.example.com\", \"sub\": \"248289761001\", …}",
    ),
    see: &[Reason::GrantAssertionSignature],
};

pub(super) const SIGNATURE: ReasonRow = ReasonRow {
    word: "assertion.signature",
    title: "The signature of the assertion is wrong",
    code: InvalidGrant,
    who: &[Operator, Developer],
    what: "The assertion was not signed by a key of its issuer.",
    fix: "The issuer must sign with RS256, PS256, ES256, ES384, EdDSA or Ed25519, and name its key by kid; the typ \
          of the header must be JWT or missing. After the issuer has changed its keys, the operator \
          registers the new ones with grantor issuer update --jwks, unless the server reads them from a \
          jwks_uri.",
    command: Some("grantor issuer update https://idp.example.com --jwks keys.json"),
    example: example(
        "# signed with a key that the operator does not know yet\n\
         POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer\n\
         &assertion=eyJ.made-up.assertion-of-another-key",
        GOOD,
    ),
    see: &[Reason::GrantAssertionKeys],
};

pub(super) const KEYS: ReasonRow = ReasonRow {
    word: "assertion.keys_unavailable",
    title: "The public keys of the issuer cannot be read",
    code: InvalidGrant,
    who: &[Operator],
    what: "The public keys of the assertion's issuer could not be read from its jwks_uri.",
    fix: "The address must answer 200 with a JWK Set, by https, without a redirect, not compressed, within \
          fetch.deadline, and it must be public or allowed by fetch.allow. The operator finds the cause in the log, under \
          the request id.",
    command: Some(
        "grantor issuer update https://idp.example.com --jwks-uri https://idp.example.com/jwks.json",
    ),
    example: example(
        "# what is registered\n\
         grantor issuer update https://idp.example.com --jwks-uri https://idp.example.com/moved",
        "# what is registered\n\
         grantor issuer update https://idp.example.com --jwks-uri https://idp.example.com/jwks.json",
    ),
    see: &[Reason::ClientKeysUnavailable],
};

pub(super) const CLAIMS: ReasonRow = ReasonRow {
    word: "assertion.claims",
    title: "A claim of the assertion is missing or malformed",
    code: InvalidGrant,
    who: &[Developer],
    what: "A claim that the assertion needs is missing or has the wrong form.",
    fix: "The assertion needs iss, sub, aud and exp, and a new random value as jti each time (RFC 7523 \
          section 3). Times are numbers of seconds since 1970, not texts and not milliseconds.",
    command: None,
    example: example(
        "# the payload of the assertion\n\
         {\"iss\": \"https://idp.example.com\", \"sub\": \"248289761001\", \"aud\": \"https://id.example.com\", \"exp\": 1700000060}",
        "# the payload of the assertion\n\
         {\"iss\": \"https://idp.example.com\", \"sub\": \"248289761001\", \"aud\": \"https://id.example.com\", \"exp\": 1700000060, \
         \"jti\": \"made-up-1\"}",
    ),
    see: &[Reason::GrantAssertionReplayed],
};

pub(super) const AUDIENCE: ReasonRow = ReasonRow {
    word: "assertion.audience",
    title: "The assertion is not addressed to this server",
    code: InvalidGrant,
    who: &[Developer, Operator],
    what: "The assertion is not addressed to this server, or not to this server alone.",
    fix: "The issuer must put the issuer of this server, as written in the metadata, into aud, \
          and nothing else beside it. If it can only use the token endpoint, as older software does, the \
          operator allows that with grantor issuer update --assertion-audience token-endpoint.",
    command: Some("grantor issuer update https://idp.example.com --assertion-audience token-endpoint"),
    example: example(
        "# the payload of the assertion\n\
         {\"aud\": [\"https://id.example.com\", \"https://other.example.com\"], \"iss\": \"https://idp.example.com\", …}",
        "# the payload of the assertion\n\
         {\"aud\": \"https://id.example.com\", \"iss\": \"https://idp.example.com\", …}",
    ),
    see: &[Reason::GrantAssertionClaims],
};

pub(super) const TIMES: ReasonRow = ReasonRow {
    word: "assertion.times",
    title: "The assertion is not valid at this time",
    code: InvalidGrant,
    who: &[Developer],
    what: "The assertion has expired, is not valid yet, or lives too long.",
    fix: "Get a new assertion from its issuer for each request. It should live for a minute, and may live \
          for an hour at most. The clocks of both servers must agree to a minute.",
    command: None,
    example: example(
        "# the payload of the assertion, made at 1700000000\n\
         {\"exp\": 1700086400, \"iat\": 1700000000, \"iss\": \"https://idp.example.com\", …}",
        "# the payload of the assertion, made at 1700000000\n\
         {\"exp\": 1700000060, \"iat\": 1700000000, \"iss\": \"https://idp.example.com\", …}",
    ),
    see: &[Reason::GrantAssertionReplayed],
};

pub(super) const REPLAYED: ReasonRow = ReasonRow {
    word: "assertion.replayed",
    title: "The assertion was used before",
    code: InvalidGrant,
    who: &[Developer],
    what: "The assertion was used before.",
    fix: "Get a new assertion from its issuer for every request, including retries, and use the access \
          token until it expires.",
    command: None,
    example: example(
        "# a second time\n\
         POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer\n\
         &assertion=eyJ.made-up.assertion-that-was-used",
        GOOD,
    ),
    see: &[Reason::GrantAssertionTimes],
};

pub(super) const SUBJECT: ReasonRow = ReasonRow {
    word: "assertion.subject",
    title: "No user is linked to the subject of the assertion",
    code: InvalidGrant,
    who: &[Operator],
    what: "No user is linked to the subject of the assertion.",
    fix: "The operator links the subject to a user with grantor issuer link. A matching name or e-mail \
          address is never enough, because another person may have it at the issuer one day.",
    command: Some("grantor issuer link https://idp.example.com 248289761001 --user alice"),
    example: example(
        "# the payload of the assertion; nobody is linked to this subject\n\
         {\"sub\": \"248289761001\", \"email\": \"alice@example.com\", \"iss\": \"https://idp.example.com\", …}",
        "# before the next assertion\n\
         grantor issuer link https://idp.example.com 248289761001 --user alice",
    ),
    see: &[Reason::SubjectDisabled],
};
