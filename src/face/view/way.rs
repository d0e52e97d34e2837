//! Ways on: where a person can go from a page.

use serde::Serialize;

use super::Words;

/// A link of a page on which a person cannot go on.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Way {
    /// To the application's site.
    Application { name: Words, href: String },
    /// To the form of a page here, with this end of the name of its text in the catalogue.
    Here { text: &'static str, href: String },
}
