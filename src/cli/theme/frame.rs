//! The preview's own pages, around those of the server: the list of all states, and a state in two widths.

use minijinja::{AutoEscape, Environment, Error, Value, context};

use super::stylesheet::ColourScheme;
use crate::face::language::Language;
use crate::face::preview::{self, PageState};

pub(super) const STYLE: &str = include_str!("templates/preview.css");
pub(super) const SCRIPT: &str = include_str!("templates/preview.js");

/// The templates of the preview's own pages.
pub(super) struct Frame(Environment<'static>);

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) language: Language,
    pub(super) scheme: ColourScheme,
}

impl Frame {
    pub(super) fn new() -> Result<Self, Error> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.add_template("index.html", include_str!("templates/index.html"))?;
        environment.add_template("view.html", include_str!("templates/view.html"))?;
        environment.add_template("nowhere.html", include_str!("templates/nowhere.html"))?;
        Ok(Self(environment))
    }

    /// The list of all pages with their states.
    pub(super) fn index(&self, look: Look, stamp: &str) -> Result<String, Error> {
        let states = preview::all("");
        let mut pages: Vec<(&str, Vec<String>)> = Vec::new();
        for state in &states {
            match pages.iter_mut().find(|(page, _)| *page == state.page) {
                Some((_, names)) => names.push(state.name.clone()),
                None => pages.push((state.page, vec![state.name.clone()])),
            }
        }
        let pages: Vec<Value> = pages.into_iter().map(|(name, states)| context! { name, states }).collect();
        self.render("index.html", look, context! { pages, stamp, count => states.len() })
    }

    /// A state in two widths. `None` if there is no such state.
    pub(super) fn view(
        &self,
        (page, name): (&str, &str),
        look: Look,
        stamp: &str,
    ) -> Option<Result<String, Error>> {
        let states = preview::all("");
        let at = states.iter().position(|state| state.page == page && state.name == name)?;
        // The names of states are safe in an address.
        let path = |state: &PageState| Value::from_safe_string(format!("{}/{}", state.page, state.name));
        let previous = at.checked_sub(1).map(|before| path(&states[before]));
        let next = states.get(at + 1).map(path);
        let view = context! { page, name, previous, next, stamp };
        Some(self.render("view.html", look, view))
    }

    /// The page behind every form and link of the pages.
    pub(super) fn nowhere(&self) -> Result<String, Error> {
        self.0.get_template("nowhere.html")?.render(())
    }

    fn render(&self, template: &str, look: Look, view: Value) -> Result<String, Error> {
        let languages: Vec<Value> = Language::ALL
            .iter()
            .map(|language| context! { tag => language.tag(), name => language.own_name() })
            .collect();
        let schemes = ColourScheme::ALL.map(ColourScheme::word);
        let view = context! {
            lang => look.language.tag(), scheme => look.scheme.word(), languages, schemes, ..view
        };
        self.0.get_template(template)?.render(view)
    }
}
