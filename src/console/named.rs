//! The pages of objects whose name the operator chooses: their list, the form for a new one, the page of one, and the forms
//! that change and delete it.

use super::error::ConsoleError;
use super::notes;
use super::objects::{Kind, facts, filled};
use super::page::{Action, Cell, ConsolePage, Filter, PageLink, Section};
use super::same::Same;
use super::tables::{listing, narrowed, page, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::members::Members;
use crate::members::named::NamedObject;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::shell_word::shell_word;
use crate::representation::address::segment;
use crate::store::page::NameFilter;

const READ: Need = Need::read(Area::Config);
pub(super) const WRITE: Need = Need::write(Area::Config);

/// What differs between the pages of these objects.
pub(super) trait NamedPages: NamedObject {
    const KIND: Kind;
    /// The list: the label of its filter, its head, and what is said if it is empty.
    const LIST: (&'static str, &'static [&'static str], &'static str);
    /// The button that leads to the form for a new one.
    const NEW: &'static str;
    /// The button that deletes one, and what happens then.
    const DELETE: (&'static str, &'static str);
    /// Whether only an owner changes these objects, and must have just signed in for each change.
    const IS_FOR_OWNERS: bool = false;

    /// The cells of the object in the list.
    fn cells(&self) -> Vec<Cell>;
}

/// Whether the person may change these objects.
fn may_change<T: NamedPages>(visit: &Visit<'_>) -> bool {
    if T::IS_FOR_OWNERS { visit.is_owner() } else { visit.may(WRITE) }
}

fn check_fresh<T: NamedPages>(visit: &Visit<'_>, back: impl FnOnce() -> String) -> Result<(), ConsoleError> {
    if T::IS_FOR_OWNERS { visit.must_be_fresh(back) } else { Ok(()) }
}

fn path_of_new<T: NamedPages>() -> String {
    format!("/admin/new/{}", T::PLACE)
}

pub(super) async fn list<T: NamedPages>(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let filter = NameFilter { q: visit.parameter("q") };
    let found = T::list(&visit.context(), listing(visit, filter)).await?;
    let (label, head, empty) = T::LIST;
    let filter = Filter::of(T::KIND.list(), vec![narrowed(visit, "q", label, &[])]);
    let mut page = page(visit, (T::KIND.title, T::PLACE), Some(filter), (head, empty), (&found, T::cells));
    if may_change::<T>(visit) {
        page.actions.push(Action::primary(T::NEW, path_of_new::<T>()));
    }
    Ok(ConsoleReply::Page(page))
}

pub(super) fn new<T: NamedPages>(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    check_fresh::<T>(visit, path_of_new::<T>)?;
    Ok(T::KIND.new_from_query(visit))
}

pub(super) async fn create<T: NamedPages>(
    visit: &Visit<'_>,
    form: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    check_fresh::<T>(visit, path_of_new::<T>)?;
    let create = async |mut body: Members, context| {
        let name = body.required_text(T::NAME);
        let object = T::read(&mut body, name);
        let create = async |context| Ok(T::create(&context, object).await?);
        Ok(T::KIND.created(filled(body, context, create).await?.name()))
    };
    T::KIND.create(visit, form, create).await
}

pub(super) async fn show<T: NamedPages>(visit: &Visit<'_>, name: &str) -> Result<ConsoleReply, ConsoleError> {
    Ok(ConsoleReply::Page(page_of::<T>(visit, name).await?.1))
}

/// The page of an object with its settings. Returns the object, too.
///
/// # Errors
/// If the person may not see it, or it does not exist.
pub(super) async fn page_of<T: NamedPages>(
    visit: &Visit<'_>,
    name: &str,
) -> Result<(T, ConsolePage), ConsoleError> {
    visit.needs(READ)?;
    let object = T::find(&visit.context(), name).await?;
    let path = path_of(T::PLACE, name);
    let actions = match may_change::<T>(visit) {
        true => vec![
            Action::primary("Edit", format!("{path}/edit")),
            Action::danger("Delete", format!("{path}/delete")),
        ],
        false => Vec::new(),
    };
    let page = ConsolePage {
        title: object.name().to_owned(),
        place: T::PLACE,
        trail: vec![PageLink::to(T::KIND.title, T::KIND.list())],
        notices: notes::of(visit),
        actions,
        sections: vec![Section::of("Settings", vec![facts(T::KIND.edit, &object.to_json())])],
        ..ConsolePage::default()
    };
    Ok((object, page))
}

pub(super) async fn prepare<T: NamedPages>(
    visit: &Visit<'_>,
    name: &str,
    act: &str,
) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let object = T::find(&visit.context(), name).await?;
    let back = || format!("{}/{act}", path_of(T::PLACE, name));
    check_fresh::<T>(visit, back)?;
    match act {
        "edit" => Ok(T::KIND.edit(visit, (name, name), &object.to_json(), &object.version())),
        "delete" => {
            visit.must_be_fresh(back)?;
            Ok(deletion::<T>(visit, name, T::DELETE.1.to_owned(), ("", "")))
        }
        _ => Err(ConsoleError::not_found()),
    }
}

/// The question before a deletion. `query` and `option` are what the API and the command need for it.
pub(super) fn deletion<T: NamedPages>(
    visit: &Visit<'_>,
    name: &str,
    lead: String,
    (query, option): (&str, &str),
) -> ConsoleReply {
    let path = format!("/{}/{}{query}", T::PLACE, segment(name));
    let command = format!("{} delete {}{option}", T::KIND.command, shell_word(name));
    let same = Same::of(&visit.app.issuer, ("DELETE", &path), None, command);
    let title = (format!("Delete {name}?"), "delete", T::DELETE.0);
    T::KIND.question((name, name), title, lead, (same, Vec::new()))
}

pub(super) async fn act<T: NamedPages>(
    visit: &Visit<'_>,
    (name, act): (&str, &str),
    form: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let back = || format!("{}/{act}", path_of(T::PLACE, name));
    check_fresh::<T>(visit, back)?;
    match act {
        "edit" => {
            let object = T::find(&visit.context(), name).await?;
            let update = async |mut body: Members, context| {
                let changes = T::read_changes(&mut body);
                let update = async |context| Ok(T::update(&context, name, changes).await?);
                filled(body, context, update).await?;
                Ok(())
            };
            T::KIND.save(visit, (name, name), &object.to_json(), form, update).await
        }
        "delete" => {
            visit.must_be_fresh(back)?;
            T::delete(&visit.context(), name).await?;
            Ok(deleted::<T>())
        }
        _ => Err(ConsoleError::not_found()),
    }
}

/// Where a deletion leads.
pub(super) fn deleted<T: NamedPages>() -> ConsoleReply {
    ConsoleReply::SeeOther(format!("{}?note=deleted", T::KIND.list()))
}
