//! The operator's brand: what the pages look like, and which names and links they show.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};
use url::Url;

use super::check::OptionMistake;
use super::{Config, one_of};
use crate::face::colour::Colour;
use crate::face::language::Language;
use crate::face::tokens::{BrandTokens, Font, Radius, WrongToken};
use crate::oauth::display_text::is_line;
use crate::oauth::host;

/// The option whose text is also `brand.sentence.default`.
pub(super) const SENTENCE: &str = "brand.sentence";
/// The language of a sentence that is for every language without one of its own.
const EVERY_LANGUAGE: &str = "default";
/// The options with a sentence, by its language.
const SENTENCES: [(&str, &str); 9] = [
    (EVERY_LANGUAGE, "brand.sentence.default"),
    ("en", "brand.sentence.en"),
    ("de", "brand.sentence.de"),
    ("fr", "brand.sentence.fr"),
    ("es", "brand.sentence.es"),
    ("pt-BR", "brand.sentence.pt-BR"),
    ("it", "brand.sentence.it"),
    ("ja", "brand.sentence.ja"),
    ("ar", "brand.sentence.ar"),
];

/// The most characters of a name, which stands at the head of a small page.
const MAX_NAME: usize = 60;
/// The most characters of a sentence under the form.
const MAX_SENTENCE: usize = 300;
/// The most bytes of a link.
const MAX_LINK: usize = 2048;

#[derive(Clone, Debug, Deserialize)]
pub struct BrandOptions {
    name: String,
    logo: PathBuf,
    logo_dark: PathBuf,
    favicon: PathBuf,
    #[serde(deserialize_with = "colour")]
    accent: Option<Colour>,
    #[serde(deserialize_with = "colour")]
    background: Option<Colour>,
    #[serde(deserialize_with = "colour")]
    background_dark: Option<Colour>,
    #[serde(deserialize_with = "radius")]
    radius: Radius,
    #[serde(deserialize_with = "font")]
    font: Font,
    support: String,
    forgotten_password: String,
    privacy: String,
    terms: String,
    sentence: BTreeMap<String, String>,
    /// The language of pages for readers who want none that the pages exist in.
    #[serde(deserialize_with = "language")]
    pub language: Language,
    /// Whether the brands of clients are used.
    pub clients_may: bool,
    css: PathBuf,
    templates: PathBuf,
    messages: PathBuf,
}

/// Reads a colour; `None` for an empty text.
fn colour<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Colour>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

fn radius<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Radius, D::Error> {
    one_of(deserializer, &Radius::ALL.map(|radius| (radius.as_str(), radius)))
}

fn font<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Font, D::Error> {
    one_of(deserializer, &Font::ALL.map(|font| (font.as_str(), font)))
}

fn language<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Language, D::Error> {
    one_of(deserializer, &Language::ALL.map(|language| (language.tag(), language)))
}

impl BrandOptions {
    /// Returns the options of an operator who changes nothing.
    pub fn unchanged() -> Self {
        Self {
            name: String::new(),
            logo: PathBuf::new(),
            logo_dark: PathBuf::new(),
            favicon: PathBuf::new(),
            accent: None,
            background: None,
            background_dark: None,
            radius: Radius::Medium,
            font: Font::System,
            support: String::new(),
            forgotten_password: String::new(),
            privacy: String::new(),
            terms: String::new(),
            sentence: BTreeMap::new(),
            language: Language::English,
            clients_may: false,
            css: PathBuf::new(),
            templates: PathBuf::new(),
            messages: PathBuf::new(),
        }
    }

    /// The operator's name for people. `None`: the pages show the host.
    pub fn name(&self) -> Option<&str> {
        set(&self.name)
    }

    /// A page or an address (`mailto:`) where people get help.
    pub fn support(&self) -> Option<&str> {
        set(&self.support)
    }

    /// A page or an address where people who have forgotten their password get a new one.
    pub fn forgotten_password(&self) -> Option<&str> {
        set(&self.forgotten_password)
    }

    pub fn privacy(&self) -> Option<&str> {
        set(&self.privacy)
    }

    pub fn terms(&self) -> Option<&str> {
        set(&self.terms)
    }

    /// The sentence under the form in this language, or else the one for every language.
    pub fn sentence(&self, language: &str) -> Option<&str> {
        let of = |language: &str| self.sentence.get(language).and_then(|sentence| set(sentence));
        of(language).or_else(|| of(EVERY_LANGUAGE))
    }

    pub fn logo(&self) -> Option<&Path> {
        file(&self.logo)
    }

    /// The logo in the dark scheme. `None`: the same logo.
    pub fn logo_dark(&self) -> Option<&Path> {
        file(&self.logo_dark)
    }

    pub fn favicon(&self) -> Option<&Path> {
        file(&self.favicon)
    }

    /// The operator's own CSS.
    pub fn css(&self) -> Option<&Path> {
        file(&self.css)
    }

    /// The folder with templates that replace those of the pages.
    pub fn templates(&self) -> Option<&Path> {
        file(&self.templates)
    }

    /// The folder with messages that replace those of the pages.
    pub fn messages(&self) -> Option<&Path> {
        file(&self.messages)
    }

    /// What the operator chose beside the style sheet's own values.
    pub fn tokens(&self) -> BrandTokens {
        BrandTokens {
            accent: self.accent,
            background: self.background,
            background_dark: self.background_dark,
            radius: Some(self.radius).filter(|radius| *radius != Radius::Medium),
            font: Some(self.font).filter(|font| *font != Font::System),
        }
    }

    /// The files and folders that are named, each with its option.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let named = [
            ("brand.logo", self.logo()),
            ("brand.logo_dark", self.logo_dark()),
            ("brand.favicon", self.favicon()),
            ("brand.css", self.css()),
            ("brand.templates", self.templates()),
            ("brand.messages", self.messages()),
        ];
        named.into_iter().filter_map(|(key, path)| Some((key, path?)))
    }
}

fn set(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn file(path: &Path) -> Option<&Path> {
    Some(path).filter(|path| !path.as_os_str().is_empty())
}

impl Config {
    pub(super) fn check_brand(&self) -> Vec<OptionMistake> {
        let brand = &self.brand;
        let mut mistakes: Vec<OptionMistake> = Vec::new();
        let mut found = |key: &'static str, why: &str| mistakes.push((key, format!("{key} {why}")));
        if let Some(name) = brand.name()
            && !(is_shown(name) && name.chars().count() <= MAX_NAME)
        {
            found("brand.name", &format!("must be one line of at most {MAX_NAME} characters"));
        }
        if brand.logo().is_none() && brand.logo_dark().is_some() {
            found("brand.logo_dark", "is the dark form of brand.logo, which is not set");
        }
        for wrong in brand.tokens().check() {
            match wrong {
                WrongToken::Background(why) => found("brand.background", &why.to_string()),
                WrongToken::BackgroundDark(why) => found("brand.background_dark", &why.to_string()),
                WrongToken::Accent => {
                    found("brand.accent", "cannot be read on the background in any lightness");
                }
            }
        }
        for (key, link) in
            [("brand.support", brand.support()), ("brand.forgotten_password", brand.forgotten_password())]
        {
            if link.is_some_and(|link| !is_https(link) && !is_mailto(link)) {
                found(key, "must be an https address, or mailto: and an e-mail address");
            }
        }
        for (key, link) in [("brand.privacy", brand.privacy()), ("brand.terms", brand.terms())] {
            if link.is_some_and(|link| !is_https(link)) {
                found(key, "must be an https address");
            }
        }
        for (language, key) in SENTENCES {
            let sentence = brand.sentence.get(language).and_then(|sentence| set(sentence));
            if sentence.is_some_and(|text| !is_shown(text) || text.chars().count() > MAX_SENTENCE) {
                found(key, &format!("must be one line of at most {MAX_SENTENCE} characters"));
            }
        }
        mistakes
    }
}

/// Whether a text has something to see, and stays on its line.
fn is_shown(text: &str) -> bool {
    is_line(text) && !text.trim().is_empty()
}

fn is_https(link: &str) -> bool {
    let url = Url::parse(link).ok().filter(|url| url.scheme() == "https" && host::is_plain(url));
    link.len() <= MAX_LINK && url.is_some_and(|url| url.username().is_empty() && url.password().is_none())
}

/// Whether a link is `mailto:` and one address, without header fields (RFC 6068 §2).
fn is_mailto(link: &str) -> bool {
    let address = link.strip_prefix("mailto:").and_then(|address| address.split_once('@'));
    address.is_some_and(|(local, domain)| {
        let is_plain = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte))
        };
        link.len() <= MAX_LINK && is_plain(local) && is_plain(domain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(key: &str, value: &str) -> String {
        Config::with(&[(key, value)]).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn every_value_that_cannot_be_used_has_its_sentence() {
        let long = "x".repeat(MAX_SENTENCE + 1);
        for (key, value, part) in [
            ("brand.name", &long[..=MAX_NAME], "brand.name must be one line of at most 60 characters"),
            ("brand.name", " ", "brand.name must be one line"),
            ("brand.name", "a\u{202e}b", "brand.name must be one line"),
            ("brand.accent", "green", "brand.accent cannot be used: it is not a colour; write #rgb"),
            (
                "brand.background",
                "#123",
                "brand.background is #112233, on which text in #171c28 has a contrast",
            ),
            ("brand.background_dark", "#fff", "brand.background_dark is #ffffff, on which text in #eceff5"),
            (
                "brand.radius",
                "round",
                "brand.radius cannot be used: it is not one of none, small, medium, large",
            ),
            ("brand.font", "Arial", "brand.font cannot be used: it is not one of system, humanist"),
            ("brand.support", "http://help.example", "brand.support must be an https address, or mailto:"),
            ("brand.support", "mailto:a@b.example?subject=x", "brand.support must be"),
            ("brand.support", "mailto:a@", "brand.support must be"),
            ("brand.forgotten_password", "javascript:x", "brand.forgotten_password must be an https"),
            ("brand.privacy", "mailto:a@b.example", "brand.privacy must be an https address"),
            ("brand.terms", "javascript:alert(1)", "brand.terms must be an https address"),
            ("brand.terms", "https://a:b@c.example/", "brand.terms must be an https address"),
            ("brand.sentence", &long, "brand.sentence.default must be one line of at most 300 characters"),
            ("brand.sentence.de", "a\nb", "brand.sentence.de must be one line"),
            ("brand.sentence.pt-BR", &long, "brand.sentence.pt-BR must be one line"),
            ("brand.sentence.xx", "a", "unknown option brand.sentence.xx"),
            ("brand.language", "nl", "brand.language cannot be used: it is not one of en, de, es"),
            ("brand.clients_may", "perhaps", "brand.clients_may cannot be used"),
            (
                "brand.logo_dark",
                "dark.svg",
                "brand.logo_dark is the dark form of brand.logo, which is not set",
            ),
        ] {
            let sentence = refusal(key, value);
            assert!(sentence.starts_with(part), "{key}: {sentence}");
            assert_eq!(sentence.lines().count(), 1, "{sentence}");
        }
    }

    #[test]
    fn every_option_takes_what_it_is_for() {
        let sentence = "x".repeat(MAX_SENTENCE);
        let config = Config::with(&[
            ("brand.name", &"\u{e4}".repeat(MAX_NAME)),
            ("brand.accent", "#0A7"),
            ("brand.background", "#fff"),
            ("brand.background_dark", "#000"),
            ("brand.radius", "none"),
            ("brand.font", "serif"),
            ("brand.support", "mailto:help@example.com"),
            ("brand.privacy", "https://example.com/privacy?a=b"),
            ("brand.terms", "https://example.com/terms"),
            ("brand.sentence", &sentence),
            ("brand.sentence.pt-BR", "Ol\u{e1}"),
            ("brand.language", "pt-BR"),
            ("brand.clients_may", "true"),
        ]);
        let brand = config.unwrap().brand;
        assert_eq!(brand.sentence("pt-BR"), Some("Ol\u{e1}"));
        assert_eq!(brand.sentence("de"), Some(sentence.as_str()));
        assert_eq!(brand.support(), Some("mailto:help@example.com"));
        assert_eq!(brand.tokens().radius, Some(Radius::None));
        assert!(brand.clients_may && brand.language == Language::BrazilianPortuguese);
    }

    #[test]
    fn without_options_the_pages_stay_as_they_are() {
        let brand = Config::with(&[]).unwrap().brand;
        assert_eq!(
            (brand.name(), brand.logo(), brand.support(), brand.sentence("en")),
            (None, None, None, None)
        );
        assert_eq!(brand.tokens(), BrandTokens::default());
        assert_eq!(brand.files().count(), 0);
        assert!(!brand.clients_may && brand.language == Language::English);
    }

    #[test]
    fn the_languages_of_sentences_are_those_of_the_pages() {
        let languages: Vec<&str> = SENTENCES.iter().map(|(language, _)| *language).collect();
        let is_option = |language: &Language| languages.contains(&language.tag());
        assert!(Language::ALL.iter().all(is_option) && languages.len() == 1 + Language::ALL.len());
        let known = Config::with(&[]).unwrap().brand.sentence;
        assert_eq!(known.len(), SENTENCES.len());
        assert!(languages.iter().all(|language| known.contains_key(*language)));
    }
}
