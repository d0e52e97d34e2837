//! Reasons about token requests: the grant type, the code, the refresh token.

use super::Reason;
use super::Responsible::{Developer, Operator, Person};
use super::row::{Example, ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{InvalidGrant, InvalidRequest, UnsupportedGrantType};

/// The person must sign in again.
const SIGN_IN_AGAIN: Example = example(
    "POST https://id.example.com/token\n\
     Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
     \n\
     grant_type=refresh_token\n\
     &refresh_token=grt_made-up-old-token",
    "# forget the refresh token and send the person here\n\
     GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &response_type=code\n\
     &…",
);

pub(super) const GRANT_TYPE_MISSING: ReasonRow = ReasonRow {
    word: "grant_type.missing",
    title: "The grant type is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The token request does not have a grant_type.",
    fix: "Add grant_type, for example grant_type=authorization_code, to the form in the body. The token \
          endpoint does not read the query.",
    command: None,
    example: example(
        "POST https://id.example.com/token?grant_type=client_credentials\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         Content-Type: application/x-www-form-urlencoded",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         Content-Type: application/x-www-form-urlencoded\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::RequestMediaType, Reason::GrantTypeUnsupported],
};

pub(super) const GRANT_TYPE_UNSUPPORTED: ReasonRow = ReasonRow {
    word: "grant_type.unsupported",
    title: "The server does not support this grant type",
    code: UnsupportedGrantType,
    who: &[Developer],
    what: "The server does not support this grant type.",
    fix: "Use one that grant_types_supported of the server's metadata lists. The grant password is not \
          offered on purpose: people type their password here and nowhere else (RFC 9700 section 2.4).",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=password\n\
         &username=alice\n\
         &password=made-up-password",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &…",
    ),
    see: &[Reason::ClientGrantNotAllowed],
};

pub(super) const CODE_MISSING: ReasonRow = ReasonRow {
    word: "code.missing",
    title: "The authorization code is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The token request has no code.",
    fix: "Send the code that came back to the redirect URI. If there was no code, there was an error \
          instead: handle that first.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &redirect_uri=https://app.example.com/callback",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::CodeUnknown],
};

pub(super) const CODE_UNKNOWN: ReasonRow = ReasonRow {
    word: "code.unknown",
    title: "The authorization code is unknown",
    code: InvalidGrant,
    who: &[Developer],
    what: "The code was never issued here, or ended long ago.",
    fix: "Send the code unchanged, decoded once, to the server that issued it: compare iss in the redirect \
          with the issuer of your configuration (RFC 9207).",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=made-up-code-of-another-server\n\
         &…",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &…",
    ),
    see: &[Reason::CodeExpired],
};

pub(super) const CODE_EXPIRED: ReasonRow = ReasonRow {
    word: "code.expired",
    title: "The authorization code has expired",
    code: InvalidGrant,
    who: &[Developer],
    what: "The code was too old when it was redeemed.",
    fix: "Redeem a code at once, before anything else; it lives for a minute at most. If a code waited in a \
          queue or a debugger, begin the sign-in again.",
    command: None,
    example: example(
        "# two minutes after the redirect\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &…",
        "# in the same second as the redirect\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &…",
    ),
    see: &[Reason::CodeReplayed, Reason::CodeUnknown],
};

pub(super) const CODE_REPLAYED: ReasonRow = ReasonRow {
    word: "code.replayed",
    title: "The authorization code was used twice",
    code: InvalidGrant,
    who: &[Developer],
    what: "The code had been redeemed before; everything issued from it has been revoked.",
    fix: "Redeem a code exactly once. A page that is loaded twice or a retry after a time-out is the usual \
          cause: after the redirect, send the browser on to an address without the code. Begin the sign-in \
          again.",
    command: None,
    example: example(
        "# the callback page is loaded a second time\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code-that-was-used\n\
         &…",
        "# a new sign-in, and its new code\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &…",
    ),
    see: &[Reason::CodeRefusedBefore, Reason::RefreshTokenRevoked],
};

pub(super) const CODE_REFUSED_BEFORE: ReasonRow = ReasonRow {
    word: "code.refused_before",
    title: "The authorization code was refused before",
    code: InvalidGrant,
    who: &[Developer],
    what: "An earlier request with this code was refused and used the code up. Nothing was issued from it.",
    fix: "The answer to the first request has the cause, for example a wrong redirect_uri or code_verifier, or \
          a code that had expired: fix that. A code can be tried once only, so that no one can guess the \
          verifier. Begin the sign-in again.",
    command: None,
    example: example(
        "# after a first request with another redirect_uri\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code-that-was-tried\n\
         &redirect_uri=https://calendar.example.com/callback\n\
         &…",
        "# a new sign-in, and its new code\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &redirect_uri=https://calendar.example.com/callback\n\
         &…",
    ),
    see: &[Reason::CodeRedirectUri, Reason::VerifierMismatch],
};

pub(super) const CODE_WRONG_CLIENT: ReasonRow = ReasonRow {
    word: "code.wrong_client",
    title: "The authorization code belongs to another application",
    code: InvalidGrant,
    who: &[Developer],
    what: "The code was issued to another application.",
    fix: "Redeem it with the client_id that requested it. If your application never mixes two client_ids, \
          an attacker may have given it a code of another application: drop it.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         \n\
         grant_type=authorization_code\n\
         &client_id=notes-spa\n\
         &code=gac_made-up-code-for-calendar\n\
         &…",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code-for-calendar\n\
         &…",
    ),
    see: &[Reason::RefreshTokenWrongClient],
};

pub(super) const CODE_REDIRECT_URI: ReasonRow = ReasonRow {
    word: "code.redirect_uri_mismatch",
    title: "The redirect URI is not that of the authorization request",
    code: InvalidGrant,
    who: &[Developer],
    what: "The redirect_uri is not the one of the authorization request.",
    fix: "Send the same redirect_uri as in the authorization request, byte for byte (RFC 6749 section \
          4.1.3). It is only compared; the token endpoint does not redirect.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &redirect_uri=https://app.example.com/\n\
         &…",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::RedirectUriPath],
};

pub(super) const REFRESH_TOKEN_MISSING: ReasonRow = ReasonRow {
    word: "refresh_token.missing",
    title: "The refresh token is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The token request has no refresh_token.",
    fix: "Send the refresh token of the last token response. Only applications that are registered for the \
          grant refresh_token get one.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token",
    ),
    see: &[Reason::ClientGrantNotAllowed],
};

pub(super) const REFRESH_TOKEN_UNKNOWN: ReasonRow = ReasonRow {
    word: "refresh_token.unknown",
    title: "The refresh token is unknown",
    code: InvalidGrant,
    who: &[Developer],
    what: "The refresh token was never issued here, or ended long ago.",
    fix: "Send the newest refresh token, unchanged: every refresh replaces it. An access token is not a \
          refresh token; look at the first letters.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=gat_made-up-access-token",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token",
    ),
    see: &[Reason::RefreshTokenReused],
};

pub(super) const REFRESH_TOKEN_EXPIRED: ReasonRow = ReasonRow {
    word: "refresh_token.expired",
    title: "The refresh token has expired",
    code: InvalidGrant,
    who: &[Developer, Person],
    what: "The refresh token was not used for too long, or its authorization has reached its end.",
    fix: "Send the person through sign-in again. An application that must work without a person uses \
          client_credentials in its own name.",
    command: None,
    example: SIGN_IN_AGAIN,
    see: &[Reason::RefreshTokenRevoked],
};

pub(super) const REFRESH_TOKEN_REUSED: ReasonRow = ReasonRow {
    word: "refresh_token.reused",
    title: "The refresh token was used twice",
    code: InvalidGrant,
    who: &[Developer],
    what: "The refresh token had been replaced before; the whole chain has been revoked (RFC 9700 section \
           4.14).",
    fix: "Store each new refresh token before you use the access token that came with it, and refresh from \
          one place at a time. If your application already does so, the token may have been stolen. In \
          either case send the person through sign-in again.",
    command: None,
    example: example(
        "# a second time, although the first answer held grt_made-up-token-2\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token-1",
        "# the token of the last answer\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token-2",
    ),
    see: &[Reason::CodeReplayed],
};

pub(super) const REFRESH_TOKEN_REVOKED: ReasonRow = ReasonRow {
    word: "refresh_token.revoked",
    title: "The refresh token has been revoked",
    code: InvalidGrant,
    who: &[Developer, Person],
    what: "The authorization that the refresh token belongs to has been revoked.",
    fix: "Send the person through sign-in again. If it was not revoked on purpose, look in your log for \
          code.replayed or refresh_token.reused shortly before: these revoke, too.",
    command: None,
    example: SIGN_IN_AGAIN,
    see: &[Reason::RefreshTokenReused, Reason::CodeReplayed],
};

pub(super) const REFRESH_TOKEN_WRONG_CLIENT: ReasonRow = ReasonRow {
    word: "refresh_token.wrong_client",
    title: "The refresh token belongs to another application",
    code: InvalidGrant,
    who: &[Developer],
    what: "The refresh token was issued to another application.",
    fix: "Send it with the client_id that it was issued to. Applications cannot share refresh tokens, even \
          if one company makes them.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         \n\
         grant_type=refresh_token\n\
         &client_id=notes-spa\n\
         &refresh_token=grt_made-up-token-for-calendar",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token-for-calendar",
    ),
    see: &[Reason::CodeWrongClient],
};

pub(super) const SUBJECT_DISABLED: ReasonRow = ReasonRow {
    word: "subject.disabled",
    title: "The account of the person is disabled",
    code: InvalidGrant,
    who: &[Operator],
    what: "The person's account is disabled at present.",
    fix: "End the session of this person in your application. The operator knows why the account was \
          disabled; trying again does not help.",
    command: Some("grantor user enable alice"),
    example: example(
        "# every minute\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token",
        "# end the person's session in the application, and say that the account is switched off\n\
         HTTP/1.1 302 Found\n\
         Location: https://app.example.com/account-switched-off",
    ),
    see: &[Reason::UserDisabled],
};

pub(super) const TOKEN_MISSING: ReasonRow = ReasonRow {
    word: "token.missing",
    title: "The token is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request to /introspect or /revoke has no token.",
    fix: "Send the access or refresh token as token in the form; the Authorization header is for the \
          client's own credentials.",
    command: None,
    example: example(
        "POST https://id.example.com/introspect\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         access_token=gat_made-up-token",
        "POST https://id.example.com/introspect\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         token=gat_made-up-token",
    ),
    see: &[Reason::BearerMissing],
};

pub(super) const SUBJECT_GROUP: ReasonRow = ReasonRow {
    word: "subject.group_missing",
    title: "The person has left a required group",
    code: InvalidGrant,
    who: &[Operator],
    what: "The person has left a group that the application or a scope requires.",
    fix: "Request a token without the scope, if only the scope requires the group; otherwise end the \
          session of this person in your application. The operator decides who is in the group.",
    command: Some("grantor user update alice --add-group payers"),
    example: example(
        "# granted: read pay; the person has left the group that pay is for\n\
         POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token\n\
         &scope=read",
    ),
    see: &[Reason::UserGroup],
};
