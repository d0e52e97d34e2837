//! The catalogue: every text of the pages, in every language (Fluent).

use std::borrow::Cow;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use minijinja::value::Value;
use minijinja::{Error, ErrorKind, HtmlEscape};
use unic_langid::LanguageIdentifier;

use super::language::Language;
use crate::failure::Failure;

/// The texts of a language.
type Texts = FluentBundle<FluentResource>;

/// The texts of all languages.
pub struct PageTexts {
    texts: Vec<(Language, Texts)>,
}

/// The catalogue's file of a language.
fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("locales/en.ftl"),
        Language::German => include_str!("locales/de.ftl"),
        Language::French => include_str!("locales/fr.ftl"),
        Language::Spanish => include_str!("locales/es.ftl"),
        Language::BrazilianPortuguese => include_str!("locales/pt-BR.ftl"),
        Language::Italian => include_str!("locales/it.ftl"),
        Language::Japanese => include_str!("locales/ja.ftl"),
        Language::Arabic => include_str!("locales/ar.ftl"),
    }
}

impl PageTexts {
    /// Reads the texts of all languages.
    ///
    /// # Errors
    /// A file is not valid.
    pub fn new() -> Result<Self, Failure> {
        let texts = Language::ALL.into_iter().map(|language| Ok((language, read(language)?)));
        Ok(Self { texts: texts.collect::<Result<_, Failure>>()? })
    }

    /// Returns a text as HTML. The text itself and its arguments are escaped, except for arguments that are HTML already.
    ///
    /// # Errors
    /// There is no such text, or an argument is missing.
    pub fn html(&self, language: Language, id: &str, arguments: &[(&str, Value)]) -> Result<String, Error> {
        let unknown = || Error::new(ErrorKind::InvalidOperation, format!("there is no text {id}"));
        // A text that is missing in a language is English; a test keeps the languages complete.
        let texts = self.texts(language).filter(|texts| texts.has_message(id));
        let texts = texts.or_else(|| self.texts(Language::English)).ok_or_else(unknown)?;
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

fn read(language: Language) -> Result<Texts, Failure> {
    let tag = language.tag();
    let broken = |why: String| Failure::Internal(format!("the texts in {tag}: {why}"));
    let identifier: LanguageIdentifier = tag.parse().map_err(|error| broken(format!("{error}")))?;
    let resource = FluentResource::try_new(source(language).to_owned())
        .map_err(|(_, errors)| broken(format!("{errors:?}")))?;
    let mut texts = FluentBundle::new_concurrent(vec![identifier]);
    // Names are isolated by markup.
    texts.set_use_isolating(false);
    texts.set_transform(Some(escaped));
    texts.add_resource(resource).map_err(|errors| broken(format!("{errors:?}")))?;
    Ok(texts)
}

fn html_of(value: &Value) -> String {
    match (value.is_safe(), value.as_str()) {
        (true, Some(html)) => html.to_owned(),
        (false, Some(text)) => escaped(text).into_owned(),
        _ => escaped(&value.to_string()).into_owned(),
    }
}

fn escaped(text: &str) -> Cow<'_, str> {
    match text.contains(['<', '>', '&', '"', '\'']) {
        true => HtmlEscape(text).to_string().into(),
        false => text.into(),
    }
}
