//! The first page: what happened lately, and what needs a look.

use std::collections::BTreeMap;

use super::chart::{Chart, ChartSpan};
use super::error::ConsoleError;
use super::page::{Cell, ConsolePage, Figure, Filter, FilterField, Part, RowTable, Section};
use super::tables::{first, narrowed, refusal};
use super::visit::{ConsoleReply, Visit};
use super::{clients, events, keys, notes};
use crate::oauth::permission::{Area, Need};
use crate::operations;
use crate::operations::list::{Listing, MAX_PAGE_SIZE};
use crate::store::clients::ClientFilter;
use crate::store::deliveries::DeliveryState;
use crate::store::logout_deliveries::DeliveryFilter;
use crate::store::refusals::{KeptRefusal, RefusalFilter};
use crate::store::users::UserFilter;

/// How many rows are counted.
const MOST: u32 = 100;

pub(super) async fn page(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    let mut sections =
        vec![Section { parts: vec![Part::Figures { figures: figures(visit).await? }], ..Section::default() }];
    if visit.may(Need::read(Area::Audit)) {
        sections.extend(lately(visit).await?);
    }
    if visit.may(Need::read(Area::Keys)) {
        sections.push(signing_keys(visit).await?);
    }
    if visit.may(Need::read(Area::Clients)) {
        sections.extend(first_clients(visit).await?);
    }
    Ok(ConsoleReply::Page(ConsolePage {
        title: "Overview".to_owned(),
        place: "overview",
        notices: notes::of(visit),
        sections,
        ..ConsolePage::default()
    }))
}

/// A number, of which only the first are counted.
fn counted<T>(name: &'static str, list: &operations::list::List<T>, path: &str) -> Figure {
    let number = list.items.len();
    let value = if list.next.is_some() { format!("{number}+") } else { number.to_string() };
    Figure { name, value, path: Some(path.to_owned()) }
}

fn most<F>(filter: F) -> Listing<F> {
    Listing { filter, limit: MOST, cursor: None }
}

async fn figures(visit: &Visit<'_>) -> Result<Vec<Figure>, ConsoleError> {
    let (context, mut figures) = (visit.context(), Vec::new());
    if visit.may(Need::read(Area::Clients)) {
        let list = operations::clients::list(&context, most(ClientFilter::default())).await?;
        figures.push(counted("clients", &list, "/admin/clients"));
    }
    if visit.may(Need::read(Area::Users)) {
        let list = operations::users::list(&context, most(UserFilter::default())).await?;
        figures.push(counted("people", &list, "/admin/users"));
    }
    if visit.may(Need::read(Area::Clients)) {
        for (name, state, path) in [
            ("notices of sign-outs wait", DeliveryState::Waiting, "/admin/logout-deliveries?state=waiting"),
            ("notices of sign-outs failed", DeliveryState::Failed, "/admin/logout-deliveries?state=failed"),
        ] {
            let filter = DeliveryFilter { client: None, state: Some(state) };
            let list = operations::logout_deliveries::list(&context, most(filter)).await?;
            figures.push(counted(name, &list, path));
        }
    }
    Ok(figures)
}

/// Sign-ins and refusals of the last time. Both come from lists of bounded length.
async fn lately(visit: &Visit<'_>) -> Result<Vec<Section>, ConsoleError> {
    let (now, span) = (visit.request.now, ChartSpan::parse(visit.parameter("span").as_deref()));
    let since = span.begin(now);
    let sign_ins = events::sign_ins(visit, since).await?;
    let list = operations::refusals::list(
        &visit.context(),
        Listing { limit: MAX_PAGE_SIZE, ..most(RefusalFilter::default()) },
    )
    .await?;
    let recent: Vec<&KeptRefusal> = list.items.iter().filter(|row| row.created_at >= since).collect();
    let filter = Filter {
        path: "/admin",
        fields: vec![FilterField {
            has_any: false,
            ..narrowed(visit, "span", "Time", &ChartSpan::WORDS.map(|(word, _)| word))
        }],
    };
    let charts = vec![
        Part::Filter(filter),
        Part::Chart(Box::new(Chart::of(
            "Sign-ins, of the last 500:",
            span,
            now,
            sign_ins.into_iter().map(|at| (at, 1)),
        ))),
        Part::Chart(Box::new(Chart::of(
            "Refused requests, of the last 500 that were kept:",
            span,
            now,
            recent.iter().map(|row| (row.created_at, 1)),
        ))),
    ];
    let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &recent {
        *by_reason.entry(&row.reason).or_default() += 1;
    }
    let mut by_reason: Vec<(&str, u64)> = by_reason.into_iter().collect();
    by_reason.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let row = |(reason, count): &(&str, u64)| {
        vec![Cell::link(*reason, format!("/admin/refusals?reason={reason}")), Cell::text(count.to_string())]
    };
    let reasons = RowTable {
        caption: "Refusals by reason".to_owned(),
        head: vec!["Reason", "Requests"],
        rows: by_reason.iter().take(8).map(row).collect(),
        empty: "No request was refused in this time.".to_owned(),
        ..RowTable::default()
    };
    let last = RowTable {
        caption: "Last refusals".to_owned(),
        head: vec!["Time", "Reason", "Description", "Client", "Address"],
        rows: list.items.iter().take(5).map(|row| refusal(row, true)).collect(),
        empty: "No refused request is kept.".to_owned(),
        all: Some(super::page::PageLink::to("All refusals", "/admin/refusals")),
        ..RowTable::default()
    };
    Ok(vec![
        Section::of("Lately", charts),
        Section::of("Refusals by reason", vec![Part::Table(reasons)]),
        Section::of("Last refusals", vec![Part::Table(last)]),
    ])
}

async fn signing_keys(visit: &Visit<'_>) -> Result<Section, ConsoleError> {
    let list = operations::keys::list(&visit.context(), first(())).await?;
    let mut head = vec!["Key", "Algorithm", "State", "Age", "Signs from", "Published until"];
    head.extend(visit.is_owner().then_some(""));
    let rows = list.items.iter().filter(|key| key.key.retired_at.is_none());
    let table = RowTable {
        caption: "Signing keys".to_owned(),
        head,
        rows: rows.map(|key| keys::cells(visit, &list.items, key)).collect(),
        ..RowTable::default()
    };
    Ok(Section::of("Signing keys", vec![Part::Table(table)]))
}

/// A server without clients says how it gets one.
async fn first_clients(visit: &Visit<'_>) -> Result<Option<Section>, ConsoleError> {
    let list = operations::clients::list(&visit.context(), first(ClientFilter::default())).await?;
    if !list.items.is_empty() {
        return Ok(None);
    }
    let actions = match visit.may(Need::write(Area::Clients)) {
        true => vec![super::page::Action::primary("New client", "/admin/new/clients")],
        false => Vec::new(),
    };
    let table = RowTable {
        head: vec!["Name", "Client id", "Kind", "State", "Secrets", "Created"],
        rows: list.items.iter().map(clients::cells).collect(),
        empty: "There is no client yet. A client is an application that gets tokens here.".to_owned(),
        ..RowTable::default()
    };
    Ok(Some(Section::of("Clients", vec![Part::Table(table)]).with_actions(actions)))
}
