//! Texts for people in several languages, such as `client_name` and `client_name#de` (RFC 7591 §2.2).

use std::array;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::iter;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use crate::oauth::language_tag::{LanguageTag, best};

/// The number of languages that a text can have besides its default.
pub const MAX_LANGUAGES: usize = 50;

/// A text for people: the default, which says nothing about its language, and the same in languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalizedText {
    default: String,
    in_languages: BTreeMap<LanguageTag, String>,
}

impl LocalizedText {
    /// Returns the default, for readers that have no language.
    pub fn as_str(&self) -> &str {
        &self.default
    }

    /// Returns the text for a person who wants these languages, the preferred one first, and the language of the text. That
    /// is the default with `None` if the text is not available in any of them.
    ///
    /// The default may be in a language that the person reads better than some of those. So `wanted` should be the language
    /// of the page, and no other language that the person reads, too.
    pub fn in_language(&self, wanted: &[LanguageTag]) -> (&str, Option<&LanguageTag>) {
        if self.in_languages.is_empty() {
            return (&self.default, None);
        }
        let available = self.in_languages.iter().map(|(tag, text)| (tag, (text.as_str(), Some(tag))));
        best(wanted, &available).unwrap_or((&self.default, None))
    }

    /// Returns the texts in languages, sorted by their tags, without the default.
    pub fn in_languages(&self) -> impl Iterator<Item = (&LanguageTag, &str)> + Clone {
        self.in_languages.iter().map(|(tag, text)| (tag, text.as_str()))
    }

    /// Returns the members that an object has for this text, with their values: `name` for the default and `name#de` for
    /// the text in German (RFC 7591 §2.2).
    pub fn members<'t>(&'t self, name: &'t str) -> impl Iterator<Item = (Cow<'t, str>, &'t str)> {
        let others = self.in_languages().map(move |(tag, text)| (member(name, tag).into(), text));
        iter::once((Cow::from(name), self.as_str())).chain(others)
    }

    /// Replaces the default. The texts in languages stay.
    pub fn set_default(&mut self, text: String) {
        self.default = text;
    }

    /// Adds the text in a language, or replaces it.
    pub fn insert(&mut self, tag: LanguageTag, text: String) {
        self.in_languages.insert(tag, text);
    }

    /// Removes the text in a language. `false` if there was no such text.
    pub fn remove(&mut self, tag: &LanguageTag) -> bool {
        self.in_languages.remove(tag).is_some()
    }

    /// Checks the default and every other text by the same rule. Returns what is wrong: the member, and a sentence that
    /// names it where it is not the default.
    ///
    /// `name`: the member that has the default.
    pub fn faults(
        &self,
        name: &'static str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Vec<(Cow<'static, str>, String)> {
        let mut faults: Vec<(Cow<'static, str>, String)> =
            check(&self.default).err().into_iter().map(|why| (name.into(), why)).collect();
        for (tag, text) in self.in_languages() {
            if let Err(why) = check(text) {
                let member = member(name, tag);
                let sentence = format!("`{member}`: {why}");
                faults.push((member.into(), sentence));
            }
        }
        if self.in_languages.len() > MAX_LANGUAGES {
            let sentence = format!("`{name}` has more than {MAX_LANGUAGES} languages");
            faults.push((name.into(), sentence));
        }
        faults
    }
}

/// The default alone.
impl From<String> for LocalizedText {
    fn from(default: String) -> Self {
        Self { default, in_languages: BTreeMap::new() }
    }
}

/// The default alone.
impl From<&str> for LocalizedText {
    fn from(default: &str) -> Self {
        default.to_owned().into()
    }
}

/// The name of the member that has a text in a language.
fn member(name: &str, tag: &LanguageTag) -> String {
    format!("{name}#{tag}")
}

/// What the members of an object say about a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundText {
    pub default: Option<String>,
    pub in_languages: BTreeMap<LanguageTag, String>,
}

impl FoundText {
    /// Returns the text. `None` if there is no default.
    pub fn text(self) -> Option<LocalizedText> {
        let Self { default, in_languages } = self;
        Some(LocalizedText { default: default?, in_languages })
    }
}

/// Reads texts from the members of an object: for each name the member `name`, and those with a tag, such as `name#de`. Other
/// members are ignored, and so are tags that are not well-formed, which this server does not write.
pub struct TextMembers<const N: usize>(pub [&'static str; N]);

impl<'de, const N: usize> Visitor<'de> for TextMembers<N> {
    type Value = [FoundText; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with texts")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Self::Value, M::Error> {
        let mut found: Self::Value = array::from_fn(|_| FoundText::default());
        while let Some(place) = members.next_key_seed(MemberName(&self.0))? {
            match place.and_then(|(index, tag)| Some((found.get_mut(index)?, tag))) {
                Some((text, None)) => text.default = members.next_value()?,
                Some((text, Some(tag))) => {
                    text.in_languages.insert(tag, members.next_value()?);
                }
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

/// The name of a member: which text it belongs to, and its language if it has one. `None` for another member.
struct MemberName<'n>(&'n [&'static str]);

impl<'de> DeserializeSeed<'de> for MemberName<'_> {
    type Value = Option<(usize, Option<LanguageTag>)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<'de> Visitor<'de> for MemberName<'_> {
    type Value = Option<(usize, Option<LanguageTag>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, member: &str) -> Result<Self::Value, E> {
        let (name, tag) = match member.split_once('#') {
            Some((name, tag)) => match LanguageTag::parse(tag) {
                Some(tag) => (name, Some(tag)),
                None => return Ok(None),
            },
            None => (member, None),
        };
        Ok(self.0.iter().position(|known| *known == name).map(|index| (index, tag)))
    }
}

/// Reads texts from a JSON object, as [`TextMembers`] does.
///
/// # Errors
/// If the text is not a JSON object, or a text in it is not a string.
pub fn from_json<const N: usize>(json: &str, names: [&'static str; N]) -> serde_json::Result<[FoundText; N]> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let found = deserializer.deserialize_map(TextMembers(names))?;
    deserializer.end()?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::language_tag::ui_locales;

    fn text(default: &str, others: &[(&str, &str)]) -> LocalizedText {
        let mut text = LocalizedText::from(default);
        for (tag, other) in others {
            text.insert(LanguageTag::parse(tag).unwrap(), (*other).to_owned());
        }
        text
    }

    #[test]
    fn a_person_gets_the_text_in_the_best_language_or_else_the_default() {
        let name =
            text("Calendar", &[("de", "Kalender"), ("pt-BR", "Agenda"), ("zh-Hans", "\u{65e5}\u{5386}")]);
        for (wanted, shown, tag) in [
            ("", "Calendar", None),
            ("en", "Calendar", None),
            ("de-AT", "Kalender", Some("de")),
            ("ja pt", "Agenda", Some("pt-BR")),
            ("zh-Hant", "Calendar", None),
        ] {
            let (found, language) = name.in_language(&ui_locales(wanted));
            assert_eq!((found, language.map(LanguageTag::as_str)), (shown, tag), "{wanted}");
        }
        assert_eq!(text("Calendar", &[]).in_language(&ui_locales("de")), ("Calendar", None));
    }

    #[test]
    fn members_are_read_as_they_are_written_and_a_tag_may_have_any_case() {
        let name = text("Calendar", &[("de", "Kalender"), ("pt-BR", "Agenda")]);
        let members: Vec<(Cow<'_, str>, &str)> = name.members("client_name").collect();
        let expected =
            [("client_name", "Calendar"), ("client_name#de", "Kalender"), ("client_name#pt-BR", "Agenda")];
        assert_eq!(members, expected.map(|(name, text)| (Cow::from(name), text)));
        let json = r#"{"kind": ["web"], "client_name#DE": "Kalender", "client_name": "Calendar", "client_name#pt-br":
                       "Agenda", "client_name#de_AT": 1, "client_name#": {}, "client_names": "x", "other#de": "y"}"#;
        let [found, other] = from_json(json, ["client_name", "other"]).unwrap();
        assert_eq!(found.text(), Some(name));
        assert_eq!(other.clone().text(), None, "a text without a default is not a text");
        assert_eq!(other.in_languages.len(), 1);
        for damaged in ["", "[]", "{", r#"{"other": 1}"#, r#"{"other#de": null}"#, "{} {}"] {
            assert!(from_json(damaged, ["other"]).is_err(), "{damaged}");
        }
    }

    #[test]
    fn every_text_has_to_keep_the_same_rule_and_fifty_languages_are_enough() {
        let rule = |text: &str| if text.is_empty() { Err("a name is not empty".to_owned()) } else { Ok(()) };
        assert_eq!(text("a", &[("de", "b")]).faults("name", rule), []);
        let faults = text("", &[("de", "b"), ("fr", "")]).faults("name", rule);
        let expected = [("name", "a name is not empty"), ("name#fr", "`name#fr`: a name is not empty")];
        assert_eq!(faults, expected.map(|(name, why)| (Cow::from(name), why.to_owned())));
        let mut many = text("a", &[]);
        for number in 0..MAX_LANGUAGES {
            many.insert(LanguageTag::parse(&format!("x-{number}")).unwrap(), "b".to_owned());
        }
        assert_eq!(many.faults("name", rule), []);
        many.insert(LanguageTag::parse("de").unwrap(), "b".to_owned());
        assert_eq!(many.faults("name", rule)[0].1, "`name` has more than 50 languages");
    }
}
