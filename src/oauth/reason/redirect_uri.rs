//! Reasons about the redirect URI. These errors are shown on a page and never sent by redirect.

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::InvalidRequest;

pub(super) const MISSING: ReasonRow = ReasonRow {
    word: "redirect_uri.missing",
    title: "The redirect URI is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request does not say where to return to.",
    fix: "Add the redirect_uri parameter with an address that is registered for the application. This \
          server requires it even if only one is registered.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &scope=read",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &scope=read\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::RedirectUriNoneRegistered],
};

pub(super) const REPEATED: ReasonRow = ReasonRow {
    word: "redirect_uri.repeated",
    title: "The redirect URI was sent more than once",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request contains redirect_uri more than once.",
    fix: "Send redirect_uri once. Look for a library that adds it to a URL that already has it.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &redirect_uri=https://app.example.com/\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::ParameterRepeated],
};

pub(super) const NONE_REGISTERED: ReasonRow = ReasonRow {
    word: "redirect_uri.none_registered",
    title: "The application has no redirect URI",
    code: InvalidRequest,
    who: &[Operator, Developer],
    what: "The application has no registered return address.",
    fix: "Ask the operator to register the full address. Applications of the kind service have no return \
          addresses on purpose: they do not send people here, but get tokens by client_credentials.",
    command: Some("grantor client update calendar --add-redirect-uri https://app.example.com/callback"),
    example: example(
        "# registered: no redirect URI\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::RedirectUriMissing, Reason::ClientGrantNotAllowed],
};

pub(super) const MALFORMED: ReasonRow = ReasonRow {
    word: "redirect_uri.malformed",
    title: "The redirect URI is malformed",
    code: InvalidRequest,
    who: &[Developer],
    what: "The return address is not an absolute address, or is not written as it was registered.",
    fix: "Send the full address, with scheme and host, percent-encoded once. Another spelling of the \
          registered address, such as capitals in the host or an explicit default port, is not accepted.",
    command: None,
    example: example(
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=/callback\n\
         &…",
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::RedirectUriPath],
};

pub(super) const SCHEME: ReasonRow = ReasonRow {
    word: "redirect_uri.scheme_mismatch",
    title: "The redirect URI has a different scheme",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The return address differs from the registered one in its scheme.",
    fix: "Send the registered address, or register the one that the application really uses; http and https \
          are different addresses. Behind a proxy that terminates TLS, tell the framework that it is \
          reached by https.",
    command: Some("grantor client update calendar --add-redirect-uri https://app.example.com/callback"),
    example: example(
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=http://app.example.com/callback\n\
         &…",
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::RedirectUriPort],
};

pub(super) const HOST: ReasonRow = ReasonRow {
    word: "redirect_uri.host_mismatch",
    title: "The redirect URI has a different host",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The return address differs from the registered ones in its host.",
    fix: "Send the registered address, or register the address of this host, too: each environment has its \
          own. www.app.example.com is another host than app.example.com, and localhost another than \
          127.0.0.1.",
    command: Some("grantor client update calendar --add-redirect-uri https://www.app.example.com/callback"),
    example: example(
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://www.app.example.com/callback\n\
         &…",
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::RedirectUriScheme],
};

pub(super) const PORT: ReasonRow = ReasonRow {
    word: "redirect_uri.port_mismatch",
    title: "The redirect URI has a different port",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The return address differs from the registered one in its port.",
    fix: "Register the port that the application uses. Only native applications may use any port, and only \
          on the loopback address (RFC 8252 section 7.3).",
    command: Some("grantor client update calendar --add-redirect-uri https://app.example.com:8443/callback"),
    example: example(
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com:8443/callback\n\
         &…",
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::RedirectUriHost],
};

pub(super) const PATH: ReasonRow = ReasonRow {
    word: "redirect_uri.path_mismatch",
    title: "The redirect URI has a different path",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The return address differs from the registered one in its path.",
    fix: "Compare the two byte by byte: case, a trailing slash and percent-encoding all count.",
    command: Some("grantor client update calendar --add-redirect-uri https://app.example.com/callback/"),
    example: example(
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback/\n\
         &…",
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::RedirectUriQuery],
};

pub(super) const QUERY: ReasonRow = ReasonRow {
    word: "redirect_uri.query_mismatch",
    title: "The redirect URI has a different query",
    code: InvalidRequest,
    who: &[Developer],
    what: "The return address differs from the registered one in its query.",
    fix: "Keep what changes from request to request in the state parameter, not in the return address; \
          state comes back unchanged.",
    command: None,
    example: example(
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback?order=1234\n\
         &…",
        "# registered: https://app.example.com/callback\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &redirect_uri=https://app.example.com/callback\n\
         &state=made-up-reference-to-order-1234\n\
         &…",
    ),
    see: &[Reason::RedirectUriPath],
};
