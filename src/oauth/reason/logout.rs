//! Reasons about the end of sessions, at the logout endpoint and for codes of ended sessions, and about ID Token hints.

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{InvalidGrant, InvalidRequest};

/// A correct request that ends the session and returns to the application.
const GOOD: &str = "GET https://id.example.com/logout\n\
                    ?client_id=calendar\n\
                    &post_logout_redirect_uri=https://app.example.com/goodbye";

pub(super) const SESSION_ENDED: ReasonRow = ReasonRow {
    word: "session.ended",
    title: "The session of the person has ended",
    code: InvalidGrant,
    who: &[Developer],
    what: "The session in which the person allowed this has ended: before the code was redeemed, or since. Only what has \
           the scope offline_access outlives its session.",
    fix: "The person has signed out, the session was not used for too long or reached its end, or the operator ended it. \
          Treat the person as signed out, and begin again at a click. An application that must work without the person \
          requests offline_access.",
    command: None,
    example: example(
        "# after the person has signed out\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &…",
        "# send the person here at the next click\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &…",
    ),
    see: &[Reason::CodeExpired, Reason::RefreshTokenRevoked],
};

pub(super) const HINT_INVALID: ReasonRow = ReasonRow {
    word: "id_token_hint.invalid",
    title: "The id_token_hint is not valid",
    code: InvalidRequest,
    who: &[Developer],
    what: "The id_token_hint is not an ID Token of this server.",
    fix: "Send the id_token of the token response, whole and unchanged; it may have expired. An access \
          token does not work, and neither does an ID Token whose key was retired. Without the hint, the \
          server asks the person.",
    command: None,
    example: example(
        "GET https://id.example.com/logout\n\
         ?id_token_hint=gat_made-up-token",
        GOOD,
    ),
    see: &[Reason::HintOtherClient],
};

pub(super) const HINT_OTHER_CLIENT: ReasonRow = ReasonRow {
    word: "id_token_hint.other_client",
    title: "The id_token_hint belongs to another application",
    code: InvalidRequest,
    who: &[Developer],
    what: "The id_token_hint was issued to another client than the one of the request.",
    fix: "Keep the ID Tokens of different clients apart, and send the client_id that is in aud, or leave it \
          out.",
    command: None,
    example: example(
        "# with an ID Token whose aud is another client\n\
         GET https://id.example.com/logout\n\
         ?client_id=calendar\n\
         &id_token_hint=…",
        "GET https://id.example.com/logout\n\
         ?id_token_hint=…",
    ),
    see: &[Reason::HintInvalid],
};

pub(super) const CLIENT_MISSING: ReasonRow = ReasonRow {
    word: "logout.client_missing",
    title: "The sign-out request does not name its application",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request has an address to go to after the sign-out, but does not say which application it \
           belongs to.",
    fix: "Add client_id, or the ID Token as id_token_hint: the server only redirects to registered \
          addresses.",
    command: None,
    example: example(
        "GET https://id.example.com/logout\n\
         ?post_logout_redirect_uri=https://app.example.com/goodbye",
        GOOD,
    ),
    see: &[Reason::LogoutRedirectUri],
};

pub(super) const REDIRECT_URI: ReasonRow = ReasonRow {
    word: "logout.redirect_uri",
    title: "The address after the sign-out is not registered",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The address to go to after the sign-out is not registered for this client.",
    fix: "Compare post_logout_redirect_uri with the registered addresses byte for byte; only the port of a native \
          application's loopback address may differ. The operator adds one with grantor client update \
          --add-post-logout-redirect-uri.",
    command: Some(
        "grantor client update calendar --add-post-logout-redirect-uri https://app.example.com/goodbye/",
    ),
    example: example(
        "GET https://id.example.com/logout\n\
         ?client_id=calendar\n\
         &post_logout_redirect_uri=https://app.example.com/goodbye/",
        GOOD,
    ),
    see: &[Reason::RedirectUriPath],
};
