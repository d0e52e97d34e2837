//! What the pages of most objects have in common: the form for a new one, the form with its members, and the question before
//! it is deleted.

use serde_json::{Map, Value};

use super::error::ConsoleError;
use super::form::{self, FieldValues, FormView, Group, Input, field};
use super::page::{Cell, ConsolePage, Fact, FieldLink, Notice, PageLink, Part, Section};
use super::same::Same;
use super::tables::path_of;
use super::visit::{ConsoleReply, Visit};
use crate::http::general_error::FaultyMember;
use crate::members::Members;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::operations::Context;
use crate::operations::shell_word::shell_word;
use crate::operations::terms::{Terms, Version};
use crate::representation::address::segment;
use crate::representation::settings::ObjectSettings;

/// What a link never fills in: it may come from anyone, and this gives power.
const CHOSEN_BY_HAND: [&str; 3] = ["role", "jwks", "jwks_uri"];

/// The values of a form for a new object that the link to it has filled in, and what to say about them.
fn from_query(visit: &Visit<'_>, groups: &[Group]) -> (FieldValues, Option<Notice>) {
    let specs = groups.iter().flat_map(|(_, specs)| specs.iter());
    let specs = specs.filter(|spec| !CHOSEN_BY_HAND.contains(&spec.name));
    let values: FieldValues =
        specs.map(|spec| (spec.name, visit.parameter(spec.name).into_iter().collect())).collect();
    let filled: Vec<&str> =
        values.iter().filter(|(_, texts)| !texts.is_empty()).map(|(name, _)| *name).collect();
    let notice = filled_by_a_link(groups, &filled);
    (values, notice)
}

/// Names the fields that a link has filled in. Returns `None` if it has filled in nothing.
pub(super) fn filled_by_a_link(groups: &[Group], names: &[&str]) -> Option<Notice> {
    let specs = groups.iter().flat_map(|(_, specs)| specs.iter()).enumerate();
    let filled = specs.filter(|(_, spec)| names.contains(&spec.name));
    let fields: Vec<FieldLink> = filled.map(|(place, spec)| FieldLink { place, label: spec.label }).collect();
    (!fields.is_empty()).then(|| Notice::warn("The link to this page has filled in: ").with_fields(fields))
}

/// The way to the form of an object as it is now, if somebody else has changed the object since its form was shown.
pub(super) fn reload(path: &str, error: Option<&ConsoleError>) -> Option<Notice> {
    let Some(ConsoleError::Refused(refusal)) = error else { return None };
    let notice = Notice::warn("What you typed is still below, and is not saved.");
    (refusal.error.reason == Reason::ApiOtherVersion).then(|| {
        notice.with_link(PageLink::to("Open the form with the present settings", format!("{path}/edit")))
    })
}

/// What is wrong: with single fields, and with nothing that a field shows.
pub(super) fn said(groups: &[Group], error: Option<&ConsoleError>) -> (Vec<FaultyMember>, Vec<Notice>) {
    let Some(ConsoleError::Refused(refusal)) = error else { return (Vec::new(), Vec::new()) };
    let notices = match refusal.members.is_empty() {
        true => vec![Notice::bad(refusal.error.description.clone().into_owned())],
        false => form::elsewhere(groups, &refusal.members).into_iter().map(Notice::bad).collect(),
    };
    (refusal.members.clone(), notices)
}

/// The settings of an object, each with its sentence.
pub(super) fn facts(groups: &[Group], object: &Value) -> Part {
    let values = form::values_of(groups, object);
    let mut rows = Vec::new();
    for spec in groups.iter().flat_map(|(_, specs)| specs.iter()) {
        let texts = values.get(spec.name).map(Vec::as_slice).unwrap_or_default();
        let cells: Vec<Cell> = match spec.input {
            Input::Switch => vec![Cell::text(if texts.is_empty() { "no" } else { "yes" })],
            _ if texts.is_empty() => vec![Cell::text("–")],
            Input::Words => texts
                .iter()
                .flat_map(|text| text.split(' '))
                .map(|name| Cell { is_code: true, ..Cell::link(name, path_of("scopes", name)) })
                .collect(),
            Input::Line => texts.iter().map(Cell::text).collect(),
            _ => texts.iter().flat_map(|text| text.lines()).map(Cell::code).collect(),
        };
        rows.push(Fact::of_all(spec.label, cells).with_help(spec.sentences()));
    }
    Part::Facts { rows }
}

/// Does an act with the members of a form, of which `members` has those that were not read. If one of them is wrong, the act is
/// only rehearsed, so that the refusal also names what the operation finds.
///
/// # Errors
/// Everything that is wrong with the members, or those of the operation.
pub(super) async fn filled<'a, T>(
    members: Members,
    context: Context<'a>,
    act: impl AsyncFnOnce(Context<'a>) -> Result<T, ConsoleError>,
) -> Result<T, ConsoleError> {
    let wrong = members.end().err().unwrap_or_default();
    let is_rehearsal = context.terms.is_rehearsal || !wrong.is_empty();
    let terms = Terms { is_rehearsal, ..context.terms.clone() };
    refused_with(wrong, act(Context { terms, ..context }).await)
}

/// The refusal of an act that was only rehearsed, because fields could not be read: what is wrong with them, and what the
/// rehearsal found about the others. Returns `done` if all could be read.
///
/// # Errors
/// These, and those of the rehearsal.
fn refused_with<T>(unreadable: Vec<FaultyMember>, done: Result<T, ConsoleError>) -> Result<T, ConsoleError> {
    if unreadable.is_empty() {
        return done;
    }
    let found = match done {
        Ok(_) => return Err(unreadable.into()),
        Err(ConsoleError::Refused(refusal)) => *refusal,
        Err(error) => return Err(error),
    };
    let mut all = unreadable;
    if found.members.is_empty() {
        let (field, reason) = (String::new(), found.error.reason);
        all.push(FaultyMember { field, reason, description: found.error.description.into_owned() });
    }
    FaultyMember::add_others(&mut all, found.members);
    Err(all.into())
}

/// A kind of objects.
pub(super) struct Kind {
    /// As a heading.
    pub(super) title: &'static str,
    /// One of them, in a sentence.
    pub(super) one: &'static str,
    /// The last part of the path, in the console and in the management API.
    pub(super) place: &'static str,
    /// The table of their members.
    pub(super) of: &'static ObjectSettings,
    /// The fields of a new one.
    pub(super) new: &'static [Group],
    /// The fields of an existing one.
    pub(super) edit: &'static [Group],
    /// Whether each of them has a page of its own.
    pub(super) has_pages: bool,
    /// The words of the command for these objects.
    pub(super) command: &'static str,
    /// The word of the command that makes one.
    pub(super) create: &'static str,
    /// The member that a command needs when it creates one, and the option for it. Empty: none.
    pub(super) id: (&'static str, &'static str),
    /// Whether other commands take the name of an object, and not its id.
    pub(super) is_named: bool,
}

impl Kind {
    /// The path of their list.
    pub(super) fn list(&self) -> String {
        format!("/admin/{}", self.place)
    }

    /// The page of an object, or the list if it has none.
    fn home(&self, id: &str) -> String {
        if self.has_pages { path_of(self.place, id) } else { self.list() }
    }

    fn trail(&self, id: Option<&str>) -> Vec<PageLink> {
        let own = id.map(|id| PageLink::to(id, path_of(self.place, id)));
        [PageLink::to(self.title, self.list())].into_iter().chain(own).collect()
    }

    /// A page with one part.
    pub(super) fn page(&self, title: String, id: Option<&str>, section: Section) -> ConsolePage {
        ConsolePage {
            title,
            place: self.place,
            trail: self.trail(id),
            sections: vec![section],
            ..ConsolePage::default()
        }
    }

    /// The form for a new object. A link can fill it.
    pub(super) fn new_from_query(&self, visit: &Visit<'_>) -> ConsoleReply {
        let (values, notice) = from_query(visit, self.new);
        let mut page = self.new_page(visit, &values, None);
        page.notices.extend(notice);
        ConsoleReply::Page(page)
    }

    fn new_page(&self, visit: &Visit<'_>, values: &FieldValues, error: Option<&ConsoleError>) -> ConsolePage {
        let (faults, notices) = said(self.new, error);
        let path = format!("/admin/new/{}", self.place);
        let mut view = FormView::of(path, format!("Create {}", self.one), self.new, (values, &faults));
        view.has_check = true;
        view.cancel = Some(self.list());
        let members = form::members(self.new, values).map(form::given).unwrap_or_default();
        let (member, option) = self.id;
        let id = match members.get(member).and_then(Value::as_str) {
            Some(id) if option.is_empty() => format!(" {}", shell_word(id)),
            // The API makes one up, and a command does not.
            None if !option.is_empty() => format!(" {option} ID"),
            _ => String::new(),
        };
        let command = form::options(self.new, &members)
            .map(|options| format!("{} {}{id}{options}", self.command, self.create));
        let path = format!("/{}", self.place);
        view.same =
            Some(Same::of(&visit.app.issuer, ("POST", &path), Some(&Value::Object(members)), command));
        let section = Section { parts: vec![Part::Form(Box::new(view))], ..Section::default() };
        let page = self.page(format!("New {}", self.one), None, section);
        ConsolePage { notices, is_refused: error.is_some(), ..page }
    }

    /// Creates an object from a form. `create` returns what is shown next.
    ///
    /// # Errors
    /// What the form cannot show.
    pub(super) async fn create<'a>(
        &self,
        visit: &Visit<'a>,
        posted: &Params,
        create: impl AsyncFnOnce(Members, Context<'a>) -> Result<ConsoleReply, ConsoleError>,
    ) -> Result<ConsoleReply, ConsoleError> {
        let values = form::values_in(self.new, posted);
        let is_check = field(posted, "check") == "true";
        let (members, unreadable) = form::readable(self.new, &values);
        let context = visit.context_on(None, is_check || !unreadable.is_empty());
        let done = create(Members::of(self.of, form::given(members)), context).await;
        match refused_with(unreadable, done) {
            Ok(_) if is_check => {
                let mut page = self.new_page(visit, &values, None);
                page.notices.push(Notice::good("Nothing is wrong. Nothing was created."));
                Ok(ConsoleReply::Page(page))
            }
            Err(error @ ConsoleError::Refused(_)) => {
                Ok(ConsoleReply::Page(self.new_page(visit, &values, Some(&error))))
            }
            done => done,
        }
    }

    /// Where a new object is.
    pub(super) fn created(&self, id: &str) -> ConsoleReply {
        ConsoleReply::SeeOther(format!("{}?note=created", path_of(self.place, id)))
    }

    /// The form with the members of an object.
    pub(super) fn edit(
        &self,
        visit: &Visit<'_>,
        (id, name): (&str, &str),
        object: &Value,
        version: &Version,
    ) -> ConsoleReply {
        let mut values = form::values_of(self.edit, object);
        if let Some(group) = visit.parameter("add_groups") {
            values.entry("groups").or_default().push(group);
        }
        ConsoleReply::Page(self.edit_page(visit, (id, name), (&values, None), (version, None)))
    }

    /// The form with these values, the patch that they are, and what is wrong with it.
    pub(super) fn edit_page(
        &self,
        visit: &Visit<'_>,
        (id, name): (&str, &str),
        (values, patch): (&FieldValues, Option<&Map<String, Value>>),
        (version, error): (&Version, Option<&ConsoleError>),
    ) -> ConsolePage {
        let (faults, mut notices) = said(self.edit, error);
        let path = path_of(self.place, id);
        notices.extend(reload(&path, error));
        let mut view = FormView::of(format!("{path}/edit"), "Save", self.edit, (values, &faults));
        view.hidden.push(("version", version.as_str().to_owned()));
        view.has_check = true;
        view.cancel = Some(self.home(id));
        let patch = patch.cloned().unwrap_or_default();
        let word = shell_word(if self.is_named { name } else { id });
        let command = form::options(self.edit, &patch)
            .map(|options| format!("{} update {word}{options}", self.command));
        let path = format!("/{}/{}", self.place, segment(id));
        view.same = Some(Same::of(&visit.app.issuer, ("PATCH", &path), Some(&Value::Object(patch)), command));
        let section = Section { parts: vec![Part::Form(Box::new(view))], ..Section::default() };
        let mut page = self.page(format!("Settings of {name}"), None, section);
        page.trail.extend(self.has_pages.then(|| PageLink::to(name, path_of(self.place, id))));
        ConsolePage { notices, is_refused: error.is_some(), ..page }
    }

    /// Saves what differs from the object as it is. `save` gets the merge patch.
    ///
    /// # Errors
    /// What the form cannot show.
    pub(super) async fn save<'a>(
        &self,
        visit: &Visit<'a>,
        (id, name): (&str, &str),
        object: &Value,
        posted: &Params,
        save: impl AsyncFnOnce(Members, Context<'a>) -> Result<(), ConsoleError>,
    ) -> Result<ConsoleReply, ConsoleError> {
        let before = form::values_of(self.edit, object);
        let values = form::values_in(self.edit, posted);
        let is_check = field(posted, "check") == "true";
        let version = Version::new(field(posted, "version"));
        let path = self.home(id);
        let (members, unreadable) = form::readable(self.edit, &values);
        let patch = form::changed(self.edit, &before, &members);
        if patch.is_empty() && unreadable.is_empty() && !is_check {
            return Ok(ConsoleReply::SeeOther(format!("{path}?note=same")));
        }
        let context = visit.context_on(Some(version.clone()), is_check || !unreadable.is_empty());
        let saved = save(Members::of(self.of, patch.clone()), context).await;
        let error = match refused_with(unreadable, saved) {
            Ok(()) if is_check => None,
            Ok(()) => return Ok(ConsoleReply::SeeOther(format!("{path}?note=saved"))),
            Err(error @ ConsoleError::Refused(_)) => Some(error),
            Err(error) => return Err(error),
        };
        let error = error.as_ref();
        let mut page = self.edit_page(visit, (id, name), (&values, Some(&patch)), (&version, error));
        if error.is_none() {
            page.notices.push(Notice::good("Nothing is wrong. Nothing was saved."));
        }
        Ok(ConsoleReply::Page(page))
    }

    /// The question before an act that ends something. `lead` says what ends.
    pub(super) fn question(
        &self,
        (id, name): (&str, &str),
        (title, act, submit): (String, &str, &'static str),
        lead: String,
        (same, hidden): (Same, Vec<(&'static str, String)>),
    ) -> ConsoleReply {
        let path = path_of(self.place, id);
        let cancel = self.home(id);
        let view = FormView {
            same: Some(same),
            hidden,
            ..FormView::danger(format!("{path}/{act}"), submit, cancel)
        };
        let section = Section::of("What happens", vec![Part::Form(Box::new(view))]).with_lead(lead);
        let mut page = self.page(title, None, section);
        page.trail.extend(self.has_pages.then(|| PageLink::to(name, path)));
        ConsoleReply::Page(page)
    }
}
