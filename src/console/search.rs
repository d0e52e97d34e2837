//! The search over everything: names, ids, addresses, request ids.

use super::error::ConsoleError;
use super::page::{Cell, ConsolePage, PageLink, Part, RowTable, Section};
use super::tables::{REFUSAL_HEAD, all, first, path_of, refusal};
use super::visit::{ConsoleReply, Visit};
use super::{clients, events, grants, users, webhooks};
use crate::oauth::id::GrantId;
use crate::oauth::permission::{Area, Need};
use crate::operations;
use crate::operations::keys::ListedKey;
use crate::operations::list::List;
use crate::representation::address::segment;
use crate::store::api_keys::ApiKeyRecord;
use crate::store::clients::ClientFilter;
use crate::store::events::EventRecord;
use crate::store::page::NameFilter;
use crate::store::refusals::RefusalFilter;
use crate::store::users::UserFilter;

pub(super) async fn page(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    let q = visit.parameter("q").unwrap_or_default();
    let mut sections = Vec::new();
    if !q.is_empty() {
        sections.extend(found_clients(visit, &q).await?);
        sections.extend(found_users(visit, &q).await?);
        sections.extend(found_config(visit, &q).await?);
        sections.extend(found_grant(visit, &q).await?);
        sections.extend(found_api_keys(visit, &q).await?);
        sections.extend(found_keys(visit, &q).await?);
        sections.extend(found_refusals(visit, &q).await?);
        sections.extend(found_event(visit, &q).await?);
    }
    if sections.is_empty() {
        let lead = match q.is_empty() {
            true => {
                "Type a part of a name, an id, a redirect URI or an e-mail address, or the whole id of a request, a \
                 grant, a client secret or an event."
            }
            false => "Nothing was found that you may see.",
        };
        sections.push(Section { lead: Some(lead.to_owned()), ..Section::default() });
    }
    let title = if q.is_empty() { "Search".to_owned() } else { format!("Search: {q}") };
    Ok(ConsoleReply::Page(ConsolePage { title, place: "search", sections, ..ConsolePage::default() }))
}

/// A section with what was found. `None` if nothing was.
fn section<T>(
    title: &'static str,
    head: &[&'static str],
    list: &List<T>,
    shown: impl FnMut(&T) -> Vec<Cell>,
    more: Option<PageLink>,
) -> Option<Section> {
    if list.items.is_empty() {
        return None;
    }
    let table = RowTable {
        caption: title.to_owned(),
        head: head.to_vec(),
        rows: list.items.iter().map(shown).collect(),
        all: more,
        ..RowTable::default()
    };
    Some(Section::of(title, vec![Part::Table(table)]))
}

async fn found_clients(visit: &Visit<'_>, q: &str) -> Result<Option<Section>, ConsoleError> {
    if !visit.may(Need::read(Area::Clients)) {
        return Ok(None);
    }
    let filter = ClientFilter { q: Some(q.to_owned()), ..ClientFilter::default() };
    let list = operations::clients::list(&visit.context(), first(filter)).await?;
    let more = all(&list, format!("/admin/clients?q={}", segment(q)));
    Ok(section("Clients", &clients::HEAD, &list, clients::cells, more))
}

async fn found_users(visit: &Visit<'_>, q: &str) -> Result<Option<Section>, ConsoleError> {
    if !visit.may(Need::read(Area::Users)) {
        return Ok(None);
    }
    let filter = UserFilter { q: Some(q.to_owned()), ..UserFilter::default() };
    let list = operations::users::list(&visit.context(), first(filter)).await?;
    let more = all(&list, format!("/admin/users?q={}", segment(q)));
    Ok(section("People", &users::HEAD, &list, users::cells, more))
}

async fn found_config(visit: &Visit<'_>, q: &str) -> Result<Vec<Section>, ConsoleError> {
    if !visit.may(Need::read(Area::Config)) {
        return Ok(Vec::new());
    }
    let (context, filter) = (visit.context(), || first(NameFilter { q: Some(q.to_owned()) }));
    let scopes = operations::scopes::list(&context, filter()).await?;
    let resources = operations::resources::list(&context, filter()).await?;
    let types = operations::authorization_types::list(&context, filter()).await?;
    let issuers = operations::trusted_issuers::list(&context, filter()).await?;
    let hooks = operations::webhooks::list(&context, filter()).await?;
    let more = |kind: &str| format!("/admin/{kind}?q={}", segment(q));
    let link = |kind: &str, name: &str| Cell::link(name, path_of(kind, name));
    let found = [
        section(
            "Scopes",
            &["Name", "Description"],
            &scopes,
            |scope| vec![link("scopes", &scope.name), Cell::text(scope.description.as_str())],
            all(&scopes, more("scopes")),
        ),
        section(
            "Resources",
            &["URI"],
            &resources,
            |it| vec![link("resources", &it.uri)],
            all(&resources, more("resources")),
        ),
        section(
            "Authorization types",
            &["Type", "Sentence"],
            &types,
            |it| vec![link("authorization-types", &it.name), Cell::text(it.template.as_str())],
            all(&types, more("authorization-types")),
        ),
        section(
            "Trusted issuers",
            &["Issuer"],
            &issuers,
            |it| vec![link("issuers", &it.issuer)],
            all(&issuers, more("issuers")),
        ),
        section("Webhooks", &webhooks::HEAD, &hooks, webhooks::cells, all(&hooks, more("webhooks"))),
    ];
    Ok(found.into_iter().flatten().collect())
}

async fn found_grant(visit: &Visit<'_>, q: &str) -> Result<Option<Section>, ConsoleError> {
    if !visit.may(Need::read(Area::Grants)) {
        return Ok(None);
    }
    let found = operations::grants::find(&visit.context(), &GrantId::new(q)).await;
    let list = List { items: found.into_iter().collect(), next: None };
    Ok(section("Grants", &grants::HEAD, &list, |grant| grants::cells(visit, grant), None))
}

async fn found_api_keys(visit: &Visit<'_>, q: &str) -> Result<Option<Section>, ConsoleError> {
    if !visit.may(Need::read(Area::ApiKeys)) {
        return Ok(None);
    }
    let filter = NameFilter { q: Some(q.to_owned()) };
    let list = operations::api_keys::list(&visit.context(), first(filter)).await?;
    let path = format!("/admin/api-keys?q={}", segment(q));
    let shown = |key: &ApiKeyRecord| {
        vec![
            Cell::link(key.name.clone(), path.clone()),
            Cell::code(key.id.clone()),
            Cell::time(key.expires_at),
        ]
    };
    Ok(section("API keys", &["Name", "Id", "Ends"], &list, shown, all(&list, path.clone())))
}

async fn found_keys(visit: &Visit<'_>, q: &str) -> Result<Option<Section>, ConsoleError> {
    if !visit.may(Need::read(Area::Keys)) {
        return Ok(None);
    }
    let Ok(key) = operations::keys::find(&visit.context(), q).await else { return Ok(None) };
    let shown = |listed: &ListedKey| {
        vec![Cell::link(listed.key.kid.clone(), "/admin/keys"), Cell::text(listed.key.algorithm.as_str())]
    };
    Ok(section("Signing keys", &["Key id", "Algorithm"], &List { items: vec![key], next: None }, shown, None))
}

async fn found_refusals(visit: &Visit<'_>, q: &str) -> Result<Option<Section>, ConsoleError> {
    if !visit.may(Need::read(Area::Audit)) {
        return Ok(None);
    }
    let filter = RefusalFilter { request_id: Some(q.to_owned()), ..RefusalFilter::default() };
    let list = operations::refusals::list(&visit.context(), first(filter)).await?;
    Ok(section("Refused requests", &REFUSAL_HEAD, &list, |row| refusal(row, true), None))
}

async fn found_event(visit: &Visit<'_>, q: &str) -> Result<Option<Section>, ConsoleError> {
    if !visit.may(Need::read(Area::Audit)) {
        return Ok(None);
    }
    let items: Vec<EventRecord> = operations::events::find(&visit.context(), q).await?.into_iter().collect();
    Ok(section("Events", &events::HEAD, &List { items, next: None }, events::cells, None))
}
