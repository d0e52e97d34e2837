//! Templates of an operator that replace ours one by one, under a contract that has a version (docs/theming.md).
//!
//! A replaced page must still do what the page is for. So each one is rendered in every state of [`preview`] beside ours, and
//! its forms are compared: the other one must send what ours sends, and nothing else.

mod forms;
mod page_reader;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use minijinja::{Environment, Error, ErrorKind, HtmlEscape};
use url::Url;

use super::assets::Assets;
use super::language::Language;
use super::message_overrides::MessageOverrides;
use super::preview::{self, PageState};
use super::templates::{FUEL, PAGES, Reader, Templates, replaceable};
use super::theme::{OperatorTheme, Replacement};
use crate::failure::Failure;
use crate::files::NamedFile;

/// The version of the contract: which templates there are, and what each gets. It changes when a template that kept the
/// contract before may not keep it any more.
pub const VERSION: u32 = 1;

/// What an exported template says in its first line, before the version.
const VERSION_MARK: &str = "grantor template, version ";

/// The largest template in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// The templates that are parts of others.
const PIECES: [&str; 3] = ["layout.html", "parts.html", "ways.html"];

/// What every template gets beside the fields of its page.
const OF_EVERY_PAGE: [&str; 6] = ["lang", "dir", "language_name", "here", "script", "operator_sentence"];

/// Why a template cannot replace ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the template {name} cannot be used: {why}")]
pub struct WrongTemplate {
    pub name: String,
    pub why: String,
}

impl WrongTemplate {
    fn new(name: &str, why: impl Into<String>) -> Self {
        Self { name: name.to_owned(), why: why.into() }
    }
}

/// The address of the server in the check.
const ISSUER: &str = "https://id.example.com";

/// Reads the templates in a folder, and checks them together with the operator's texts.
///
/// # Errors
/// What is wrong with them, at most one finding for each.
pub fn load(folder: &Path, messages: &MessageOverrides) -> Result<Vec<Replacement>, Vec<WrongTemplate>> {
    let replaced = read(folder).map_err(|wrong| vec![wrong])?;
    let ours = |failure: Failure| vec![WrongTemplate::new("layout.html", failure.chain())];
    let wrong = check(&replaced, messages).map_err(ours)?;
    if wrong.is_empty() { Ok(replaced) } else { Err(wrong) }
}

/// Reads the templates in a folder: its files whose names end in `.html`.
///
/// # Errors
/// If the folder or a file cannot be read, or no template of ours has this name.
fn read(folder: &Path) -> Result<Vec<Replacement>, WrongTemplate> {
    let unreadable = |error: std::io::Error| {
        WrongTemplate::new(&folder.display().to_string(), format!("the folder cannot be read: {error}"))
    };
    let mut read = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.ends_with(".html") {
            continue;
        }
        if !replaceable().contains(&name.as_str()) {
            let why = format!("only these can be replaced: {}", replaceable().join(", "));
            return Err(WrongTemplate::new(&name, why));
        }
        let text = NamedFile::new("the template", &path).text(MAX_BYTES);
        let text = text.map_err(|error| WrongTemplate::new(&name, error.to_string()))?;
        read.push(Replacement { name, text: text.to_string() });
    }
    read.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(read)
}

/// Returns our own template as a start for another one, with the version of the contract in its first line. `None` if no
/// template of this name can be replaced.
pub fn start(name: &str) -> Option<Replacement> {
    let (_, text) = PAGES.iter().find(|(other, _)| *other == name)?;
    let text = format!("{{#- {VERSION_MARK}{VERSION}: docs/theming.md -#}}\n{text}");
    Some(Replacement { name: name.to_owned(), text })
}

/// Returns what is wrong with templates, at most one finding for each. Without findings they can replace ours.
///
/// # Errors
/// If our own templates are not valid.
fn check(replaced: &[Replacement], messages: &MessageOverrides) -> Result<Vec<WrongTemplate>, Failure> {
    if replaced.is_empty() {
        return Ok(Vec::new());
    }
    let wrong: Vec<WrongTemplate> = replaced.iter().filter_map(|one| check_alone(one).err()).collect();
    if !wrong.is_empty() {
        return Ok(wrong);
    }
    let (ours, theirs) = (OperatorTheme::unchanged(ISSUER), OperatorTheme::unchanged(ISSUER));
    let theirs = OperatorTheme { templates: replaced.to_vec(), messages: messages.clone(), ..theirs };
    let assets = Assets::new(&ours.brand);
    let both = Both {
        ours: Templates::new(ISSUER, &assets, &ours)?.strict(),
        theirs: Templates::new(ISSUER, &assets, &theirs)?.strict(),
        issuer: Url::parse(ISSUER).map_err(|error| Failure::Internal(error.to_string()))?,
        replaced,
    };
    let states = preview::all(ISSUER);
    let mut wrong = both.unknown_names(&states);
    for state in states.iter().filter(|state| both.concerns(state)) {
        if let Err(found) = both.compare(state) {
            wrong.entry(found.name.clone()).or_insert(found);
        }
        if wrong.len() == replaced.len() {
            break;
        }
    }
    Ok(wrong.into_values().collect())
}

/// Checks what can be seen without any other template.
fn check_alone(one: &Replacement) -> Result<(), WrongTemplate> {
    let wrong = |why: String| WrongTemplate::new(&one.name, why);
    if let Some((_, rest)) = one.text.lines().next().and_then(|line| line.split_once(VERSION_MARK)) {
        let version: String = rest.chars().take_while(char::is_ascii_digit).collect();
        if version != VERSION.to_string() {
            return Err(wrong(format!(
                "it is for version {version} of the templates, and this is version {VERSION}; docs/theming.md says \
                 what has changed"
            )));
        }
    }
    let compiled = Environment::new().add_template_owned(one.name.clone(), one.text.clone());
    compiled.map_err(|error| wrong(sentence(&error)))
}

/// Our templates, and the same with those of the operator.
struct Both<'a> {
    ours: Templates,
    theirs: Templates,
    issuer: Url,
    replaced: &'a [Replacement],
}

impl Both<'_> {
    /// What templates use that no page gives them, in any branch.
    fn unknown_names(&self, states: &[PageState]) -> BTreeMap<String, WrongTemplate> {
        let shared: BTreeSet<&str> = self.theirs.shared_names().chain(OF_EVERY_PAGE).collect();
        let mut wrong = BTreeMap::new();
        for one in self.replaced {
            // A piece is on every page.
            let is_piece = states.iter().all(|state| state.view.template() != one.name);
            let of_page = states.iter().filter(|state| is_piece || state.view.template() == one.name);
            let fields: BTreeSet<String> = of_page.flat_map(fields).collect();
            let used = self.theirs.used_names(&one.name);
            let unknown = used.iter().find(|name| !shared.contains(name.as_str()) && !fields.contains(*name));
            if let Some(name) = unknown {
                let why = format!("it uses {name}, which this page does not have");
                wrong.insert(one.name.clone(), WrongTemplate::new(&one.name, why));
            }
        }
        wrong
    }

    /// Whether a state is rendered by a template that is replaced.
    fn concerns(&self, state: &PageState) -> bool {
        let is_used =
            |one: &Replacement| PIECES.contains(&one.name.as_str()) || one.name == state.view.template();
        self.replaced.iter().any(is_used)
    }

    /// Renders a state with both, and looks for what is not the same. Ours has the same forms in every language (a test), so
    /// one is enough; the choice of a language, which is only on pages that can be shown again, may be made in another way.
    fn compare(&self, state: &PageState) -> Result<(), WrongTemplate> {
        let page = |templates: &Templates, language, here| {
            templates.render(Reader { language, here }, state.view.as_ref())
        };
        let ours = page(&self.ours, Language::English, None);
        let ours = ours.map_err(|error| self.of_state(state, Language::English, &sentence(&error)))?;
        let ours = page_reader::read(&ours);
        for language in Language::ALL {
            let failed = |error: Error| {
                let name = error.name().filter(|name| self.replaced.iter().any(|one| one.name == *name));
                let found = self.of_state(state, language, &sentence(&error));
                WrongTemplate { name: name.map_or(found.name, str::to_owned), why: found.why }
            };
            for here in [None, Some("/")] {
                let html = page(&self.theirs, language, here).map_err(failed)?;
                let is_missing = |text: &&String| !html.contains(&HtmlEscape(text).to_string());
                if let Some(text) = state.must_show.iter().find(is_missing) {
                    let why = format!("it does not show {text:?}, which the application asks for (details)");
                    return Err(self.of_state(state, language, &why));
                }
                let theirs = page_reader::read(&html);
                if let Some(found) = theirs.first_difference(&ours, &self.issuer) {
                    return Err(self.of_state(state, language, &found.to_string()));
                }
            }
        }
        Ok(())
    }

    fn of_state(&self, state: &PageState, language: Language, why: &str) -> WrongTemplate {
        let place = format!("in the state {}/{} in {}, {why}", state.page, state.name, language.tag());
        WrongTemplate::new(self.blamed(state), place)
    }

    /// The replaced template that is most likely to be at fault: that of the page, or else the layout, or else any.
    fn blamed(&self, state: &PageState) -> &str {
        let is_replaced = |name: &&str| self.replaced.iter().any(|one| one.name == *name);
        let likely = [state.view.template(), "layout.html"].into_iter().find(is_replaced);
        likely.unwrap_or_else(|| self.replaced.first().map_or("", |one| one.name.as_str()))
    }
}

/// The names of the fields of a page.
fn fields(state: &PageState) -> Vec<String> {
    let names = state.view.fields().try_iter().map(|names| names.map(|name| name.to_string()).collect());
    names.unwrap_or_default()
}

/// An error of the template engine in one line.
fn sentence(error: &Error) -> String {
    let what = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => {
            format!("the page needs more than {FUEL} steps; does a loop go on for too long?")
        }
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    };
    match error.line() {
        Some(line) => format!("line {line}: {what}"),
        None => what,
    }
}

#[cfg(test)]
mod tests;
