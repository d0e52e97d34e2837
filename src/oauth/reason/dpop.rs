//! Reasons about DPoP proofs (RFC 9449).

use super::Reason;
use super::Responsible::Developer;
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::InvalidDpopProof;

pub(super) const REPLAYED: ReasonRow = ReasonRow {
    word: "dpop.replayed",
    title: "The DPoP proof was used before",
    code: InvalidDpopProof,
    who: &[Developer],
    what: "A request with this proof has been answered already.",
    fix: "Sign a new proof for each request, with a jti that is new each time. That also holds when a request is sent \
          again because its answer was lost.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         DPoP: eyJ.made-up-proof-of-the-last-request\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         DPoP: eyJ.made-up-new-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::BindingMismatch],
};
