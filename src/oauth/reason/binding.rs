//! Reasons about tokens and codes that are bound to a key (RFC 9449) or to a certificate (RFC 8705).

use super::Reason;
use super::Responsible::Developer;
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{InvalidGrant, InvalidToken};

pub(super) const MISMATCH: ReasonRow = ReasonRow {
    word: "binding.mismatch",
    title: "The code or refresh token is bound to another key",
    code: InvalidGrant,
    who: &[Developer],
    what: "The code or the refresh token is bound to a key or a certificate, and the request does not prove that its \
           sender has it.",
    fix: "Send the DPoP header with a proof that the same key has signed, or connect with the same certificate. A public \
          application keeps its key as long as its refresh token; if the key is lost, the person signs in again.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         DPoP: eyJ.made-up-proof-by-a-new-key\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token\n\
         &client_id=calendar",
        "POST https://id.example.com/token\n\
         DPoP: eyJ.made-up-proof-by-the-first-key\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token\n\
         &client_id=calendar",
    ),
    see: &[Reason::BearerBound],
};

pub(super) const BOUND: ReasonRow = ReasonRow {
    word: "bearer.bound",
    title: "The access token is bound to a key",
    code: InvalidToken,
    who: &[Developer],
    what: "The access token is bound to a key or a certificate, and the request does not prove that its sender has it.",
    fix: "If the token_type of the token response was DPoP, send the token with the scheme DPoP and a DPoP header whose \
          proof the same key has signed. If the application authenticates with a certificate, connect with it here, too.",
    command: None,
    example: example(
        "GET https://id.example.com/userinfo\n\
         Authorization: Bearer gat_made-up-token",
        "GET https://id.example.com/userinfo\n\
         Authorization: DPoP gat_made-up-token\n\
         DPoP: eyJ.made-up-proof",
    ),
    see: &[Reason::BindingMismatch],
};

pub(super) const UNBOUND: ReasonRow = ReasonRow {
    word: "bearer.unbound",
    title: "The access token is not bound to a key",
    code: InvalidToken,
    who: &[Developer],
    what: "The request presents the access token with the scheme DPoP, and the token is not bound to a key.",
    fix: "Send the token with the scheme that the token response named in token_type. For a token that is bound to a key, \
          send the DPoP header in the token request as well.",
    command: None,
    example: example(
        "GET https://id.example.com/userinfo\n\
         Authorization: DPoP gat_made-up-token\n\
         DPoP: eyJ.made-up-proof",
        "GET https://id.example.com/userinfo\n\
         Authorization: Bearer gat_made-up-token",
    ),
    see: &[Reason::BearerBound],
};
