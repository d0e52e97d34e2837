//! Pages for requests that cannot go on.

use std::ops::Range;

use serde::Serialize;

use super::{PageView, WaitTime, Way, Words};

/// An error page. It always has a way on: the layout adds the operator's help and the home page.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorPage {
    /// The end of the name of the heading in the catalogue.
    pub heading: &'static str,
    /// The end of the name of the person's sentence in the catalogue.
    pub sentence: &'static str,
    /// After which time the request may succeed; `None` if waiting does not help.
    pub wait: Option<WaitTime>,
    pub ways: Vec<Way>,
    /// Whether the people who make the application can fix it, so that they get the details at once.
    pub for_developer: bool,
    /// `None` for an address that does not exist.
    pub details: Option<ErrorDetails>,
    pub request_id: String,
}

impl PageView for ErrorPage {
    const TEMPLATE: &'static str = "error.html";
}

/// What the developer of the application needs, in English.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorDetails {
    pub error: &'static str,
    pub reason: &'static str,
    pub description: String,
    pub what: &'static str,
    pub fix: &'static str,
    /// The page of the error reference.
    pub docs: String,
    pub address: Option<DifferingAddress>,
}

/// An address that came and is not registered, in three pieces of which the middle one differs. It is empty if nothing can be
/// compared.
#[derive(Clone, Debug, Serialize)]
pub struct DifferingAddress {
    pub before: String,
    pub differs: String,
    pub after: String,
    /// The part that differs, such as `port`.
    pub part: Option<String>,
    /// The text of that part, which the address may spell in another way.
    pub text: String,
}

impl DifferingAddress {
    /// Splits an address at the part that differs, as it is written there. Nothing is marked if the address does not have it.
    pub fn of(came: &str, differs: Option<(&str, &str)>) -> Self {
        let (part, text) = differs.map(|(part, text)| (part, text.to_owned())).unzip();
        let place = part.and_then(|part| place_of(came, part)).unwrap_or(came.len()..came.len());
        let [before, differs, after] = [&came[..place.start], &came[place.clone()], &came[place.end..]];
        Self {
            before: before.into(),
            differs: differs.into(),
            after: after.into(),
            part: part.map(str::to_owned),
            text: text.unwrap_or_default(),
        }
    }
}

/// Where a part of an address is. `None` if the address has no such part.
fn place_of(address: &str, part: &str) -> Option<Range<usize>> {
    let after = |from: usize, end: &[char]| address[from..].find(end).map_or(address.len(), |at| from + at);
    let scheme = address.find(':')?;
    let has_authority = address[scheme..].starts_with("://");
    let authority = if has_authority { scheme + 3 } else { scheme + 1 };
    let path = if has_authority { after(authority, &['/', '?', '#']) } else { authority };
    let query = after(path, &['?', '#']);
    // Before the host may be a name and a password, behind it a port; an IPv6 address has colons itself.
    let host = address[authority..path].rfind('@').map_or(authority, |at| authority + at + 1);
    let name = address[host..path].rfind(']').map_or(host, |at| host + at);
    let port = address[name..path].find(':').map(|at| name + at);
    match part {
        "scheme" => Some(0..scheme),
        "host" if has_authority => Some(host..port.unwrap_or(path)),
        "port" => port.map(|at| at + 1..path),
        "path" => Some(path..query),
        "query" if address[query..].starts_with('?') => Some(query + 1..after(query, &['#'])),
        "spelling" => Some(0..address.len()),
        _ => None,
    }
}

/// The page of a request that has its answer already. The person has done nothing wrong, so it is not an error page.
#[derive(Clone, Debug, Serialize)]
pub struct AnsweredPage {
    pub is_signed_in: bool,
    pub application: Option<Words>,
    pub ways: Vec<Way>,
    pub reason: &'static str,
    pub docs: String,
}

impl PageView for AnsweredPage {
    const TEMPLATE: &'static str = "answered.html";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_differs_is_marked_where_it_is() {
        for (came, part, before, marked) in [
            ("https://a.example:8443/8443", "port", "https://a.example:", "8443"),
            ("https://[::1]:8443/", "port", "https://[::1]:", "8443"),
            ("https://app443.example/cb", "port", "https://app443.example/cb", ""),
            ("https://[::1]/cb", "port", "https://[::1]/cb", ""),
            ("https://evil.example/evil.example", "host", "https://", "evil.example"),
            ("https://a.example@evil.example:1/", "host", "https://a.example@", "evil.example"),
            ("https://m%C3%BCnchen.example/cb", "host", "https://", "m%C3%BCnchen.example"),
            ("https://cb.example/cb", "path", "https://cb.example", "/cb"),
            ("com.example.app:/cb", "path", "com.example.app:", "/cb"),
            ("com.example.app:/cb", "host", "com.example.app:/cb", ""),
            ("https://a.example/a=1?a=1#x", "query", "https://a.example/a=1?", "a=1"),
            ("http://http.example/", "scheme", "", "http"),
            ("HTTPS://a.example/", "spelling", "", "HTTPS://a.example/"),
            ("/callback", "path", "/callback", ""),
        ] {
            let split = DifferingAddress::of(came, Some((part, "made up")));
            assert_eq!((split.before.as_str(), split.differs.as_str()), (before, marked), "{came}");
            assert_eq!(format!("{}{}{}", split.before, split.differs, split.after), came);
        }
        let empty = DifferingAddress::of("https://a.example", Some(("query", "(empty)")));
        assert_eq!((empty.before.as_str(), empty.differs.as_str()), ("https://a.example", ""));
    }
}
