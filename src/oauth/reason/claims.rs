//! What an application asks to be told.

use super::Reason;
use super::Who::Developer;
use super::row::{Row, example};
use crate::oauth::error_code::ErrorCode::{InvalidRequest, UnmetAuthenticationRequirements};

pub(super) const MALFORMED: Row = Row {
    word: "claims.malformed",
    code: InvalidRequest,
    who: &[Developer],
    what: "The parameter claims is not the JSON that it should be.",
    fix: "Send an object with the members userinfo and id_token, each an object of claims; beside a claim's name \
          stands null, or an object with essential, value or values (OpenID Connect Core section 5.5). In a URL \
          it is percent-encoded.",
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

pub(super) const ACR_UNMET: Row = Row {
    word: "acr.unmet",
    code: UnmetAuthenticationRequirements,
    who: &[Developer],
    what: "The request insists on a way of signing in that this server does not have.",
    fix: "Ask for a value that acr_values_supported in the server's metadata lists, or leave essential out: the \
          ID Token then says which way it was.",
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
