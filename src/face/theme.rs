//! What an operator changes about the pages: the brand, single templates, and single texts.

use std::path::Path;

use super::brand::Brand;
use super::message_overrides::MessageOverrides;
use super::replacement;
use super::templates::Replacement;
use crate::config::BrandOptions;

/// An operator's theme, made once when the server starts.
pub struct OperatorTheme {
    pub brand: Brand,
    pub templates: Vec<Replacement>,
    pub messages: MessageOverrides,
}

impl OperatorTheme {
    /// Reads what the options name, and checks it.
    ///
    /// # Errors
    /// A sentence for each mistake.
    pub fn load(options: &BrandOptions, issuer: &str) -> Result<Self, Vec<String>> {
        let brand = Brand::load(options, issuer).map_err(|error| vec![error.to_string()])?;
        let templates = options.templates().map(templates).transpose()?.unwrap_or_default();
        let messages = options.messages().map(messages).transpose()?.unwrap_or_default();
        Ok(Self { brand, templates, messages })
    }

    /// Returns the theme of an operator who changes nothing.
    pub fn unchanged(issuer: &str) -> Self {
        let brand = Brand::unchanged(issuer);
        Self { brand, templates: Vec::new(), messages: MessageOverrides::default() }
    }
}

/// Reads and checks the templates in a folder.
///
/// # Errors
/// A sentence for each that cannot be used.
pub fn templates(folder: &Path) -> Result<Vec<Replacement>, Vec<String>> {
    replacement::load(folder).map_err(|wrong| wrong.iter().map(ToString::to_string).collect())
}

/// Reads and checks the texts in a folder.
///
/// # Errors
/// A sentence for each mistake.
pub fn messages(folder: &Path) -> Result<MessageOverrides, Vec<String>> {
    MessageOverrides::read("brand.messages", folder)
}
