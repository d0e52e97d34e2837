//! A change of a text that people see: its default, and the text in some languages.

use super::fault::Fault;
use crate::oauth::language_tag::LanguageTag;
use crate::oauth::localized_text::LocalizedText;

/// What an update does to a text. The default value changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextChange {
    /// `None` keeps the default; `Some(None)` removes the whole text.
    pub default: Option<Option<String>>,
    /// The texts to add, or to replace.
    pub in_languages: Vec<(LanguageTag, String)>,
    /// The languages in which the text is removed.
    pub removed: Vec<LanguageTag>,
    /// The languages in which the text is removed if it is there.
    pub removed_if_there: Vec<LanguageTag>,
    /// Whether the change is the whole text: everything that it does not name is removed.
    pub is_whole: bool,
}

impl TextChange {
    /// Returns the text after the change. `None` if there is no text.
    ///
    /// `member`: the member that has the default.
    ///
    /// # Errors
    /// If a language to remove is not there, or a text in a language would have no default.
    pub fn applied_to(
        &self,
        before: Option<&LocalizedText>,
        member: &'static str,
    ) -> Result<Option<LocalizedText>, Fault> {
        let before = before.filter(|_| !self.is_whole);
        let mut after = match &self.default {
            Some(None) => None,
            Some(Some(default)) => {
                let mut text = before.cloned().unwrap_or_default();
                text.set_default(default.clone());
                Some(text)
            }
            None => before.cloned(),
        };
        for tag in &self.removed {
            if !after.as_mut().is_some_and(|text| text.remove(tag)) {
                let named = format!("{member}#{tag}");
                let sentence = format!("`{named}` is not there, so it cannot be removed");
                return Err(Fault::invalid(named, sentence));
            }
        }
        for tag in &self.removed_if_there {
            if let Some(text) = &mut after {
                text.remove(tag);
            }
        }
        for (tag, new) in &self.in_languages {
            let Some(text) = &mut after else {
                let named = format!("{member}#{tag}");
                let sentence = format!("`{named}` needs `{member}`, for people of all other languages");
                return Err(Fault::invalid(named, sentence));
            };
            text.insert(tag.clone(), new.clone());
        }
        Ok(after)
    }

    /// Returns a text that cannot be removed after the change.
    ///
    /// # Errors
    /// If a language to remove is not there.
    pub fn applied_to_required(
        &self,
        before: &LocalizedText,
        member: &'static str,
    ) -> Result<LocalizedText, Fault> {
        Ok(self.applied_to(Some(before), member)?.unwrap_or_else(|| before.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> LanguageTag {
        LanguageTag::parse(text).unwrap()
    }

    fn change(default: Option<Option<&str>>, set: &[(&str, &str)], removed: &[&str]) -> TextChange {
        TextChange {
            default: default.map(|text| text.map(str::to_owned)),
            in_languages: set.iter().map(|(name, text)| (tag(name), (*text).to_owned())).collect(),
            removed: removed.iter().map(|name| tag(name)).collect(),
            ..TextChange::default()
        }
    }

    #[test]
    fn a_text_is_kept_changed_or_removed_in_each_language() {
        let before = change(Some(Some("a")), &[("de", "b"), ("fr", "c")], &[]).applied_to(None, "x").unwrap();
        for (change, after) in [
            (change(None, &[], &[]), vec![("x", "a"), ("x#de", "b"), ("x#fr", "c")]),
            (change(Some(Some("z")), &[], &[]), vec![("x", "z"), ("x#de", "b"), ("x#fr", "c")]),
            (change(None, &[("de", "z")], &["FR"]), vec![("x", "a"), ("x#de", "z")]),
            (change(None, &[("de", "z")], &["de"]), vec![("x", "a"), ("x#de", "z"), ("x#fr", "c")]),
            (change(Some(None), &[], &[]), vec![]),
            (
                TextChange { removed_if_there: vec![tag("it"), tag("de")], ..TextChange::default() },
                vec![("x", "a"), ("x#fr", "c")],
            ),
            (
                TextChange { is_whole: true, ..change(Some(Some("z")), &[("it", "d")], &[]) },
                vec![("x", "z"), ("x#it", "d")],
            ),
            (TextChange { is_whole: true, ..TextChange::default() }, vec![]),
        ] {
            let text = change.applied_to(before.as_ref(), "x").unwrap();
            let members = text.iter().flat_map(|text| text.members("x"));
            let members: Vec<(String, &str)> =
                members.map(|(name, text)| (name.into_owned(), text)).collect();
            let expected: Vec<(String, &str)> =
                after.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
            assert_eq!(members, expected, "{change:?}");
        }
        let fault = change(None, &[], &["it"]).applied_to(before.as_ref(), "x").unwrap_err();
        assert_eq!(fault.sentence, "`x#it` is not there, so it cannot be removed");
        let fault = change(None, &[("de", "b")], &[]).applied_to(None, "x").unwrap_err();
        assert_eq!(fault.sentence, "`x#de` needs `x`, for people of all other languages");
    }
}
