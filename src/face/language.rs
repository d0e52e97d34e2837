//! The languages of the pages.

use std::sync::LazyLock;

use crate::oauth::language_tag::{self, LanguageTag};

/// The languages with their tags, parsed once and not for every page.
static TAGS: LazyLock<Vec<(LanguageTag, Language)>> = LazyLock::new(|| {
    let tagged = |language: Language| Some((LanguageTag::parse(language.tag())?, language));
    Language::ALL.into_iter().filter_map(tagged).collect()
});

/// A language in which every page exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    English,
    German,
    French,
    Spanish,
    BrazilianPortuguese,
    Italian,
    Japanese,
    Arabic,
}

impl Language {
    /// All languages, in the order in which people choose among them.
    pub const ALL: [Self; 8] = [
        Self::English,
        Self::German,
        Self::Spanish,
        Self::French,
        Self::Italian,
        Self::BrazilianPortuguese,
        Self::Arabic,
        Self::Japanese,
    ];

    /// Returns the tag (BCP 47), such as `pt-BR`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::BrazilianPortuguese => "pt-BR",
            Self::Italian => "it",
            Self::Japanese => "ja",
            Self::Arabic => "ar",
        }
    }

    /// Whether texts with this tag are shown on pages in the language, as `de-AT` on German ones.
    pub fn is_of(self, tag: &LanguageTag) -> bool {
        LanguageTag::parse(self.tag()).is_some_and(|own| own.language() == tag.language())
    }

    /// Returns the name of the language in the language itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
            Self::Spanish => "Español",
            Self::BrazilianPortuguese => "Português (Brasil)",
            Self::Italian => "Italiano",
            Self::Japanese => "日本語",
            Self::Arabic => "العربية",
        }
    }

    /// Returns the writing direction, as the attribute `dir` has it.
    pub fn direction(self) -> &'static str {
        if self == Self::Arabic { "rtl" } else { "ltr" }
    }

    /// Finds the language with exactly this tag, in any case. `None` if the pages do not exist in it.
    pub fn find(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// Finds the best language for a person who wants these, the preferred one first. `None` if the pages exist in none of
    /// them.
    pub fn best(wanted: &[LanguageTag]) -> Option<Self> {
        language_tag::best(wanted, &TAGS.iter().map(|(tag, language)| (tag, *language)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_is_found_by_its_tag() {
        for language in Language::ALL {
            assert_eq!(Language::find(&language.tag().to_uppercase()), Some(language));
            let tag = LanguageTag::parse(language.tag()).unwrap();
            assert_eq!(tag.as_str(), language.tag(), "the tag is in its canonical case");
            assert_eq!(Language::best(&[tag]), Some(language));
        }
        assert_eq!(Language::find("nl"), None);
    }
}
