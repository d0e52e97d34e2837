//! Reasons about the parameter `claims` (OpenID Connect Core §5.5).

use super::Reason;
use super::Responsible::Developer;
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{InvalidRequest, UnmetAuthenticationRequirements};

pub(super) const MALFORMED: ReasonRow = ReasonRow {
    word: "claims.malformed",
    title: "The parameter claims is malformed",
    code: InvalidRequest,
    who: &[Developer],
    what: "The value of the parameter claims does not have the required JSON form.",
    fix: "Send an object with the members userinfo and id_token. Each is an object of claims; the value of \
          a claim is null, or an object with essential, value or values (OpenID Connect Core section 5.5). \
          In a URL it must be percent-encoded.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &claims={\"userinfo\":[\"email\"]}\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &claims={\"userinfo\":{\"email\":null}}\n\
         &…",
    ),
    see: &[Reason::AcrUnmet, Reason::ScopeMalformed],
};

pub(super) const ACR_UNMET: ReasonRow = ReasonRow {
    word: "acr.unmet",
    title: "The required way of signing in is not offered here",
    code: UnmetAuthenticationRequirements,
    who: &[Developer],
    what: "The request requires a way of signing in that this server does not have.",
    fix: "Request a value that acr_values_supported in the server's metadata lists, or leave essential out: \
          the ID Token then says how the person signed in.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &claims={\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"2\"}}}\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &claims={\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"1\"}}}\n\
         &…",
    ),
    see: &[Reason::ClaimsMalformed],
};
