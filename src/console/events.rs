//! The audit trail, the newest event first, and the page of one event.

use serde_json::Value;

use super::error::ConsoleError;
use super::page::{Cell, ConsolePage, Fact, Filter, PageLink, Part, RowTable, Section};
use super::same::Same;
use super::tables::{all, client, first, listing, narrowed, page, path_of, with_same};
use super::visit::{ConsoleReply, Visit};
use crate::clock::Seconds;
use crate::oauth::id::{ClientId, UserId};
use crate::oauth::permission::{Area, Need};
use crate::operations::events::{self, EventFilter};
use crate::operations::fault::Fault;
use crate::operations::list::Listing;
use crate::representation::address::segment;
use crate::store::events::{EventRecord, NewEvent};

pub(super) const HEAD: [&str; 7] = ["Act", "Time", "Object", "By", "Address", "Changes", "Number"];
const SPANS: [(&str, i64); 3] = [("last hour", 3600), ("last day", 24 * 3600), ("last week", 7 * 24 * 3600)];

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::read(Area::Audit))?;
    let since = visit.word("since", |word| SPANS.into_iter().find(|(known, _)| *known == word))?;
    let filter = EventFilter {
        user: visit.parameter("user"),
        client: visit.parameter("client"),
        act: visit.parameter("act"),
        actor: visit.parameter("actor"),
        since: since.map(|(_, seconds)| visit.request.now - Seconds::new(seconds)),
        until: None,
    };
    let found = events::latest(&visit.context(), listing(visit, filter)).await?;
    let fields = vec![
        narrowed(visit, "act", "Act begins with", &[]),
        narrowed(visit, "user", "Id of a person", &[]),
        narrowed(visit, "client", "Client id", &[]),
        narrowed(visit, "actor", "Id of who did it", &[]),
        narrowed(visit, "since", "When", &SPANS.map(|(word, _)| word)),
    ];
    let filter = Filter::of("/admin/events", fields);
    let page = page(visit, ("Events", "events"), Some(filter), (&HEAD, "No event matches."), (&found, cells));
    Ok(ConsoleReply::Page(with_same(page, visit, "/events", "grantor audit list --since 1h")))
}

/// Everything about the event with this number.
pub(super) async fn show(visit: &Visit<'_>, number: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::read(Area::Audit))?;
    let unknown = || Fault::not_found("there is no event with this number, or it is no longer kept");
    let number: i64 = number.parse().ok().filter(|number| *number > 0).ok_or_else(unknown)?;
    let after = events::cursor_after(number - 1);
    let listing = Listing { filter: EventFilter::default(), limit: 1, cursor: Some(after.clone()) };
    let found = events::list(&visit.context(), listing).await?;
    let record = found.items.into_iter().find(|record| record.number == number).ok_or_else(unknown)?;
    let event = &record.event;
    let mut sections = vec![Section::of("Event", vec![Part::Facts { rows: facts(&record) }])];
    let changes = changes_of(event);
    if !changes.is_empty() {
        let row = |change: &ChangedMember| {
            vec![Cell::code(change.member.clone()), Cell::text(change.before()), Cell::text(change.after())]
        };
        let table = RowTable {
            caption: "Changes".to_owned(),
            head: vec!["Member", "Before", "After"],
            rows: changes.iter().map(row).collect(),
            ..RowTable::default()
        };
        sections.push(Section::of("Changes", vec![Part::Table(table)]));
    }
    let path = format!("/events?after={}&limit=1", segment(&after));
    let same = Same::of(&visit.app.issuer, ("GET", &path), None, None);
    sections.push(Section { parts: vec![Part::Same(same)], ..Section::default() });
    Ok(ConsoleReply::Page(ConsolePage {
        title: event.act.clone(),
        place: "events",
        trail: vec![PageLink::to("Events", "/admin/events")],
        id: Some(event.id.clone()),
        sections,
        ..ConsolePage::default()
    }))
}

fn facts(record: &EventRecord) -> Vec<Fact> {
    let event = &record.event;
    let mut rows = vec![
        Fact::of("Number", Cell::text(record.number.to_string())),
        Fact::of("Time", Cell::time(event.time)),
        Fact::of("Object", object(event)).with_help(format!("{} {}", event.object_kind, event.object_id)),
        Fact::of("By", Cell::text(by(event))),
    ];
    let text = |name: &'static str, value: &Option<String>| Some(Fact::of(name, Cell::code(value.clone()?)));
    rows.extend(text("Id of who did it", &event.actor_id));
    let of_client = |name: &'static str, id: &Option<String>| {
        Some(Fact::of(name, client(&ClientId::new(id.as_deref()?))))
    };
    rows.extend(of_client("Client that acted", &event.actor_client));
    let person = event.user_id.as_ref().map(|id| Cell::link(id.clone(), path_of("users", id)));
    rows.extend(person.map(|cell| Fact::of("Person", cell)));
    rows.extend(of_client("Client", &event.client_id));
    rows.extend(text("Address", &event.address));
    // Only refused requests are kept to be looked at.
    let request = event.request_id.as_ref().map(|id| Cell {
        path: event.reason.is_some().then(|| format!("/admin/search?q={}", segment(id))),
        ..Cell::code(id.clone())
    });
    rows.extend(request.map(|cell| Fact::of("Request id", cell)));
    rows.extend(text("Reason", &event.reason));
    rows
}

/// The last events about a person. `None` if the person who looks may not see them.
///
/// # Errors
/// Only failures.
pub(super) async fn of_user(visit: &Visit<'_>, user: &UserId) -> Result<Option<Section>, ConsoleError> {
    if !visit.may(Need::read(Area::Audit)) {
        return Ok(None);
    }
    let filter = EventFilter { user: Some(user.to_string()), ..EventFilter::default() };
    let list = events::latest(&visit.context(), first(filter)).await?;
    let table = RowTable {
        caption: "Last events".to_owned(),
        head: HEAD.to_vec(),
        rows: list.items.iter().map(cells).collect(),
        empty: "No event is kept.".to_owned(),
        all: all(&list, format!("/admin/events?user={user}")),
        ..RowTable::default()
    };
    Ok(Some(Section::of("Last events", vec![Part::Table(table)])))
}

pub(super) fn cells(record: &EventRecord) -> Vec<Cell> {
    let event = &record.event;
    let path = path_of("events", &record.number.to_string());
    vec![
        Cell { is_code: true, ..Cell::link(event.act.clone(), path) },
        Cell::time(event.time),
        object(event),
        Cell::text(by(event)),
        Cell::maybe(event.address.clone()),
        summary(event),
        Cell::text(record.number.to_string()),
    ]
}

/// What an event is about, with the way to its page.
fn object(event: &NewEvent) -> Cell {
    let name = event.object_name.clone().unwrap_or_else(|| event.object_id.clone());
    let place = match event.object_kind.as_str() {
        "client" => "clients",
        "user" => "users",
        "scope" => "scopes",
        "resource" => "resources",
        "authorization_type" => "authorization-types",
        "webhook" => "webhooks",
        "trusted_issuer" => "issuers",
        _ => return Cell::text(name),
    };
    Cell::link(name, path_of(place, &event.object_id))
}

/// Who acted, and by what credential.
fn by(event: &NewEvent) -> String {
    let credential = match event.actor_kind.as_str() {
        "command" => "command",
        "server" => "the server itself",
        "person" => "session",
        "client" => "client",
        "person_by_client" => "access token",
        "api_key" => "API key",
        "stranger" => "no credential",
        other => other,
    };
    match event.actor_name.as_ref().or(event.actor_id.as_ref()) {
        Some(name) => format!("{name} · {credential}"),
        None => credential.to_owned(),
    }
}

/// A member of an object, before an act and after it.
struct ChangedMember {
    member: String,
    before: Value,
    after: Value,
}

impl ChangedMember {
    fn before(&self) -> String {
        written(&self.before)
    }

    fn after(&self) -> String {
        written(&self.after)
    }

    /// Both values, if they are short.
    fn pair(&self) -> String {
        const SHORT: usize = 60;
        let pair = match is_nothing(&self.before) {
            true => format!("{}: {}", self.member, self.after()),
            false => format!("{}: {} → {}", self.member, self.before(), self.after()),
        };
        if pair.chars().count() <= SHORT { pair } else { self.member.clone() }
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// A value as people read it: a text without quotes, and a dash for nothing.
fn written(value: &Value) -> String {
    match value {
        value if is_nothing(value) => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The members that changed. Those that had no value and have none are left out.
fn changes_of(event: &NewEvent) -> Vec<ChangedMember> {
    let all: Vec<Value> =
        event.changes.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let changes = all.into_iter().map(|mut change| ChangedMember {
        member: change["member"].as_str().unwrap_or_default().to_owned(),
        before: change["before"].take(),
        after: change["after"].take(),
    });
    // A value that cannot be read, such as a secret's, is in neither.
    let has_value = |change: &ChangedMember| {
        !(change.before == Value::Null && is_nothing(&change.after) && change.after != Value::Null)
    };
    changes.filter(has_value).collect()
}

/// What changed, or why the act was refused, in one line that opens if there is more.
fn summary(event: &NewEvent) -> Cell {
    const FEW: usize = 3;
    let changes = changes_of(event);
    let is_new = changes.iter().all(|change| change.before == Value::Null);
    match (changes.as_slice(), &event.reason) {
        ([], Some(reason)) => Cell::text(reason.clone()),
        (few, _) if few.len() <= FEW => {
            Cell::text(few.iter().map(ChangedMember::pair).collect::<Vec<_>>().join(", "))
        }
        (many, _) => {
            let line = |change: &ChangedMember| match is_new {
                true => format!("{}: {}", change.member, change.after()),
                false => change.pair(),
            };
            let what = if is_new { "settings" } else { "changes" };
            Cell::opening(format!("{} {what}", many.len()), many.iter().map(line).collect())
        }
    }
}
