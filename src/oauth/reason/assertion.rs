//! What a trusted issuer signed about a person, offered for a token (RFC 7523 §2.1).

use super::Reason;
use super::Who::{Developer, Operator};
use super::row::{Row, example};
use crate::oauth::error_code::ErrorCode::{InvalidGrant, InvalidRequest};

/// A token request that brings what an issuer signed.
const GOOD: &str = "POST https://id.example.com/token\n\
                    Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
                    \n\
                    grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer\n\
                    &assertion=eyJ.made-up.assertion";

pub(super) const MISSING: Row = Row {
    word: "assertion.missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The token request has no assertion.",
    fix: "Send the JWT of the issuer as assertion; client_assertion is another thing, by which an application proves who \
          it is itself (RFC 7523 section 2).",
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

pub(super) const MALFORMED: Row = Row {
    word: "assertion.malformed",
    code: InvalidGrant,
    who: &[Developer],
    what: "The assertion is no signed JWT that names its issuer.",
    fix: "Send the token of the issuer unchanged, in its compact form of three parts with dots between them, and not \
          encoded once more.",
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

pub(super) const ISSUER: Row = Row {
    word: "assertion.issuer",
    code: InvalidGrant,
    who: &[Operator, Developer],
    what: "The issuer of the assertion is not trusted here, or not with this application.",
    fix: "Compare iss with what the operator has registered, byte for byte: a slash at the end counts. The operator finds \
          it with grantor issuer list, and lets an application bring its tokens with grantor issuer update --client.",
    example: example(
        "# the payload of the assertion; the operator trusts https://idp.example.com\n\
         {\"iss\": \"https://idp.example.com/\", \"sub\": \"248289761001\", …}",
        "# the payload of the assertion\n\
         {\"iss\": \"https://idp.example.com\", \"sub\": \"248289761001\", …}",
    ),
    see: &[Reason::GrantAssertionSignature],
};

pub(super) const SIGNATURE: Row = Row {
    word: "assertion.signature",
    code: InvalidGrant,
    who: &[Operator, Developer],
    what: "The assertion was not signed by a key of its issuer.",
    fix: "The issuer signs with RS256, PS256, ES256, ES384 or EdDSA, and names its key as kid; the typ of the header is JWT \
          or is not there. After a change of keys the operator brings the new ones with grantor issuer update --jwks, \
          unless they stand at a jwks_uri.",
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

pub(super) const KEYS: Row = Row {
    word: "assertion.keys_unavailable",
    code: InvalidGrant,
    who: &[Operator],
    what: "The public keys of the assertion's issuer could not be read from its jwks_uri.",
    fix: "The address must answer 200 with a JWK Set, by https, without a redirect, within the time of fetch.deadline, and \
          be public or named by fetch.allow. The operator finds the cause in the log, under the request id.",
    example: example(
        "# what is registered\n\
         grantor issuer update https://idp.example.com --jwks-uri https://idp.example.com/moved",
        "# what is registered\n\
         grantor issuer update https://idp.example.com --jwks-uri https://idp.example.com/jwks.json",
    ),
    see: &[Reason::ClientKeysUnavailable],
};

pub(super) const CLAIMS: Row = Row {
    word: "assertion.claims",
    code: InvalidGrant,
    who: &[Developer],
    what: "The assertion lacks a claim that it needs, or has it in another form.",
    fix: "It says iss, sub, aud and exp, and a new random value as jti each time (RFC 7523 section 3).",
    example: example(
        "# the payload of the assertion\n\
         {\"iss\": \"https://idp.example.com\", \"sub\": \"248289761001\", \"aud\": \"https://id.example.com\", \"exp\": 1700000060}",
        "# the payload of the assertion\n\
         {\"iss\": \"https://idp.example.com\", \"sub\": \"248289761001\", \"aud\": \"https://id.example.com\", \"exp\": 1700000060, \
         \"jti\": \"made-up-1\"}",
    ),
    see: &[Reason::GrantAssertionReplayed],
};

pub(super) const AUDIENCE: Row = Row {
    word: "assertion.audience",
    code: InvalidGrant,
    who: &[Developer, Operator],
    what: "The assertion is not for this server, or not for it alone.",
    fix: "Have the issuer put the issuer of this server, as its metadata writes it, into aud: as one string, not in a list. \
          Where the issuer insists on the token endpoint, the operator allows that with grantor issuer update \
          --assertion-audience token-endpoint.",
    example: example(
        "# the payload of the assertion\n\
         {\"aud\": [\"https://id.example.com\", \"https://other.example.com\"], \"iss\": \"https://idp.example.com\", …}",
        "# the payload of the assertion\n\
         {\"aud\": \"https://id.example.com\", \"iss\": \"https://idp.example.com\", …}",
    ),
    see: &[Reason::GrantAssertionClaims],
};

pub(super) const TIMES: Row = Row {
    word: "assertion.times",
    code: InvalidGrant,
    who: &[Developer],
    what: "The assertion has expired, has not begun, or lives too long.",
    fix: "Fetch a new one from its issuer for each request: it lives a minute, an hour at the most, and the clocks of both \
          servers agree to a minute.",
    example: example(
        "# the payload of the assertion, made at 1700000000\n\
         {\"exp\": 1700086400, \"iat\": 1700000000, \"iss\": \"https://idp.example.com\", …}",
        "# the payload of the assertion, made at 1700000000\n\
         {\"exp\": 1700000060, \"iat\": 1700000000, \"iss\": \"https://idp.example.com\", …}",
    ),
    see: &[Reason::GrantAssertionReplayed],
};

pub(super) const REPLAYED: Row = Row {
    word: "assertion.replayed",
    code: InvalidGrant,
    who: &[Developer],
    what: "The assertion was used before.",
    fix: "Fetch a new one from its issuer for every request, a retry included, and use the access token until it expires.",
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

pub(super) const SUBJECT: Row = Row {
    word: "assertion.subject",
    code: InvalidGrant,
    who: &[Operator],
    what: "Nobody here is linked to the subject of the assertion.",
    fix: "The operator says whom the issuer means, with grantor issuer link; a name or an e-mail address of the token is \
          never enough, as it may be somebody else's there one day.",
    example: example(
        "# the payload of the assertion; nobody is linked to this subject\n\
         {\"sub\": \"248289761001\", \"email\": \"alice@example.com\", \"iss\": \"https://idp.example.com\", …}",
        "# before the next assertion\n\
         grantor issuer link https://idp.example.com 248289761001 --user alice",
    ),
    see: &[Reason::SubjectDisabled],
};
