//! Reasons about authorization requests, except scopes, PKCE and prompts.

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{InvalidRequest, RequestUriNotSupported, UnsupportedResponseType};

pub(super) const RESPONSE_TYPE_MISSING: ReasonRow = ReasonRow {
    word: "response_type.missing",
    title: "The response type is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request does not say which response type it wants.",
    fix: "Add response_type=code.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &scope=read",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &scope=read\n\
         &response_type=code\n\
         &…",
    ),
    see: &[Reason::ResponseTypeUnsupported],
};

pub(super) const RESPONSE_TYPE_UNSUPPORTED: ReasonRow = ReasonRow {
    word: "response_type.unsupported",
    title: "The server does not support this response type",
    code: UnsupportedResponseType,
    who: &[Developer],
    what: "The server does not support this response type.",
    fix: "Use response_type=code with PKCE, also in a browser; tokens then come from the token endpoint. \
          An access token alone is never put into a URL (RFC 9700 section 2.1.2).",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=token\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\n\
         &code_challenge_method=S256\n\
         &…",
    ),
    see: &[Reason::ResponseTypeNotAllowed, Reason::ChallengeMissing],
};

pub(super) const RESPONSE_TYPE_NOT_ALLOWED: ReasonRow = ReasonRow {
    word: "response_type.not_allowed",
    title: "The application may not use this response type",
    code: UnsupportedResponseType,
    who: &[Developer, Operator],
    what: "The server supports this response type, but the application is not registered for it.",
    fix: "Use response_type=code with PKCE, which needs no special registration and keeps tokens out of \
          URLs. If the application cannot do that, the operator registers the other type: grantor client \
          update ID --response-type \"code id_token\".",
    command: Some("grantor client update calendar --response-type \"code id_token\""),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code id_token\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\n\
         &code_challenge_method=S256\n\
         &…",
    ),
    see: &[Reason::ResponseTypeUnsupported],
};

pub(super) const RESPONSE_MODE_UNSUPPORTED: ReasonRow = ReasonRow {
    word: "response_mode.unsupported",
    title: "The server does not support this response mode",
    code: InvalidRequest,
    who: &[Developer],
    what: "The server cannot answer in this response mode.",
    fix: "Leave response_mode out to get the code in the query of the redirect URI, or send query, fragment \
          or form_post.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &response_mode=web_message\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &…",
    ),
    see: &[Reason::ResponseTypeUnsupported],
};

pub(super) const RESPONSE_MODE_QUERY: ReasonRow = ReasonRow {
    word: "response_mode.query",
    title: "A token cannot be returned in the query",
    code: InvalidRequest,
    who: &[Developer],
    what: "The response contains a token, which would end up in logs if it came in the query of the \
           redirect URI.",
    fix: "Leave response_mode out to get the response in the fragment, or send form_post.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=intranet\n\
         &response_type=code id_token\n\
         &response_mode=query\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=intranet\n\
         &response_type=code id_token\n\
         &response_mode=form_post\n\
         &…",
    ),
    see: &[Reason::ResponseModeUnsupported],
};

pub(super) const NONCE_MISSING: ReasonRow = ReasonRow {
    word: "nonce.missing",
    title: "The nonce is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request asks for an ID Token through the browser, and has no nonce that binds it to this \
           sign-in.",
    fix: "Send a fresh random value as nonce with every request, and compare it with the nonce of the ID \
          Token (OpenID Connect Core section 3.2.2.1).",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=intranet\n\
         &response_type=code id_token\n\
         &scope=openid\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=intranet\n\
         &response_type=code id_token\n\
         &scope=openid\n\
         &nonce=n-0S6_WzA2Mj\n\
         &…",
    ),
    see: &[Reason::ScopeWithoutOpenid],
};

pub(super) const SCOPE_WITHOUT_OPENID: ReasonRow = ReasonRow {
    word: "scope.without_openid",
    title: "The scope openid is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request asks for an ID Token, but not for the scope openid, which is required for it.",
    fix: "Add openid to the scope.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=intranet\n\
         &response_type=code id_token\n\
         &scope=read\n\
         &nonce=n-0S6_WzA2Mj\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=intranet\n\
         &response_type=code id_token\n\
         &scope=openid read\n\
         &nonce=n-0S6_WzA2Mj\n\
         &…",
    ),
    see: &[Reason::NonceMissing, Reason::ResponseTypeNotAllowed],
};

pub(super) const REQUEST_URI_UNSUPPORTED: ReasonRow = ReasonRow {
    word: "request_uri.unsupported",
    title: "The server does not support requests by reference",
    code: RequestUriNotSupported,
    who: &[Developer],
    what: "The request_uri is an address from which the server would have to read the request, and it reads none.",
    fix: "Push the request to /par and send the browser with the request_uri of the answer, or send the parameters \
          themselves, or a signed request object in request.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &request_uri=https://app.example.com/requests/made-up\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::PushedRequestUnknown, Reason::RequestObjectMalformed],
};
