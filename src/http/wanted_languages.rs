//! The languages that the reader of a page wants: those that the application asks for, then the one that the person has
//! chosen here, then those of the browser.

use std::cell::{OnceCell, RefCell};

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderValue};

use super::accept::accept_language;
use super::cookies;
use crate::clock::Timestamp;
use crate::face::language::Language;
use crate::oauth::language_tag::{self, LanguageTag};

/// The languages that a request for a page asks for. They are read when a page is shown.
#[derive(Debug, Default)]
pub struct WantedLanguages {
    accepted: Vec<HeaderValue>,
    cookies: Vec<HeaderValue>,
    cookie_name: &'static str,
    asked: RefCell<Option<AskedLanguages>>,
    wanted: OnceCell<Vec<LanguageTag>>,
}

/// What an application asks for with `ui_locales`.
#[derive(Debug)]
struct AskedLanguages {
    tags: Vec<LanguageTag>,
    /// When the application asked. A person who chooses a language later does not want the application's.
    asked_at: Timestamp,
}

impl WantedLanguages {
    /// What a request for a page says. `cookie_name` names the cookie of [`choice`].
    pub(super) fn of(http: &HttpRequest, cookie_name: &'static str) -> Self {
        let all = |name| http.headers().get_all(name).cloned().collect();
        Self {
            accepted: all(header::ACCEPT_LANGUAGE),
            cookies: all(header::COOKIE),
            cookie_name,
            ..Self::default()
        }
    }

    /// Notes the parameter `ui_locales` of an application's request. Only the first call counts.
    pub fn asked_for(&self, ui_locales: &str, asked_at: Timestamp) {
        self.asked
            .borrow_mut()
            .get_or_insert_with(|| AskedLanguages { tags: language_tag::ui_locales(ui_locales), asked_at });
    }

    /// All languages that the reader wants, the preferred one first.
    pub fn all(&self) -> &[LanguageTag] {
        self.wanted.get_or_init(|| {
            let mut wanted = Vec::new();
            let chosen = self.chosen();
            if let Some(asked) = &*self.asked.borrow() {
                wanted.extend(
                    chosen.iter().filter(|(_, at)| *at >= asked.asked_at).map(|(tag, _)| tag.clone()),
                );
                wanted.extend_from_slice(&asked.tags);
            }
            wanted.extend(chosen.map(|(tag, _)| tag));
            // The bound of one header is that of all: a head has room for many.
            let accepted = self.accepted.iter().filter_map(|value| value.to_str().ok());
            wanted.extend(accepted.flat_map(accept_language).take(language_tag::MAX_WANTED));
            wanted
        })
    }

    /// The language that the person has chosen here, and when.
    fn chosen(&self) -> Option<(LanguageTag, Timestamp)> {
        let mut pairs = cookies::pairs(self.cookies.iter());
        let (_, value) = pairs.find(|(name, _)| *name == self.cookie_name)?;
        let (language, at) = read_choice(value)?;
        Some((LanguageTag::parse(language.tag())?, at))
    }
}

/// Separates the tag of the chosen language from the time of the choice.
const BEFORE_TIME: char = '.';

/// The value of the cookie for a choice.
pub fn choice(language: Language, now: Timestamp) -> String {
    format!("{}{BEFORE_TIME}{}", language.tag(), now.as_unix())
}

/// The language and the time in a value that [`choice`] has made. `None` for any other text.
pub fn read_choice(value: &str) -> Option<(Language, Timestamp)> {
    let (tag, at) = value.split_once(BEFORE_TIME)?;
    Some((Language::find(tag)?, Timestamp::from_unix(at.parse().ok()?)))
}
