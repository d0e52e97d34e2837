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
    let (templates, messages) = templates_and_messages(options.templates(), options.messages())?;
    Ok(OperatorTheme { brand, templates, messages })
}

/// Reads the templates and the texts in these folders, and checks them together.
///
/// # Errors
/// A sentence for each mistake.
pub fn templates_and_messages(
    templates_folder: Option<&Path>,
    messages_folder: Option<&Path>,
) -> Result<(Vec<Replacement>, MessageOverrides), Vec<String>> {
    let texts = messages_folder.map(messages).transpose()?.unwrap_or_default();
    let templates = templates_folder.map(|folder| templates(folder, &texts)).transpose()?.unwrap_or_default();
    Ok((templates, texts))
}

/// Reads and checks the templates in a folder, with the operator's texts.
///
/// # Errors
/// A sentence for each that cannot be used.
pub fn templates(folder: &Path, messages: &MessageOverrides) -> Result<Vec<Replacement>, Vec<String>> {
    NamedFile::new("brand.templates", folder).folder().map_err(|error| vec![error.to_string()])?;
    replacement::load(folder, messages).map_err(|wrong| wrong.iter().map(ToString::to_string).collect())
}

/// Reads and checks the texts in a folder.
///
/// # Errors
/// A sentence for each mistake.
pub fn messages(folder: &Path) -> Result<MessageOverrides, Vec<String>> {
    MessageOverrides::read("brand.messages", folder)
}
