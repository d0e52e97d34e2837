//! Pages for requests that cannot go on.

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
    pub part: Option<&'static str>,
    /// The text of that part, which the address may spell in another way.
    pub text: String,
}

impl DifferingAddress {
    /// Splits an address at the text of the part that differs. Nothing is marked if the address spells it in another way.
    pub fn of(came: &str, differs: Option<&(&'static str, String)>) -> Self {
        let (part, text) = differs.map(|(part, text)| (*part, text.clone())).unzip();
        let text = text.unwrap_or_default();
        let from = part.map_or(came.len(), |part| begin_of(came, part));
        let at = came[from..].find(text.as_str()).map_or(came.len(), |at| from + at);
        let (before, rest) = came.split_at(at);
        let (differs, after) = rest.split_at(text.len().min(rest.len()));
        Self { before: before.into(), differs: differs.into(), after: after.into(), part, text }
    }
}

/// Where the part of an address may begin at the earliest: the text of a port may be in the host, too.
fn begin_of(address: &str, part: &str) -> usize {
    let after = |from: usize, end: &[char]| address[from..].find(end).map_or(address.len(), |at| from + at);
    let authority = address.find("://").map_or(0, |at| at + 3);
    let path = after(authority, &['/', '?', '#']);
    match part {
        "host" => authority,
        "port" => address[authority..path].rfind(':').map_or(authority, |at| authority + at),
        "path" => path,
        "query" => after(path, &['?', '#']),
        _ => 0,
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
        for (came, part, text, before) in [
            ("https://a.example:8443/8443", "port", "8443", "https://a.example:"),
            ("https://evil.example/evil.example", "host", "evil.example", "https://"),
            ("https://cb.example/cb", "path", "/cb", "https://cb.example"),
            ("https://a.example/a=1?a=1", "query", "a=1", "https://a.example/a=1?"),
            ("http://http.example/", "scheme", "http", ""),
            ("HTTPS://a.example/", "spelling", "HTTPS://a.example/", ""),
        ] {
            let split = DifferingAddress::of(came, Some(&(part, text.to_owned())));
            assert_eq!((split.before.as_str(), split.differs.as_str()), (before, text), "{came}");
            assert_eq!(format!("{}{}{}", split.before, split.differs, split.after), came);
        }
        let empty = DifferingAddress::of("https://a.example", Some(&("query", "(empty)".to_owned())));
        assert_eq!((empty.before.as_str(), empty.differs.as_str()), ("https://a.example", ""));
    }
}
