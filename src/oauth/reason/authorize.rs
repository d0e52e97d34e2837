//! What an authorization request asks for, beside scopes and PKCE.

use super::Reason;
use super::Who::Developer;
use super::row::{Row, example};
use crate::oauth::error::ErrorCode::{
    InvalidRequest, RequestNotSupported, RequestUriNotSupported, UnsupportedResponseType,
};

pub(super) const RESPONSE_TYPE_MISSING: Row = Row {
    word: "response_type.missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request does not say what it wants back.",
    fix: "Add response_type=code.",
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

pub(super) const RESPONSE_TYPE_UNSUPPORTED: Row = Row {
    word: "response_type.unsupported",
    code: UnsupportedResponseType,
    who: &[Developer],
    what: "The server does not support this response type.",
    fix: "Use response_type=code with PKCE, also in a browser; tokens then come from the token endpoint. \
          The implicit and hybrid flows put tokens into URLs and are not offered (RFC 9700 section 2.1.2).",
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
    see: &[Reason::ChallengeMissing, Reason::ResponseModeUnsupported],
};

pub(super) const RESPONSE_MODE_UNSUPPORTED: Row = Row {
    word: "response_mode.unsupported",
    code: InvalidRequest,
    who: &[Developer],
    what: "The server cannot answer in this response mode.",
    fix: "Leave response_mode out, and the code comes in the query of the redirect URI; or send query, \
          fragment or form_post.",
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

pub(super) const REQUEST_OBJECT_UNSUPPORTED: Row = Row {
    word: "request_object.unsupported",
    code: RequestNotSupported,
    who: &[Developer],
    what: "The request carries a request object, which this server does not read.",
    fix: "Send the parameters themselves and leave request out. Libraries call this option request object, \
          JAR or signed request (RFC 9101).",
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &request=eyJhbGciOiJub25lIn0.eyJtYWRlIjoidXAifQ.\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::RequestUriUnsupported],
};

pub(super) const REQUEST_URI_UNSUPPORTED: Row = Row {
    word: "request_uri.unsupported",
    code: RequestUriNotSupported,
    who: &[Developer],
    what: "The request is passed by reference, which this server does not read.",
    fix: "Send the parameters themselves and leave request_uri out.",
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
    see: &[Reason::RequestObjectUnsupported],
};
