//! What an operator changes about the pages: the brand, single templates, and single texts.

use super::brand::Brand;
use super::message_overrides::MessageOverrides;

/// An operator's theme, made once when the server starts.
pub struct OperatorTheme {
    pub brand: Brand,
    pub templates: Vec<Replacement>,
    pub messages: MessageOverrides,
}

/// An operator's template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The file name of ours, such as `consent.html`.
    pub name: String,
    pub text: String,
}

impl OperatorTheme {
    /// Returns the theme of an operator who changes nothing.
    pub fn unchanged(issuer: &str) -> Self {
        let brand = Brand::unchanged(issuer);
        Self { brand, templates: Vec::new(), messages: MessageOverrides::default() }
    }
}
