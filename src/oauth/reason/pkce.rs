//! Reasons about PKCE, the proof that the client that redeems a code is the one that requested it (RFC 7636).

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{InvalidGrant, InvalidRequest};

pub(super) const CHALLENGE_MISSING: ReasonRow = ReasonRow {
    word: "pkce.challenge_missing",
    title: "The PKCE challenge is missing",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The application must protect its code with PKCE, but sent no code_challenge.",
    fix: "Enable PKCE in the client library (method S256). For a confidential application that cannot use \
          it, the operator may register the application with --pkce off.",
    command: Some("grantor client update calendar --pkce off"),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &response_type=code\n\
         &scope=read",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &response_type=code\n\
         &scope=read\n\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\n\
         &code_challenge_method=S256",
    ),
    see: &[Reason::VerifierMissing],
};

pub(super) const CHALLENGE_METHOD: ReasonRow = ReasonRow {
    word: "pkce.method_unsupported",
    title: "The PKCE method is not S256",
    code: InvalidRequest,
    who: &[Developer],
    what: "The code_challenge_method is not S256.",
    fix: "Send code_challenge_method=S256; the method plain, which is also what a missing method means, \
          protects nothing (RFC 7636 section 7.2).",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\n\
         &code_challenge_method=plain\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\n\
         &code_challenge_method=S256\n\
         &…",
    ),
    see: &[Reason::ChallengeMalformed],
};

pub(super) const CHALLENGE_MALFORMED: ReasonRow = ReasonRow {
    word: "pkce.challenge_malformed",
    title: "The PKCE challenge is malformed",
    code: InvalidRequest,
    who: &[Developer],
    what: "The code_challenge is not the base64url form of a SHA-256.",
    fix: "Send BASE64URL(SHA256(code_verifier)) without padding: 43 characters (RFC 7636 section 4.2). \
          Usual mistakes: a digest in hexadecimal, base64 with + and /, or an = at the end.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &code_challenge=13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3\n\
         &code_challenge_method=S256\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\n\
         &code_challenge_method=S256\n\
         &…",
    ),
    see: &[Reason::VerifierMismatch],
};

pub(super) const VERIFIER_MISSING: ReasonRow = ReasonRow {
    word: "pkce.verifier_missing",
    title: "The PKCE verifier is missing",
    code: InvalidGrant,
    who: &[Developer],
    what: "The authorization request had a code_challenge, but the code was redeemed without a \
           code_verifier.",
    fix: "Keep the verifier that belongs to the challenge in the person's session, and send it as \
          code_verifier when the code comes back. The code is used up: begin the sign-in again.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &redirect_uri=https://app.example.com/callback",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &redirect_uri=https://app.example.com/callback\n\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ),
    see: &[Reason::ChallengeMissing],
};

pub(super) const VERIFIER_MALFORMED: ReasonRow = ReasonRow {
    word: "pkce.verifier_malformed",
    title: "The PKCE verifier is malformed",
    code: InvalidRequest,
    who: &[Developer],
    what: "The code_verifier has the wrong length or characters.",
    fix: "Make a verifier of 43 to 128 characters from A-Z a-z 0-9 - . _ ~ (RFC 7636 section 4.1): 32 \
          random bytes in base64url without padding are 43.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &code_verifier=too-short\n\
         &…",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\n\
         &…",
    ),
    see: &[Reason::ChallengeMalformed],
};

pub(super) const VERIFIER_MISMATCH: ReasonRow = ReasonRow {
    word: "pkce.verifier_mismatch",
    title: "The PKCE verifier does not match the challenge",
    code: InvalidGrant,
    who: &[Developer],
    what: "The code_verifier does not belong to the code_challenge of this code.",
    fix: "Check that two sign-ins in parallel do not overwrite each other's verifier: keep it under the \
          state it was sent with. Check that the challenge is the SHA-256 of the verifier's ASCII text, not \
          of its decoded bytes. The code is used up: begin the sign-in again.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &code_verifier=made-up-verifier-of-another-sign-in-in-this-browser\n\
         &…",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\n\
         &…",
    ),
    see: &[Reason::CodeReplayed],
};

pub(super) const VERIFIER_UNEXPECTED: ReasonRow = ReasonRow {
    word: "pkce.verifier_unexpected",
    title: "The PKCE verifier has no challenge",
    code: InvalidGrant,
    who: &[Developer],
    what: "A code_verifier was sent, but the authorization request had no code_challenge.",
    fix: "Send code_challenge and code_challenge_method=S256 in the authorization request, or no verifier \
          here. If your application did send a challenge, something removed it on the way: an attack, or a \
          proxy.",
    command: None,
    example: example(
        "# asked for without code_challenge\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\n\
         &…",
        "# asked for without code_challenge\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &…",
    ),
    see: &[Reason::ChallengeMissing],
};
