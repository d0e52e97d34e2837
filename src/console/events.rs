//! The audit trail, the newest event first.

use serde_json::Value;

use super::error::ConsoleError;
use super::page::{Cell, Filter, Part, RowTable, Section};
use super::same::Same;
use super::tables::{all, first, listing, narrowed, page, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::clock::Seconds;
use crate::oauth::id::UserId;
use crate::oauth::permission::{Area, Need};
use crate::operations::events::{self, EventFilter};
use crate::store::events::EventRecord;

pub(super) const HEAD: [&str; 6] = ["Time", "Act", "Object", "By", "Address", "Changes"];
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
    let mut page =
        page(visit, ("Events", "events"), Some(filter), (&HEAD, "No event matches."), (&found, cells));
    let same =
        Same::of(&visit.app.issuer, ("GET", "/events"), None, "grantor audit list --since 1h".to_owned());
    page.sections.push(Section { parts: vec![Part::Same(same)], ..Section::default() });
    Ok(ConsoleReply::Page(page))
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
    let name = event.object_name.clone().unwrap_or_else(|| event.object_id.clone());
    let object = match event.object_kind.as_str() {
        "client" => Cell::link(name, path_of("clients", &event.object_id)),
        "user" => Cell::link(name, path_of("users", &event.object_id)),
        "scope" => Cell::link(name, path_of("scopes", &event.object_id)),
        "resource" => Cell::link(name, path_of("resources", &event.object_id)),
        "authorization_type" => Cell::link(name, path_of("authorization-types", &event.object_id)),
        "webhook" => Cell::link(name, path_of("webhooks", &event.object_id)),
        "trusted_issuer" => Cell::link(name, path_of("issuers", &event.object_id)),
        _ => Cell::text(name),
    };
    let by = event.actor_name.clone().or_else(|| event.actor_id.clone());
    let by = by.unwrap_or_else(|| event.actor_kind.clone());
    vec![
        Cell::time(event.time),
        Cell::code(event.act.clone()),
        object,
        Cell::text(by),
        Cell::maybe(event.address.clone()),
        Cell::text(
            event.changes.as_deref().map(changed).or_else(|| event.reason.clone()).unwrap_or_default(),
        ),
    ]
}

/// The members that changed, with their values if these are short.
fn changed(changes: &str) -> String {
    const SHORT: usize = 60;
    let all: Vec<Value> = serde_json::from_str(changes).unwrap_or_default();
    let line = |change: &Value| {
        let member = change["member"].as_str().unwrap_or_default();
        let pair = format!("{member}: {} → {}", change["before"], change["after"]);
        if pair.chars().count() <= SHORT { pair } else { member.to_owned() }
    };
    all.iter().map(line).collect::<Vec<_>>().join(", ")
}
