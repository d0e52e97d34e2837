//! The files of the catalogue.

use super::language::Language;

/// Returns the file of a language.
pub fn source(language: Language) -> &'static str {
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
