//! The templates of the pages, compiled, and what they can call.

use std::collections::HashSet;

use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, HtmlEscape, State, UndefinedBehavior, context};

use super::assets::Assets;
use super::brand::Brand;
use super::catalogue::PageTexts;
use super::language::Language;
use super::theme::OperatorTheme;
use super::view::AnyView;
use crate::failure::Failure;
use crate::oauth::display_text;

macro_rules! templates {
    ($( $name:literal ),* $(,)?) => {
        [ $( ($name, include_str!(concat!("templates/", $name))), )* ]
    };
}

/// The templates of pages for people, which an operator can replace.
pub(super) const PAGES: [(&str, &str); 21] = templates![
    "layout.html",
    "parts.html",
    "ways.html",
    "sign_in.html",
    "sign_up.html",
    "set_password.html",
    "password_set.html",
    "choose_account.html",
    "consent.html",
    "device.html",
    "device_answered.html",
    "approve.html",
    "approve_other.html",
    "approve_answered.html",
    "answered.html",
    "logout.html",
    "signed_out.html",
    "signing_out.html",
    "form_post.html",
    "error.html",
    "home.html",
];

/// The templates of the references, which are for developers and stay as they are.
const REFERENCE: [(&str, &str); 7] = templates![
    "reference_layout.html",
    "example.html",
    "api.html",
    "errors.html",
    "search.html",
    "code.html",
    "reason.html",
];

/// The templates of the console, which is for operators and stays as it is.
const CONSOLE: [(&str, &str); 4] =
    templates!["console/layout.html", "console/parts.html", "console/page.html", "console/error.html"];

/// Returns the names of the templates that can be replaced.
pub fn replaceable() -> [&'static str; PAGES.len()] {
    PAGES.map(|(name, _)| name)
}

/// How many steps a page may take if an operator has replaced templates; a step is an instruction, or 64 bytes of text. This is
/// several times as many as the largest page of ours takes, the reference of the API.
pub const FUEL: u64 = 160_000;

/// The compiled templates.
pub struct Templates {
    environment: Environment<'static>,
    /// The operator's sentence under the form, by language.
    sentences: [(Language, Option<String>); 8],
}

/// Who looks at a page, and where it is.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    pub language: Language,
    /// The path and query of the page, where it is shown again in another language. `None` if it cannot be shown again.
    pub here: Option<&'a str>,
}

impl Templates {
    /// Compiles the templates for pages of a server with this public URL. An operator's templates replace ours by their names;
    /// they have been checked (`replacement`).
    ///
    /// # Errors
    /// If a template or a file of the catalogue is not valid.
    pub fn new(issuer: &str, assets: &Assets, theme: &OperatorTheme) -> Result<Self, Failure> {
        let brand = &theme.brand;
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        let catalogue = PageTexts::new(|language| theme.messages.of(language))?;
        environment.add_function("t", move |state: &State<'_, '_>, id: &str, arguments: Kwargs| {
            text(&catalogue, state, id, &arguments)
        });
        environment.add_filter("isolated", |name: &Value| display_text::isolated(&text_of(name).0));
        environment.add_filter("bdi", isolated_by_element);
        environment.add_filter("strong", strong);
        environment.add_filter("ticked", ticked);
        environment.add_global("issuer", issuer.to_owned());
        // The server's name as the address bar shows it.
        environment.add_global("place", issuer.split_once("://").map_or(issuer, |(_, rest)| rest).to_owned());
        environment.add_global("style", format!("{issuer}/assets/{}", assets.style.name));
        let reference_style = format!("{issuer}/assets/{}", assets.reference_style.name);
        environment.add_global("reference_style", reference_style);
        let console_style = format!("{issuer}/assets/{}", assets.console_style.name);
        environment.add_global("console_style", console_style);
        let icon = brand.favicon().unwrap_or_else(|| format!("{issuer}/assets/{}", assets.icon.name));
        environment.add_global("icon", icon);
        environment.add_global("brand", shown(brand));
        let languages = Language::ALL.map(|language| {
            context! { tag => language.tag(), name => language.own_name(), dir => language.direction() }
        });
        environment.add_global("languages", Value::from_iter(languages));
        for (name, text) in PAGES.into_iter().chain(REFERENCE).chain(CONSOLE) {
            let own = theme.templates.iter().find(|replaced| replaced.name == name);
            let added = match own {
                Some(own) => environment.add_template_owned(name, own.text.clone()),
                None => environment.add_template(name, text),
            };
            added.map_err(|error| Failure::Internal(format!("the template {name}: {error:#}")))?;
        }
        // Without it, a loop of an operator's template could keep a thread for hours.
        environment.set_fuel((!theme.templates.is_empty()).then_some(FUEL));
        let sentence =
            |language: Language| (language, brand.options().sentence(language.tag()).map(str::to_owned));
        Ok(Self { environment, sentences: Language::ALL.map(sentence) })
    }

    /// These templates for pages that show `place` as the server's name.
    #[must_use]
    pub fn shown_as(mut self, place: &str) -> Self {
        self.environment.add_global("place", place.to_owned());
        self
    }

    /// These templates, in which a name that does not exist is an error.
    pub(super) fn strict(mut self) -> Self {
        self.environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        self
    }

    /// These templates, of which a page may take so many steps.
    #[cfg(test)]
    pub(super) fn with_fuel(mut self, fuel: u64) -> Self {
        self.environment.set_fuel(Some(fuel));
        self
    }

    /// The names that a template uses and does not define, in any of its branches.
    pub(super) fn used_names(&self, template: &str) -> HashSet<String> {
        self.environment.get_template(template).map(|it| it.undeclared_variables(false)).unwrap_or_default()
    }

    /// The names that every template can use: functions, and values that are the same on each page.
    pub(super) fn shared_names(&self) -> impl Iterator<Item = &str> {
        self.environment.globals().map(|(name, _)| name)
    }

    /// Renders a page.
    ///
    /// # Errors
    /// If the template uses something that the view does not have.
    pub fn render(&self, reader: Reader<'_>, view: &dyn AnyView) -> Result<String, Error> {
        let fields = context! { script => view.script(), ..view.fields() };
        self.render_value(reader, view.template(), fields)
    }

    /// Renders a page from a template without a type of its own.
    ///
    /// # Errors
    /// If the template uses something that the context does not have.
    pub fn render_value(&self, reader: Reader<'_>, template: &str, view: Value) -> Result<String, Error> {
        let Reader { language, here } = reader;
        let page = context! {
            lang => language.tag(),
            dir => language.direction(),
            language_name => language.own_name(),
            here,
            // Not `sentence`: error pages have a field of this name.
            operator_sentence => self.sentences.iter().find(|(other, _)| *other == language).and_then(|(_, text)| text.as_deref()),
            ..view
        };
        self.environment.get_template(template)?.render(page)
    }
}

/// What the layout shows of a brand.
fn shown(brand: &Brand) -> Value {
    let options = brand.options();
    context! {
        name => brand.name(),
        logo => brand.logo(),
        logo_dark => brand.logo_dark(),
        support => options.support(),
        privacy => options.privacy(),
        terms => options.terms(),
    }
}

/// The text of the catalogue in the language of the page.
fn text(catalogue: &PageTexts, state: &State<'_, '_>, id: &str, arguments: &Kwargs) -> Result<Value, Error> {
    let lang = state.lookup("lang");
    let language = lang.as_ref().and_then(Value::as_str).and_then(Language::find);
    let language =
        language.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "the page has no language"))?;
    let given: Vec<(&str, Value)> =
        arguments.args().map(|name| Ok((name, arguments.get(name)?))).collect::<Result<_, Error>>()?;
    Ok(Value::from_safe_string(catalogue.html(language, id, &given)?))
}

/// A name between words of another language, isolated by an element. Nothing for no name.
fn isolated_by_element(name: &Value) -> Value {
    let (text, lang) = text_of(name);
    let lang = lang.map(|lang| format!(" lang=\"{}\"", HtmlEscape(&lang))).unwrap_or_default();
    Value::from_safe_string(format!("<bdi{lang}>{}</bdi>", HtmlEscape(&text)))
}

/// The text of a value, and the language that it is in, if it says so ([`Words`](super::view::Words)).
fn text_of(value: &Value) -> (String, Option<String>) {
    let attribute =
        |name| value.get_attr(name).ok().filter(|value| !value.is_undefined() && !value.is_none());
    match attribute("text") {
        Some(text) => (text.to_string(), attribute("lang").map(|lang| lang.to_string())),
        None => (value.to_string(), None),
    }
}

/// A sentence in which names that programs use are between backquotes, with elements in their place.
fn ticked(sentence: &str) -> Value {
    let parts: Vec<&str> = sentence.split('`').collect();
    // Of an odd number of backquotes, the last one is a character of the text.
    let pairs = (parts.len() - 1) / 2 * 2;
    let mut html = String::new();
    for (place, part) in parts.iter().enumerate() {
        match place {
            place if place > pairs => html.push('`'),
            0 => {}
            place => html.push_str(if place % 2 == 1 { "<code>" } else { "</code>" }),
        }
        html.push_str(&HtmlEscape(part).to_string());
    }
    Value::from_safe_string(html)
}

/// A value in an element that makes it stand out.
fn strong(value: &Value) -> Value {
    let html = if value.is_safe() { value.to_string() } else { HtmlEscape(&value.to_string()).to_string() };
    Value::from_safe_string(format!("<strong>{html}</strong>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_between_backquotes_are_code_and_everything_else_is_text() {
        for (sentence, html) in [
            ("plain", "plain"),
            ("`url` must be one", "<code>url</code> must be one"),
            ("a `b` and `c`", "a <code>b</code> and <code>c</code>"),
            ("`<b>` & co", "<code>&lt;b&gt;</code> &amp; co"),
            ("one ` alone", "one ` alone"),
            ("`a` and ` alone", "<code>a</code> and ` alone"),
        ] {
            assert_eq!(ticked(sentence).to_string(), html);
        }
    }
}
