//! The names of cookies, and what a request says about them.

use actix_web::http::header::HeaderValue;

use crate::app::App;

pub(super) fn is_secure(app: &App) -> bool {
    app.issuer.starts_with("https:")
}

/// Uses the prefix `__Host-` where the browser accepts it; on plain http a browser would drop such a cookie.
pub(super) fn name(app: &App, base: &str) -> String {
    if is_secure(app) { format!("__Host-grantor-{base}") } else { format!("grantor-{base}") }
}

/// The pairs of name and value in these Cookie headers; malformed parts are skipped.
pub(super) fn pairs<'h>(
    headers: impl Iterator<Item = &'h HeaderValue>,
) -> impl Iterator<Item = (&'h str, &'h str)> {
    headers.filter_map(|value| value.to_str().ok()).flat_map(pairs_of)
}

/// The pairs of name and value in a line of a Cookie header; malformed parts are skipped.
pub fn pairs_of(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split(';').filter_map(|pair| pair.trim().split_once('='))
}

/// The name of the cookie with the language that the person has chosen, for every request of a page: without an allocation.
pub(super) fn language_name(app: &App) -> &'static str {
    if is_secure(app) { "__Host-grantor-language" } else { "grantor-language" }
}
