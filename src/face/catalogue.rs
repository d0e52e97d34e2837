//! The catalogue: every text of the pages, in every language (Fluent).

use std::borrow::Cow;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use minijinja::value::Value;
use minijinja::{Error, ErrorKind, HtmlEscape};
use unic_langid::LanguageIdentifier;

use super::language::Language;
use super::locales::source;
use crate::failure::Failure;

/// The texts of a language.
type Texts = FluentBundle<FluentResource>;

/// The texts of all languages.
pub struct PageTexts {
    texts: Vec<(Language, Texts)>,
}

impl PageTexts {
    /// Reads the texts of all languages, some of which an operator has replaced: `overrides` returns the operator's file for a
    /// language.
    ///
    /// # Errors
    /// If a file is not valid.
    pub fn new<'a>(overrides: impl Fn(Language) -> Option<&'a str>) -> Result<Self, Failure> {
        let texts =
            Language::ALL.into_iter().map(|language| Ok((language, read(language, overrides(language))?)));
        Ok(Self { texts: texts.collect::<Result<_, Failure>>()? })
    }

    /// Returns a text as HTML. The text itself and its arguments are escaped, except for arguments that are HTML already.
    ///
    /// # Errors
    /// If there is no such text, or an argument is missing.
    pub fn html(&self, language: Language, id: &str, arguments: &[(&str, Value)]) -> Result<String, Error> {
        let unknown = || Error::new(ErrorKind::InvalidOperation, format!("there is no text {id}"));
        // build.rs keeps the languages complete.
        let texts = self.texts(language).ok_or_else(unknown)?;
        let pattern = texts.get_message(id).and_then(|message| message.value()).ok_or_else(unknown)?;
        let mut given = FluentArgs::with_capacity(arguments.len());
        for (name, value) in arguments {
            match i64::try_from(value.clone()) {
                Ok(number) if value.is_number() => given.set(*name, number),
                _ => given.set(*name, html_of(value)),
            }
        }
        let mut errors = Vec::new();
        let text = texts.format_pattern(pattern, Some(&given), &mut errors);
        match errors.first() {
            None => Ok(text.into_owned()),
            Some(error) => Err(Error::new(ErrorKind::InvalidOperation, format!("the text {id}: {error}"))),
        }
    }

    fn texts(&self, language: Language) -> Option<&Texts> {
        self.texts.iter().find(|(other, _)| *other == language).map(|(_, texts)| texts)
    }
}

fn read(language: Language, overrides: Option<&str>) -> Result<Texts, Failure> {
    let tag = language.tag();
    let broken = |why: String| Failure::Internal(format!("the texts in {tag}: {why}"));
    let identifier: LanguageIdentifier = tag.parse().map_err(|error| broken(format!("{error}")))?;
    let resource = |text: &str| {
        FluentResource::try_new(text.to_owned()).map_err(|(_, errors)| broken(format!("{errors:?}")))
    };
    let mut texts = FluentBundle::new_concurrent(vec![identifier]);
    // Names are isolated by markup.
    texts.set_use_isolating(false);
    texts.set_transform(Some(escaped));
    texts.set_formatter(Some(match language {
        Language::English | Language::Japanese | Language::Arabic => |value, _| grouped(value, ",", 4),
        Language::German | Language::BrazilianPortuguese => |value, _| grouped(value, ".", 4),
        Language::Spanish | Language::Italian => |value, _| grouped(value, ".", 5),
        Language::French => |value, _| grouped(value, "\u{202f}", 4),
    }));
    texts.add_resource(resource(source(language))?).map_err(|errors| broken(format!("{errors:?}")))?;
    if let Some(overrides) = overrides {
        texts.add_resource_overriding(resource(overrides)?);
    }
    Ok(texts)
}

/// A whole number with `separator` before each three digits, if it has at least `shortest` of them (CLDR 48). All these
/// languages have the digits 0 to 9 there, Arabic as well. `None` for what is not a number.
fn grouped(value: &FluentValue<'_>, separator: &str, shortest: usize) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    let digits = number.as_string().into_owned();
    if digits.len() < shortest || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (mut text, mut left) = (String::new(), digits.len());
    for digit in digits.chars() {
        if left % 3 == 0 && !text.is_empty() {
            text.push_str(separator);
        }
        text.push(digit);
        left -= 1;
    }
    Some(text)
}

fn html_of(value: &Value) -> String {
    match (value.is_safe(), value.as_str()) {
        (true, Some(html)) => html.to_owned(),
        (false, Some(text)) => escaped(text).into_owned(),
        _ => escaped(&value.to_string()).into_owned(),
    }
}

fn escaped(text: &str) -> Cow<'_, str> {
    match text.contains(['<', '>', '&', '"', '\'', '/']) {
        true => HtmlEscape(text).to_string().into(),
        false => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(language: Language, seconds: i64) -> String {
        let catalogue = PageTexts::new(|_| None).unwrap();
        let text = catalogue.html(language, "wait-second", &[("count", seconds.into())]).unwrap();
        text.chars().filter(|c| c.is_numeric() || [',', '.', '\u{202f}'].contains(c)).collect()
    }

    #[test]
    fn numbers_have_the_digits_and_groups_of_the_language() {
        for (language, thousand, ten_thousand) in [
            (Language::English, "1,234.", "12,345."),
            (Language::German, "1.234.", "12.345."),
            (Language::French, "1\u{202f}234.", "12\u{202f}345."),
            (Language::Spanish, "1234.", "12.345."),
            (Language::Italian, "1234.", "12.345."),
            (Language::BrazilianPortuguese, "1.234.", "12.345."),
            (Language::Arabic, "1,234.", "12,345."),
            (Language::Japanese, "1,234", "12,345"),
        ] {
            assert_eq!(waits(language, 1234), thousand, "{language:?}");
            assert_eq!(waits(language, 12345), ten_thousand, "{language:?}");
        }
        assert_eq!(waits(Language::English, 999), "999.");
        assert_eq!(waits(Language::German, 1_234_567), "1.234.567.");
    }

    #[test]
    fn a_number_chooses_the_plural_of_the_language() {
        let catalogue = PageTexts::new(|_| None).unwrap();
        let of = |language, seconds: i64| {
            catalogue.html(language, "wait-second", &[("count", seconds.into())]).unwrap()
        };
        assert_eq!(of(Language::English, 1), "Try again in a second.");
        assert_eq!(of(Language::French, 1), "Réessayez dans 1 seconde.");
        let arabic: std::collections::BTreeSet<String> = [0, 1, 2, 3, 11, 100]
            .map(|seconds| of(Language::Arabic, seconds).replace(char::is_numeric, ""))
            .into();
        assert!(arabic.len() >= 4, "{arabic:?}");
    }
}
