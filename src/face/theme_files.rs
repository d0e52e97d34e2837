//! The files of an operator's theme, read and checked.

use std::path::Path;

use super::brand::Brand;
use super::message_overrides::MessageOverrides;
use super::replacement;
use super::theme::{OperatorTheme, Replacement};
use crate::config::BrandOptions;
use crate::files::NamedFile;

/// Reads what the options name, and checks it.
///
/// # Errors
/// A sentence for each mistake.
pub fn load(options: &BrandOptions, issuer: &str) -> Result<OperatorTheme, Vec<String>> {
    let brand = Brand::load(options, issuer).map_err(|error| vec![error.to_string()])?;
    let templates = options.templates().map(templates).transpose()?.unwrap_or_default();
    let messages = options.messages().map(messages).transpose()?.unwrap_or_default();
    Ok(OperatorTheme { brand, templates, messages })
}

/// Reads and checks the templates in a folder.
///
/// # Errors
/// A sentence for each that cannot be used.
pub fn templates(folder: &Path) -> Result<Vec<Replacement>, Vec<String>> {
    NamedFile::new("brand.templates", folder).folder().map_err(|error| vec![error.to_string()])?;
    replacement::load(folder).map_err(|wrong| wrong.iter().map(ToString::to_string).collect())
}

/// Reads and checks the texts in a folder.
///
/// # Errors
/// A sentence for each mistake.
pub fn messages(folder: &Path) -> Result<MessageOverrides, Vec<String>> {
    MessageOverrides::read("brand.messages", folder)
}
