//! The links of a client that options set and remove.

use super::super::CliError;
use super::super::languages::{InLanguage, text_change};
use super::words::link;
use crate::oauth::client::Links;
use crate::oauth::language_tag::LanguageTag;
use crate::oauth::localized_text::LocalizedText;
use crate::operations::fault::Fault;
use crate::operations::text_change::TextChange;

/// The changes of the links.
#[derive(Default)]
pub(super) struct LinkChanges {
    pub(super) site: TextChange,
    pub(super) policy: TextChange,
    pub(super) terms: TextChange,
}

impl LinkChanges {
    /// The links with the changes. The logo stays.
    pub(super) fn applied_to(&self, before: &Links) -> Result<Links, Fault> {
        let changed = |change: &TextChange, before: &Option<LocalizedText>, member| {
            change.applied_to(before.as_ref(), member)
        };
        Ok(Links {
            site: changed(&self.site, &before.site, "client_uri")?,
            policy: changed(&self.policy, &before.policy, "policy_uri")?,
            terms: changed(&self.terms, &before.terms, "tos_uri")?,
            logo: before.logo.clone(),
        })
    }
}

/// The change of a link that options describe, as [`text_change`] does it for a text.
///
/// `link`: the new default, and whether the option that removes the link is set.
///
/// # Errors
/// If a link is not an https address, or a language is given twice.
pub(super) fn link_change(
    option: &str,
    (new, is_removed): (&Option<String>, bool),
    in_languages: &[InLanguage],
    removed: &[LanguageTag],
) -> Result<TextChange, CliError> {
    let default = match new {
        Some(url) => Some(Some(link(url, option)?)),
        None => is_removed.then_some(None),
    };
    let checked = |(tag, url): &InLanguage| Ok((tag.clone(), link(url, &format!("{option}-in {tag}"))?));
    let in_languages = in_languages.iter().map(checked).collect::<Result<Vec<_>, CliError>>()?;
    text_change(option, default, &in_languages, removed)
}
