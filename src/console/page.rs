//! What a page of the console shows, as values: one template shows all of them.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use serde::Serialize;

use super::form::FormView;
use super::same::Same;
use crate::clock::Timestamp;

/// A page.
#[derive(Serialize, Default)]
pub(super) struct ConsolePage {
    pub(super) title: String,
    /// The entry of the navigation that the page belongs to.
    pub(super) place: &'static str,
    /// The pages above this one.
    pub(super) trail: Vec<PageLink>,
    /// The name that programs use, if the title is another one.
    pub(super) id: Option<String>,
    pub(super) badges: Vec<Badge>,
    pub(super) notices: Vec<Notice>,
    pub(super) actions: Vec<Action>,
    pub(super) sections: Vec<Section>,
    /// Whether something in a form is wrong.
    #[serde(skip)]
    pub(super) is_refused: bool,
}

impl ConsolePage {
    /// The status of the answer.
    pub(super) fn status(&self) -> StatusCode {
        if self.is_refused { StatusCode::BAD_REQUEST } else { StatusCode::OK }
    }
}

/// A link. The path begins below the public URL.
#[derive(Serialize, Clone)]
pub(super) struct PageLink {
    pub(super) text: String,
    pub(super) path: String,
}

/// A word that is marked by a colour.
#[derive(Serialize, Clone)]
pub(super) struct Badge {
    pub(super) tone: &'static str,
    pub(super) text: String,
}

/// A sentence that must not be overlooked.
#[derive(Serialize)]
pub(super) struct Notice {
    tone: &'static str,
    text: String,
    /// What is shown only now.
    secret: Option<String>,
    /// Fields of the form on this page that the sentence names.
    fields: Vec<FieldLink>,
    link: Option<PageLink>,
}

/// A field of the form on this page, to which a link leads.
#[derive(Serialize)]
pub(super) struct FieldLink {
    /// Among the fields of the form.
    pub(super) place: usize,
    pub(super) label: &'static str,
}

/// A link that looks like a button.
#[derive(Serialize)]
pub(super) struct Action {
    pub(super) text: &'static str,
    pub(super) path: String,
    pub(super) tone: &'static str,
}

/// A part of a page with a heading.
#[derive(Serialize, Default)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) lead: Option<String>,
    pub(super) actions: Vec<Action>,
    pub(super) parts: Vec<Part>,
}

/// What a section has.
#[derive(Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum Part {
    Facts { rows: Vec<Fact> },
    Table(RowTable),
    Filter(Filter),
    Form(Box<FormView>),
    Code { title: Option<String>, text: String, is_open: bool },
    Charts { charts: Vec<super::chart::Chart> },
    Same(Same),
    Figures { figures: Vec<Figure> },
}

/// A number with its name.
#[derive(Serialize)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) path: Option<String>,
}

/// A name with its values.
#[derive(Serialize)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) values: Vec<Cell>,
    pub(super) help: Option<String>,
    /// Whether each value has a line of its own.
    is_list: bool,
}

/// A table.
#[derive(Serialize, Default)]
pub(super) struct RowTable {
    /// What the table lists, for those who do not see it.
    pub(super) caption: String,
    pub(super) head: Vec<&'static str>,
    /// How the list is sorted by columns, by their names in the head.
    pub(super) sorts: BTreeMap<&'static str, SortLink>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// What is said in the place of an empty table.
    pub(super) empty: String,
    /// The address of the next page.
    pub(super) next: Option<String>,
    /// The address of all rows, if these are only the first.
    pub(super) all: Option<PageLink>,
}

/// A column by which a list can be sorted.
#[derive(Serialize)]
pub(super) struct SortLink {
    /// The query of the list in this order, or in the reverse order if it is sorted by this column already.
    pub(super) query: String,
    /// `ascending` or `descending`; `None` if the list is sorted by another column.
    pub(super) order: Option<&'static str>,
}

/// The fields that narrow a list. They are sent in the query, so they survive a reload.
#[derive(Serialize)]
pub(super) struct Filter {
    pub(super) path: String,
    pub(super) fields: Vec<FilterField>,
    /// What the button says.
    pub(super) button: &'static str,
}

impl Filter {
    pub(super) fn of(path: impl Into<String>, fields: Vec<FilterField>) -> Self {
        Self { path: path.into(), fields, button: "Filter" }
    }
}

/// A field of a filter: words to choose from, or a text.
#[derive(Serialize)]
pub(super) struct FilterField {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
    /// Empty for a text.
    pub(super) words: Vec<&'static str>,
    /// Whether the field is only sent on, and not shown.
    pub(super) is_hidden: bool,
}

/// A value in a table or a list of facts.
#[derive(Serialize, Default, Clone)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) path: Option<String>,
    /// The colour of a badge.
    pub(super) tone: Option<&'static str>,
    /// Whether programs use this text.
    pub(super) is_code: bool,
    pub(super) is_time: bool,
    /// The text in pieces, of which some are marked. Empty: the whole text.
    pub(super) pieces: Vec<Piece>,
    /// What is shown when the text is opened. Empty: nothing.
    pub(super) more: Vec<String>,
    /// Whether the text has a word that may be broken, because it does not fit into a column.
    pub(super) is_long: bool,
}

/// A word with more characters may be broken: an id, an address of the web. An IPv4 address, an act or a state may not.
const LONG_WORD: usize = 28;

/// A piece of a text.
#[derive(Serialize, Clone)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) is_marked: bool,
}

impl Notice {
    pub(super) fn good(text: impl Into<String>) -> Self {
        Self::of("good", text)
    }

    pub(super) fn warn(text: impl Into<String>) -> Self {
        Self::of("warn", text)
    }

    pub(super) fn bad(text: impl Into<String>) -> Self {
        Self::of("bad", text)
    }

    /// A secret that is shown only now.
    pub(super) fn secret(text: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { secret: Some(secret.into()), ..Self::of("warn", text) }
    }

    fn of(tone: &'static str, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), secret: None, fields: Vec::new(), link: None }
    }

    /// The sentence ends with links to these fields of the form.
    #[must_use]
    pub(super) fn with_fields(self, fields: Vec<FieldLink>) -> Self {
        Self { fields, ..self }
    }

    #[must_use]
    pub(super) fn with_link(self, link: PageLink) -> Self {
        Self { link: Some(link), ..self }
    }
}

impl Action {
    pub(super) fn primary(text: &'static str, path: impl Into<String>) -> Self {
        Self { text, path: path.into(), tone: "primary" }
    }

    pub(super) fn plain(text: &'static str, path: impl Into<String>) -> Self {
        Self { text, path: path.into(), tone: "" }
    }

    /// One of several views, which is shown now.
    #[must_use]
    pub(super) fn chosen(self) -> Self {
        Self { tone: "chosen", ..self }
    }

    /// An action that destroys something. It leads to a page that says what.
    pub(super) fn danger(text: &'static str, path: impl Into<String>) -> Self {
        Self { text, path: path.into(), tone: "danger" }
    }
}

impl Badge {
    pub(super) fn of(tone: &'static str, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }
}

impl PageLink {
    pub(super) fn to(text: impl Into<String>, path: impl Into<String>) -> Self {
        Self { text: text.into(), path: path.into() }
    }
}

impl Section {
    pub(super) fn of(title: impl Into<String>, parts: Vec<Part>) -> Self {
        Self { title: title.into(), parts, ..Self::default() }
    }

    #[must_use]
    pub(super) fn with_lead(self, lead: impl Into<String>) -> Self {
        Self { lead: Some(lead.into()), ..self }
    }

    #[must_use]
    pub(super) fn with_actions(self, actions: Vec<Action>) -> Self {
        Self { actions, ..self }
    }
}

impl Fact {
    pub(super) fn of(name: impl Into<String>, value: Cell) -> Self {
        Self::of_all(name, vec![value])
    }

    pub(super) fn of_all(name: impl Into<String>, values: Vec<Cell>) -> Self {
        Self { name: name.into(), values, help: None, is_list: false }
    }

    /// Values of which each has a line of its own.
    pub(super) fn lines(name: impl Into<String>, values: Vec<Cell>) -> Self {
        Self { is_list: true, ..Self::of_all(name, values) }
    }

    #[must_use]
    pub(super) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        let is_long = text.split_whitespace().any(|word| word.chars().count() > LONG_WORD);
        Self { text, is_long, ..Self::default() }
    }

    /// A text that opens and then shows these lines.
    pub(super) fn opening(text: impl Into<String>, more: Vec<String>) -> Self {
        Self { more, ..Self::text(text) }
    }

    pub(super) fn code(text: impl Into<String>) -> Self {
        Self { is_code: true, ..Self::text(text) }
    }

    pub(super) fn link(text: impl Into<String>, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..Self::text(text) }
    }

    pub(super) fn badge(tone: &'static str, text: impl Into<String>) -> Self {
        Self { tone: Some(tone), ..Self::text(text) }
    }

    /// A time, or a dash.
    pub(super) fn time(time: impl Into<Option<Timestamp>>) -> Self {
        match time.into() {
            Some(time) => Self { is_time: true, ..Self::text(time.iso()) },
            None => Self::text("–"),
        }
    }

    /// A text, or a dash.
    pub(super) fn maybe(text: Option<impl Into<String>>) -> Self {
        text.map_or_else(|| Self::text("–"), Self::text)
    }

    /// `enabled` or `disabled`.
    pub(super) fn state(is_disabled: bool) -> Self {
        if is_disabled { Self::badge("bad", "disabled") } else { Self::badge("good", "enabled") }
    }
}
