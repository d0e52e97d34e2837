//! Cookies and form checks: the session cookie, the cookie that binds flows and forms to a browser, and the origin of
//! forms.

use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{self, HeaderMap};

use super::call::Request;
use super::cookies::{self, is_secure, name, pairs};
use crate::app::App;
use crate::clock::Seconds;
use crate::oauth::error::OAuthError;
use crate::oauth::identity::guessing::BROWSER_KNOWN_FOR;
use crate::oauth::identity::known_browser;
use crate::oauth::reason::Reason;
use crate::secret::from_base64url;

/// The maximum number of accounts in one browser; the oldest sign-in is dropped.
pub const ACCOUNTS: usize = 5;
/// Does not occur in tokens.
const BETWEEN_TOKENS: char = '.';
/// The number of random bytes in a browser's secret.
const SECRET_LENGTH: usize = 32;
/// For how long a browser keeps its secret after the last flow or form. When several tabs begin at once in a browser
/// without the secret, only the last one can go on, so a browser should rarely be without it.
const BINDING_LIFETIME: Seconds = Seconds::new(30 * 24 * 3600);
/// For how long a browser keeps the language that the person has chosen.
const LANGUAGE_KEPT_FOR: Seconds = Seconds::new(365 * 24 * 3600);
/// The maximum length in bytes of the value that makes a browser known for one account.
const MAX_KNOWN_LENGTH: usize = 256;
/// The maximum length in bytes of a session of the console. It has a token and the name of an account.
const MAX_CONSOLE_LENGTH: usize = 2048;

fn cookie(app: &App, name: String, value: String) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .secure(is_secure(app))
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish()
}

/// The token of a session, and which of two cookies has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionToken {
    pub text: String,
    /// Whether the browser keeps the token when it is closed.
    pub is_kept: bool,
}

/// The cookie for tokens that end with the browser, and the one for tokens that it keeps. A browser does not say how long it
/// keeps a cookie, so people who choose differently are in different cookies.
const SESSION_COOKIES: [(&str, bool); 2] = [("session", false), ("kept-session", true)];

/// The tokens in the session cookies without repetitions, in each cookie the most recent sign-in first; limited, whatever
/// the browser sends.
pub fn session_tokens(app: &App, request: &Request) -> Vec<SessionToken> {
    tokens_in(SESSION_COOKIES.map(|(base, is_kept)| {
        let name = name(app, base);
        (cookies(request.headers()).find(|(key, _)| *key == name).map_or("", |(_, value)| value), is_kept)
    }))
}

/// The tokens in the values of both session cookies, each value with whether the browser keeps its cookie.
pub fn tokens_in(values: [(&str, bool); 2]) -> Vec<SessionToken> {
    let mut tokens: Vec<SessionToken> = Vec::new();
    for (value, is_kept) in values {
        for token in value.split(BETWEEN_TOKENS).filter(|token| !token.is_empty()).take(ACCOUNTS) {
            if !tokens.iter().any(|known| known.text == token) {
                tokens.push(SessionToken { text: token.to_owned(), is_kept });
            }
        }
    }
    tokens.truncate(ACCOUNTS);
    tokens
}

/// The cookies with the session tokens. A cookie without tokens is deleted.
///
/// The first lives as long as the browser runs, the second as long as a session at most. The server decides when sessions
/// end.
pub fn session_cookies(app: &App, request: &Request, tokens: &[SessionToken]) -> Vec<Cookie<'static>> {
    let mut all = Vec::new();
    for (base, is_kept) in SESSION_COOKIES {
        let of_cookie = tokens.iter().filter(|token| token.is_kept == is_kept);
        let texts: Vec<&str> = of_cookie.map(|token| token.text.as_str()).collect();
        let name = name(app, base);
        // Most browsers never have the second cookie, so it is only deleted where it came.
        if is_kept && texts.is_empty() && !cookies(request.headers()).any(|(key, _)| key == name) {
            continue;
        }
        let mut cookie = cookie(app, name, texts.join(&BETWEEN_TOKENS.to_string()));
        if is_kept {
            let lifetime = app.config.sessions.lifetime.seconds();
            cookie.set_max_age(CookieDuration::seconds(lifetime.as_i64()));
        }
        all.push(if texts.is_empty() { removal(cookie) } else { cookie });
    }
    all
}

fn removal(mut cookie: Cookie<'static>) -> Cookie<'static> {
    cookie.set_max_age(CookieDuration::ZERO);
    cookie
}

/// The secret that binds flows and forms to this browser, the same in all of its tabs. `None` if the browser has none
/// yet, or none in the form of ours.
pub fn binding(app: &App, request: &Request) -> Option<String> {
    secret_in(request, &name(app, "browser"))
}

/// The cookie with a browser's secret. Each flow and form that begins extends its lifetime.
pub fn binding_cookie(app: &App, secret: String) -> Cookie<'static> {
    let mut cookie = cookie(app, name(app, "browser"), secret);
    cookie.set_max_age(CookieDuration::seconds(BINDING_LIFETIME.as_i64()));
    cookie
}

/// The secret of the last flow that began with a POST from another site. Such a POST comes without the browser's own
/// cookie, and must not replace it: the other tabs need it.
pub fn posted_binding(app: &App, request: &Request) -> Option<String> {
    secret_in(request, &name(app, "posted"))
}

/// The cookie for [`posted_binding`]. The flow needs it only until its first page.
pub fn posted_cookie(app: &App, secret: String) -> Cookie<'static> {
    let mut cookie = cookie(app, name(app, "posted"), secret);
    cookie.set_max_age(CookieDuration::seconds(app.config.sign_in.flow_lifetime.seconds().as_i64()));
    cookie
}

fn secret_in(request: &Request, name: &str) -> Option<String> {
    let (_, secret) = cookies(request.headers()).find(|(key, _)| *key == name)?;
    let is_ours = from_base64url(secret).is_some_and(|bytes| bytes.len() == SECRET_LENGTH);
    is_ours.then(|| secret.to_owned())
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
    known_in(cookies(request.headers()).find(|(key, _)| *key == name).map_or("", |(_, value)| value))
}

/// The values that the value of this cookie consists of, up to a limit.
pub fn known_in(value: &str) -> Vec<String> {
    let values = value.split(BETWEEN_TOKENS).filter(|value| (1..=MAX_KNOWN_LENGTH).contains(&value.len()));
    values.take(known_browser::MOST).map(str::to_owned).collect()
}

/// The sealed session of the console. `None` if the browser has none.
pub fn console_session(app: &App, request: &Request) -> Option<String> {
    let name = name(app, "console");
    let value = cookies(request.headers()).find(|(key, _)| *key == name).map(|(_, value)| value)?;
    (1..=MAX_CONSOLE_LENGTH).contains(&value.len()).then(|| value.to_owned())
}

/// The cookie with the sealed session of the console, which ends with the browser. `None` deletes it.
pub fn console_cookie(app: &App, sealed: Option<String>) -> Cookie<'static> {
    let is_over = sealed.is_none();
    let cookie = cookie(app, name(app, "console"), sealed.unwrap_or_default());
    if is_over { removal(cookie) } else { cookie }
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    pairs(headers.get_all(header::COOKIE))
}

/// The cookie with the language that the person has chosen.
pub fn language_cookie(app: &App, value: String) -> Cookie<'static> {
    let mut cookie = cookie(app, cookies::language_name(app).to_owned(), value);
    cookie.set_max_age(CookieDuration::seconds(LANGUAGE_KEPT_FOR.as_i64()));
    cookie
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

/// The origin of this server. `None` for a public URL without one.
pub fn origin(app: &App) -> Option<String> {
    origin_of(&app.issuer)
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
