//! Tables that several pages have, and the pages of lists.

use std::collections::BTreeMap;

use super::error::ConsoleError;
use super::notes;
use super::page::{Cell, ConsolePage, Filter, FilterField, PageLink, Part, RowTable, Section, SortLink};
use super::same::Same;
use super::visit::Visit;
use crate::oauth::client::console::is_console;
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need};
use crate::operations;
use crate::operations::list::{List, Listing};
use crate::representation::address::segment;
use crate::store::order::{Order, Orders};
use crate::store::refusals::{KeptRefusal, RefusalFilter};

/// How many rows a list has on a page.
const ROWS: u32 = 50;
/// How many rows of something else the page of an object has.
pub(super) const FEW: u32 = 10;

/// The page of a list that the query asks for.
pub(super) fn listing<F>(visit: &Visit<'_>, filter: F) -> Listing<F> {
    Listing { filter, limit: ROWS, cursor: visit.parameter("cursor") }
}

/// The first rows of a list.
pub(super) fn first<F>(filter: F) -> Listing<F> {
    Listing { filter, limit: FEW, cursor: None }
}

/// The path of an object.
pub(super) fn path_of(kind: &str, id: &str) -> String {
    format!("/admin/{kind}/{}", segment(id))
}

/// A client with the way to its page. The client of the console has none.
pub(super) fn client(id: &ClientId) -> Cell {
    if is_console(id) {
        Cell::text("this console")
    } else {
        Cell::link(id.to_string(), path_of("clients", id.as_str()))
    }
}

/// The state of a delivery.
pub(super) fn delivery_state(state: &str) -> Cell {
    let tone = match state {
        "delivered" => "good",
        "failed" => "bad",
        _ => "warn",
    };
    Cell::badge(tone, state.to_owned())
}

/// A field of a filter with what the query has.
pub(super) fn narrowed(
    visit: &Visit<'_>,
    name: &'static str,
    label: &'static str,
    words: &[&'static str],
) -> FilterField {
    FilterField {
        name,
        label,
        value: visit.parameter(name).unwrap_or_default(),
        words: words.to_vec(),
        is_hidden: false,
    }
}

/// Whether a word for the state of an object means that it is disabled. `None` if it is another word.
pub(super) fn is_disabled(word: &str) -> Option<bool> {
    match word {
        "enabled" => Some(false),
        "disabled" => Some(true),
        _ => None,
    }
}

/// The order of a list, which a filter keeps.
pub(super) fn kept_order(visit: &Visit<'_>) -> FilterField {
    FilterField { is_hidden: true, ..narrowed(visit, "sort", "", &[]) }
}

/// The order of a list that the query names; the first one if it names none.
///
/// # Errors
/// If no list has an order of this name.
pub(super) fn order<C: Copy + Default>(
    visit: &Visit<'_>,
    orders: &'static Orders<C>,
) -> Result<Order<C>, ConsoleError> {
    let known = |word: &str| orders.iter().find(|(known, _)| *known == word).map(|(_, order)| *order);
    Ok(visit.word("sort", known)?.unwrap_or_default())
}

/// The links by which columns sort a list. Each column has its name in the head of the table and its member; `usual` is the
/// order without a word in the query.
pub(super) fn sorts(
    visit: &Visit<'_>,
    usual: &str,
    columns: &[(&'static str, &str)],
) -> BTreeMap<&'static str, SortLink> {
    let word = visit.parameter("sort").unwrap_or_else(|| usual.to_owned());
    let link = |(name, member): &(&'static str, &str)| {
        let order = match word.strip_prefix('-') {
            None if word == *member => Some("ascending"),
            Some(down) if down == *member => Some("descending"),
            _ => None,
        };
        let next = if order == Some("ascending") { format!("-{member}") } else { (*member).to_owned() };
        (*name, SortLink { query: visit.query_with("sort", &next), order })
    };
    columns.iter().map(link).collect()
}

/// A page with one list. `shown` makes the cells of a row.
pub(super) fn page<T>(
    visit: &Visit<'_>,
    (title, place): (&'static str, &'static str),
    filter: Option<Filter>,
    (head, empty): (&[&'static str], &'static str),
    (list, shown): (&List<T>, impl FnMut(&T) -> Vec<Cell>),
) -> ConsolePage {
    let mut fields = filter.iter().flat_map(|filter| filter.fields.iter());
    let is_narrowed = fields.any(|field| !field.is_hidden && !field.value.is_empty());
    let table = RowTable {
        caption: title.to_owned(),
        head: head.to_vec(),
        rows: list.items.iter().map(shown).collect(),
        empty: said_of_empty(empty, is_narrowed || visit.parameter("cursor").is_some()),
        next: list
            .next
            .as_deref()
            .filter(|_| !list.items.is_empty())
            .map(|cursor| visit.query_with("cursor", cursor)),
        ..RowTable::default()
    };
    let parts = filter.map(Part::Filter).into_iter().chain([Part::Table(table)]).collect();
    ConsolePage {
        title: title.to_owned(),
        place,
        notices: notes::of(visit),
        sections: vec![Section { parts, ..Section::default() }],
        ..ConsolePage::default()
    }
}

/// The page of a list with what shows the same list without the console.
pub(super) fn with_same(mut page: ConsolePage, visit: &Visit<'_>, path: &str, command: &str) -> ConsolePage {
    let same = Same::of(&visit.app.issuer, ("GET", path), None, command.to_owned());
    page.sections.push(Section { parts: vec![Part::Same(same)], ..Section::default() });
    page
}

/// What is said in the place of an empty list. `empty` begins with "No … matches.", which only a filter can make true.
fn said_of_empty(empty: &str, is_narrowed: bool) -> String {
    match empty.strip_prefix("No ").and_then(|rest| rest.split_once(" matches.")) {
        Some((what, rest)) if !is_narrowed => format!("There is no {what} yet.{rest}"),
        _ => empty.to_owned(),
    }
}

/// The page of a list whose columns sort it.
pub(super) fn sorted(mut page: ConsolePage, sorts: BTreeMap<&'static str, SortLink>) -> ConsolePage {
    let parts = page.sections.iter_mut().flat_map(|section| section.parts.iter_mut());
    if let Some(Part::Table(table)) = parts.last() {
        table.sorts = sorts;
    }
    page
}

/// The link to all rows, if a table has only the first.
pub(super) fn all<T>(list: &List<T>, path: String) -> Option<PageLink> {
    list.next.as_ref().map(|_| PageLink::to("Show all", path))
}

/// The last refusals that the filter finds. `None` if the person may not see them.
///
/// # Errors
/// Only failures.
pub(super) async fn refusals(visit: &Visit<'_>, client: &ClientId) -> Result<Option<Section>, ConsoleError> {
    if !visit.may(Need::read(Area::Audit)) {
        return Ok(None);
    }
    let filter = RefusalFilter { client: Some(client.clone()), ..RefusalFilter::default() };
    let list = operations::refusals::list(&visit.context(), first(filter)).await?;
    let table = RowTable {
        caption: "Last refused requests".to_owned(),
        head: vec!["Time", "Reason", "Description"],
        rows: list.items.iter().map(|row| refusal(row, false)).collect(),
        empty: "No request of this client was refused lately.".to_owned(),
        all: all(&list, format!("/admin/refusals?client={}", segment(client.as_str()))),
        ..RowTable::default()
    };
    Ok(Some(Section::of("Last refusals", vec![Part::Table(table)])))
}

/// The head of a table of refusals of all clients.
pub(super) const REFUSAL_HEAD: [&str; 5] = ["Time", "Reason", "Description", "Client", "Address"];

/// The cells of a refusal.
pub(super) fn refusal(row: &KeptRefusal, has_client: bool) -> Vec<Cell> {
    let mut cells = vec![
        Cell::time(row.created_at),
        Cell::link(row.reason.clone(), path_of("refusals", &row.request_id)),
        Cell::text(row.description.clone()),
    ];
    if has_client {
        cells.push(row.client.as_ref().map_or_else(|| Cell::text("–"), client));
        cells.push(Cell::text(row.address.clone()));
    }
    cells
}
