//! Options that give a text in languages, such as `--name-in de=Kalender`.

use std::collections::BTreeSet;

use super::{CliError, warn};
use crate::face::language::Language;
use crate::oauth::language_tag::LanguageTag;
use crate::oauth::localized_text::LocalizedText;
use crate::operations::text_change::TextChange;

/// A language, and the text in it.
pub(super) type InLanguage = (LanguageTag, String);

/// Parses the value of an option: a language, and the text in it.
pub(super) fn in_language(value: &str) -> Result<InLanguage, String> {
    let Some((tag, text)) = value.split_once('=') else {
        return Err("write a language and the text in it, such as de=\"Mein Kalender\"".to_owned());
    };
    Ok((language(tag)?, text.to_owned()))
}

/// Parses a language tag (BCP 47).
pub(super) fn language(tag: &str) -> Result<LanguageTag, String> {
    LanguageTag::parse(tag)
        .ok_or_else(|| format!("{tag:?} is not a language tag, such as de or pt-BR (BCP 47)"))
}

/// The change of a text that options describe. `option` names the text, such as `--name`.
///
/// # Errors
/// If a language is given twice.
pub(super) fn text_change(
    option: &str,
    default: Option<Option<String>>,
    in_languages: &[InLanguage],
    removed: &[LanguageTag],
) -> Result<TextChange, CliError> {
    let mut given = BTreeSet::new();
    if let Some((tag, _)) = in_languages.iter().find(|(tag, _)| !given.insert(tag)) {
        return Err(format!("{option}-in gives {tag} twice").into());
    }
    if let Some(tag) = removed.iter().find(|tag| given.contains(tag)) {
        return Err(format!("{option}-in gives {tag}, and --no-{}-in removes it", &option[2..]).into());
    }
    for (tag, _) in
        in_languages.iter().filter(|(tag, _)| !Language::ALL.into_iter().any(|page| page.is_of(tag)))
    {
        warn(format!("no page shows the text in {tag}: the pages do not exist in this language"))?;
    }
    let (in_languages, removed) = (in_languages.to_vec(), removed.to_vec());
    Ok(TextChange { default, in_languages, removed, ..TextChange::default() })
}

/// Warns if a text has a new default and is the old one in some languages. `option` names the text, such as `--name`.
pub(super) fn warn_of_kept(
    option: &str,
    change: &TextChange,
    after: Option<&LocalizedText>,
) -> Result<(), CliError> {
    let is_kept = |tag: &LanguageTag| change.in_languages.iter().all(|(given, _)| given != tag);
    let kept = after.iter().flat_map(|text| text.in_languages()).filter(|(tag, _)| is_kept(tag));
    let kept: Vec<&str> = kept.map(|(tag, _)| tag.as_str()).collect();
    if change.default.is_none() || kept.is_empty() {
        return Ok(());
    }
    warn(format!(
        "the text of {option} is still the one before in {}; {option}-in changes it, and --no-{}-in removes it",
        kept.join(", "),
        &option[2..]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_a_language_is_a_tag_and_a_text() {
        for (value, tag, text) in
            [("de=Kalender", "de", "Kalender"), ("PT-br= a=b ", "pt-BR", " a=b "), ("de=", "de", "")]
        {
            assert_eq!(in_language(value), Ok((LanguageTag::parse(tag).unwrap(), text.to_owned())));
        }
        assert!(in_language("Kalender").unwrap_err().contains("write a language"));
        assert!(in_language("de_DE=Kalender").unwrap_err().starts_with("\"de_DE\" is not a language tag"));
        assert!(in_language("=Kalender").is_err());
    }
}
