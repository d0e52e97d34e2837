//! Cookies and form checks: the session cookie, a cookie for each flow, and the origin of forms.

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{self, HeaderMap};

use super::call::Request;
use crate::app::App;
use crate::clock::Timestamp;
use crate::oauth::error::OAuthError;
use crate::oauth::id::FlowId;
use crate::oauth::identity::guessing::BROWSER_KNOWN_FOR;
use crate::oauth::identity::known_browser;
use crate::oauth::reason::Reason;

/// The maximum number of accounts in one browser; the oldest sign-in is dropped.
pub const ACCOUNTS: usize = 5;
/// Does not occur in tokens.
const BETWEEN_TOKENS: char = '.';
/// The maximum length of a token in bytes.
const MAX_TOKEN_LENGTH: usize = 64;
/// The maximum length in bytes of the value that makes a browser known for one account.
const MAX_KNOWN_LENGTH: usize = 256;
/// The maximum number of flow cookies in one browser; the oldest are dropped.
const FLOWS: usize = 8;

fn is_secure(app: &App) -> bool {
    app.issuer.starts_with("https:")
}

/// Uses the prefix `__Host-` where the browser accepts it; on plain http a browser would drop such a cookie.
fn name(app: &App, base: &str) -> String {
    if is_secure(app) { format!("__Host-grantor-{base}") } else { format!("grantor-{base}") }
}

fn cookie(app: &App, name: String, value: String) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .secure(is_secure(app))
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish()
}

/// The tokens in the session cookie without repetitions, the most recent sign-in first; limited, whatever the browser
/// sends.
pub fn session_tokens(app: &App, request: &Request) -> Vec<String> {
    let name = name(app, "session");
    let value = cookies(request.headers()).find(|(key, _)| *key == name).map_or("", |(_, value)| value);
    let mut tokens: Vec<String> = Vec::new();
    for token in value.split(BETWEEN_TOKENS).filter(|token| !token.is_empty()).take(ACCOUNTS) {
        if !tokens.iter().any(|known| known == token) {
            tokens.push(token.to_owned());
        }
    }
    tokens
}

/// The cookie with the session tokens; without tokens it deletes the cookie.
///
/// It lives as long as the browser runs; the server decides when sessions end.
pub fn session_cookie(app: &App, tokens: &[String]) -> Cookie<'static> {
    let cookie = cookie(app, name(app, "session"), tokens.join(&BETWEEN_TOKENS.to_string()));
    if tokens.is_empty() { removal(cookie) } else { cookie }
}

fn removal(mut cookie: Cookie<'static>) -> Cookie<'static> {
    cookie.set_max_age(CookieDuration::ZERO);
    cookie
}

/// The cookie that binds a flow to the browser in which it began.
pub fn new_flow_cookie(app: &App, flow: &FlowId, value: &str, now: Timestamp) -> Cookie<'static> {
    let lifetime = app.config.sign_in.flow_lifetime.seconds() * 2;
    // The value begins with the time, so that the oldest cookies can be found.
    let mut cookie = cookie(app, flow_cookie_name(app, flow), format!("{}.{value}", now.as_unix()));
    cookie.set_max_age(CookieDuration::seconds(lifetime.as_i64()));
    cookie
}

fn flow_cookie_name(app: &App, flow: &FlowId) -> String {
    name(app, &format!("flow-{flow}"))
}

/// The cookie of a browser in which somebody types device codes.
pub fn device_cookie(app: &App, token: String) -> Cookie<'static> {
    cookie(app, name(app, "device"), token)
}

/// The token in this cookie, if it has the form of ours.
pub fn device_token(app: &App, request: &Request) -> Option<String> {
    let name = name(app, "device");
    let (_, token) = cookies(request.headers()).find(|(key, _)| *key == name)?;
    (token.len() <= MAX_TOKEN_LENGTH && !token.is_empty()).then(|| token.to_owned())
}

/// The cookie of a browser that is known for some accounts. It outlives sessions.
pub fn known_cookie(app: &App, values: &[String]) -> Cookie<'static> {
    let mut cookie = cookie(app, name(app, "known"), values.join(&BETWEEN_TOKENS.to_string()));
    cookie.set_max_age(CookieDuration::seconds(BROWSER_KNOWN_FOR.as_i64()));
    cookie
}

/// The values in this cookie, up to a limit.
pub fn known_values(app: &App, request: &Request) -> Vec<String> {
    let name = name(app, "known");
    let value = cookies(request.headers()).find(|(key, _)| *key == name).map_or("", |(_, value)| value);
    let values = value.split(BETWEEN_TOKENS).filter(|value| (1..=MAX_KNOWN_LENGTH).contains(&value.len()));
    values.take(known_browser::MOST).map(str::to_owned).collect()
}

/// The secret in the flow's cookie, if this browser has the cookie.
pub fn flow_cookie(app: &App, request: &Request, flow: &FlowId) -> Option<String> {
    let name = flow_cookie_name(app, flow);
    let (_, value) = cookies(request.headers()).find(|(key, _)| *key == name)?;
    value.split_once('.').map(|(_, secret)| secret.to_owned())
}

/// Removals of surplus flow cookies, before a browser gets another one.
pub fn surplus_flow_cookies(app: &App, request: &Request) -> Vec<Cookie<'static>> {
    let prefix = name(app, "flow-");
    let mut flows: Vec<(Timestamp, String)> = cookies(request.headers())
        .filter(|(key, _)| key.starts_with(&prefix))
        .map(|(key, value)| {
            let began = value.split_once('.').and_then(|(time, _)| time.parse().ok()).unwrap_or_default();
            (Timestamp::from_unix(began), key.to_owned())
        })
        .collect();
    flows.sort();
    // Not all at once, because proxies and clients refuse answers with too many headers.
    let surplus = (flows.len() + 1).saturating_sub(FLOWS).min(FLOWS);
    flows.into_iter().take(surplus).map(|(_, key)| removal(cookie(app, key, String::new()))).collect()
}

/// The pairs of name and value in all Cookie headers; malformed parts are skipped.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

/// Whether the browser says that a form came from one of our own pages.
///
/// This is checked in addition to the form's token. For a browser that sends neither header, only the token counts.
pub fn is_same_origin(app: &App, request: &Request) -> bool {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let origin = text("origin").is_none_or(|origin| Some(origin) == origin_of(&app.issuer).as_deref());
    site && origin
}

/// The refusal of a form that did not come from one of our own pages.
pub fn forged() -> OAuthError {
    Reason::FormForged.because("the form was not sent from this server's own page")
}

fn origin_of(url: &str) -> Option<String> {
    url::Url::parse(url).ok().map(|url| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    use super::*;

    fn read(line: &[u8]) -> Vec<(String, String)> {
        let Ok(value) = header::HeaderValue::from_bytes(line) else { return Vec::new() };
        let request = TestRequest::default().insert_header((header::COOKIE, value)).to_http_request();
        cookies(request.headers()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn malformed_cookie_pairs_are_skipped() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read(b"a=1; nonsense;b=2=3 ; =x"), [pair("a", "1"), pair("b", "2=3"), pair("", "x")]);
        assert_eq!(read(b"a=\xff"), []);
    }

    proptest! {
        #[test]
        fn no_cookie_header_causes_a_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            read(&line);
        }

        #[test]
        fn a_cookie_is_found_among_others(before in "[ -:<-~]{0,30}", value in "[A-Za-z0-9_.-]{1,60}") {
            let line = format!("{before};grantor-session={value};z=1");
            prop_assert!(read(line.as_bytes()).contains(&("grantor-session".to_owned(), value)));
        }
    }
}
