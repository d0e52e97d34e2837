//! Pages for requests that cannot go on.

use serde::Serialize;

use super::{View, Way};

/// An error page. It always has a way on: the layout adds the operator's help and the home page.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorPage {
    /// The end of the name of the heading in the catalogue.
    pub heading: &'static str,
    /// The end of the name of the person's sentence in the catalogue.
    pub sentence: &'static str,
    /// After which time the request may succeed; `None` if waiting does not help.
    pub wait: Option<i64>,
    pub ways: Vec<Way>,
    /// Whether the people who make the application can fix it, so that they get the details at once.
    pub for_developer: bool,
    /// `None` for an address that does not exist.
    pub details: Option<ErrorDetails>,
    pub request_id: String,
}

impl View for ErrorPage {
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
}

impl DifferingAddress {
    /// Splits an address at the text of the part that differs. A part that is not in the address differs as nothing.
    pub fn of(came: &str, differs: Option<&(&'static str, String)>) -> Self {
        let whole =
            |part| Self { before: came.to_owned(), differs: String::new(), after: String::new(), part };
        let Some((part, text)) = differs else { return whole(None) };
        // A port or a path is behind what is like it: the last place is the right one, except for a scheme.
        let at = if *part == "scheme" { came.find(text.as_str()) } else { came.rfind(text.as_str()) };
        match at {
            Some(at) if !text.is_empty() => Self {
                before: came[..at].to_owned(),
                differs: text.clone(),
                after: came[at + text.len()..].to_owned(),
                part: Some(part),
            },
            _ => whole(Some(part)),
        }
    }
}

/// The page of a request that has its answer already. The person has done nothing wrong, so it is not an error page.
#[derive(Clone, Debug, Serialize)]
pub struct AnsweredPage {
    pub is_signed_in: bool,
    pub application: Option<String>,
    pub ways: Vec<Way>,
    pub reason: &'static str,
    pub docs: String,
}

impl View for AnsweredPage {
    const TEMPLATE: &'static str = "answered.html";
}
