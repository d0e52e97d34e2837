//! Language tags (BCP 47): which languages a person wants, and which of those that exist fits best.

use std::fmt;

/// The longest tag that is read, in bytes (RFC 5646 §4.4.1).
pub const MAX_LENGTH: usize = 35;

/// The number of tags that are read of a list that a stranger sends; those after them are ignored.
pub const MAX_WANTED: usize = 16;

/// A well-formed language tag (RFC 5646 §2.2.9) in the case of §2.1.1, such as `zh-Hant-TW`. Two tags that differ only in
/// case are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LanguageTag(oxilangtag::LanguageTag<String>);

impl LanguageTag {
    /// Parses a tag in any case. `None` if the text is not a well-formed tag, or is longer than [`MAX_LENGTH`].
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        oxilangtag::LanguageTag::parse_and_normalize(text).ok().map(Self)
    }

    /// Returns the tag in its canonical case.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the first subtag, such as `pt` of `pt-BR`.
    pub fn language(&self) -> &str {
        self.0.primary_language()
    }

    /// Returns the script that the tag names, or that follows from the region in Chinese, where readers of one script may
    /// not know the other. `None`: the script that is usual for the language.
    fn script(&self) -> Option<&str> {
        self.0.script().or_else(|| match (self.language(), self.0.region()) {
            ("zh", Some("TW" | "HK" | "MO")) => Some("Hant"),
            ("zh", Some(_)) => Some("Hans"),
            _ => None,
        })
    }

    /// Returns the tags to look for, the most exact one first: this one, and what is left of it when subtags are removed from
    /// its end (RFC 4647 §3.4). `zh-Hant` is one of those of `zh-TW`.
    fn ranges(&self) -> Vec<String> {
        let mut ranges = Vec::new();
        let mut rest = Some(self.as_str());
        while let Some(range) = rest {
            if let (true, None, Some(script)) = (range == self.language(), self.0.script(), self.script()) {
                ranges.push(format!("{range}-{script}"));
            }
            ranges.push(range.to_owned());
            rest = shorter(range);
        }
        ranges
    }

    /// Whether people who want this language can most likely read `other`: the same language, in no other script.
    fn is_like(&self, other: &Self) -> bool {
        let one_script = match (self.script(), other.script()) {
            (Some(wanted), Some(here)) => wanted == here,
            _ => true,
        };
        // A private tag (`x-…`) has no language.
        !self.language().is_empty() && self.language() == other.language() && one_script
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Removes the last subtag of a range, and one of a single letter before it, which would mean nothing alone.
fn shorter(range: &str) -> Option<&str> {
    let (rest, _) = range.rsplit_once('-')?;
    match rest.rsplit_once('-') {
        Some((before, singleton)) if singleton.len() == 1 => Some(before),
        _ => Some(rest),
    }
}

/// Reads the parameter `ui_locales`: tags separated by spaces, the preferred one first (OpenID Connect Core §3.1.2.1). What
/// is not a tag is left out.
pub fn ui_locales(value: &str) -> Vec<LanguageTag> {
    value.split_ascii_whitespace().take(MAX_WANTED).filter_map(LanguageTag::parse).collect()
}

/// Returns what belongs to the best of the `available` tags for a person who wants these languages, the preferred one
/// first. `None` if no tag is in a language that the person wants.
///
/// A language is looked up as RFC 4647 §3.4 says: `de-AT` finds `de`. If that finds nothing, another region of the same
/// language is found: `pt` and `pt-PT` find `pt-BR`. A tag that names another script is never found: `zh-Hant` does not find
/// `zh-Hans`. Of several equally good tags the first one is found.
///
/// `available` is read several times.
pub fn best<'a, T>(
    wanted: &[LanguageTag],
    available: &(impl Iterator<Item = (&'a LanguageTag, T)> + Clone),
) -> Option<T> {
    let find = |is_wanted: &dyn Fn(&LanguageTag) -> bool| {
        available.clone().find(|(tag, _)| is_wanted(tag)).map(|(_, found)| found)
    };
    let looked_up =
        |tag: &LanguageTag| tag.ranges().iter().find_map(|range| find(&|here| here.as_str() == *range));
    wanted.iter().enumerate().find_map(|(place, first)| {
        // Everything that the person says about one language is looked at before another region is taken.
        let is_same = |tag: &&LanguageTag| tag.language() == first.language();
        if wanted.iter().take(place).any(|earlier| is_same(&earlier)) {
            return None;
        }
        let of_language = || wanted.iter().skip(place).filter(is_same);
        of_language()
            .find_map(looked_up)
            .or_else(|| of_language().find_map(|tag| find(&|here| tag.is_like(here))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> LanguageTag {
        LanguageTag::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    fn texts(tags: &[LanguageTag]) -> Vec<&str> {
        tags.iter().map(LanguageTag::as_str).collect()
    }

    #[test]
    fn a_tag_has_its_canonical_case_and_equals_every_spelling() {
        for (text, canonical) in [
            ("DE", "de"),
            ("pt-br", "pt-BR"),
            ("ZH-hANT-tw", "zh-Hant-TW"),
            ("es-419", "es-419"),
            ("de-ch-1996", "de-CH-1996"),
            ("en-u-CA-buddhist", "en-u-ca-buddhist"),
            ("I-KLINGON", "i-klingon"),
            ("x-Ours", "x-ours"),
        ] {
            assert_eq!(tag(text).as_str(), canonical);
            assert_eq!(tag(text), tag(canonical));
        }
    }

    #[test]
    fn what_is_not_a_tag_is_refused() {
        for bad in
            ["", "d", "de-", "-de", "de_AT", "de AT", "deutschland", "d\u{e9}", "*", "de-*", "de#at", "x"]
        {
            assert_eq!(LanguageTag::parse(bad), None, "{bad:?}");
        }
        let longest = format!("de-x-{}abc", "abcdefgh-".repeat(3));
        assert_eq!(longest.len(), MAX_LENGTH);
        assert_eq!(tag(&longest).as_str(), longest);
        assert_eq!(LanguageTag::parse(&format!("{longest}d")), None);
    }

    #[test]
    fn ui_locales_are_tags_between_spaces() {
        assert_eq!(texts(&ui_locales("fr-CA fr  en")), ["fr-CA", "fr", "en"]);
        assert_eq!(texts(&ui_locales("de_DE , de-at")), ["de-AT"]);
        assert!(ui_locales("").is_empty());
        let many = "de ".repeat(MAX_WANTED);
        assert_eq!(ui_locales(&format!("{many}fr")).len(), MAX_WANTED);
        assert_eq!(ui_locales(&format!("{} fr", &many[3..])).len(), MAX_WANTED);
    }

    #[test]
    fn the_best_language_is_the_one_that_a_person_most_likely_reads() {
        for (wanted, available, expected) in [
            // RFC 4647 §3.4.
            ("de", "en de", Some("de")),
            ("de-AT", "en de", Some("de")),
            ("zh-Hant-CN-x-private1", "zh zh-Hant", Some("zh-Hant")),
            ("zh-Hant-CN", "zh", Some("zh")),
            ("de-CH-1996", "de de-CH", Some("de-CH")),
            ("de-u-co-phonebk", "de", Some("de")),
            // Other regions.
            ("pt", "en pt-BR", Some("pt-BR")),
            ("pt-PT", "en pt-BR", Some("pt-BR")),
            ("pt", "pt-BR pt", Some("pt")),
            ("en-GB", "en-US en-AU", Some("en-US")),
            ("en-GB en-AU", "en-US en-AU", Some("en-AU")),
            ("es-MX", "es-419", Some("es-419")),
            // Scripts.
            ("zh-Hant", "zh-Hans", None),
            ("zh-Hans", "zh-Hant zh-Hans", Some("zh-Hans")),
            ("zh-TW", "zh-Hans zh-Hant", Some("zh-Hant")),
            ("zh-HK", "zh zh-Hant", Some("zh-Hant")),
            ("zh-TW", "zh-CN", None),
            ("zh-TW", "zh-HK", Some("zh-HK")),
            ("zh-CN", "zh-Hant zh-Hans", Some("zh-Hans")),
            ("zh", "zh-Hans", Some("zh-Hans")),
            ("sr", "sr-Latn", Some("sr-Latn")),
            ("sr-Cyrl", "sr-Latn", None),
            // The order of preference.
            ("fr de", "de fr", Some("fr")),
            ("pt en", "en pt-BR", Some("pt-BR")),
            ("ja pt-PT en", "en pt-BR", Some("pt-BR")),
            // Nothing that fits.
            ("ja", "en de", None),
            ("de", "den", None),
            ("de", "", None),
            ("", "de", None),
            ("x-de", "de x-fr", None),
            ("x-ours", "de x-ours", Some("x-ours")),
        ] {
            let tags = ui_locales(available);
            let found = best(&ui_locales(wanted), &tags.iter().map(|tag| (tag, tag.as_str())));
            assert_eq!(found, expected, "{wanted} among {available}");
        }
    }
}
