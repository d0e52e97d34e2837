//! The first page: what happened lately, and what needs a look.

use std::collections::BTreeMap;

use super::chart::{Chart, ChartSpan};
use super::error::ConsoleError;
use super::page::{Action, Cell, ConsolePage, Figure, PageLink, Part, RowTable, Section};
use super::tables::{REFUSAL_HEAD, first, refusal};
use super::visit::{ConsoleReply, Visit};
use super::{clients, keys, notes};
use crate::clock::Timestamp;
use crate::metrics::counters::SignInResult;
use crate::oauth::activity::CountKind;
use crate::oauth::permission::{Area, Need};
use crate::oauth::reason::Reason;
use crate::oauth::webhook::DisabledBecause;
use crate::operations;
use crate::operations::activity::{self, ActivityHour, ActivityHours};
use crate::operations::list::Listing;
use crate::representation::address::segment;
use crate::store::clients::ClientFilter;
use crate::store::deliveries::{DeliveryFilter, DeliveryState};
use crate::store::page::NameFilter;
use crate::store::refusals::RefusalFilter;
use crate::store::users::UserFilter;

/// How many rows are counted.
const MOST: u32 = 100;
/// How many reasons of refusals are listed.
const MOST_REASONS: usize = 8;

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

/// What a figure counts: the words after 1, and those after every other number.
type Counted = (&'static str, &'static str);

const JOBS: Counted = ("job waits for the database on this node", "jobs wait for the database on this node");

fn words_after(number: usize, (one, other): Counted) -> &'static str {
    if number == 1 { one } else { other }
}

/// A number, of which only the first are counted.
fn counted<T>(what: Counted, list: &operations::list::List<T>, path: &str) -> Figure {
    let number = list.items.len();
    let value = if list.next.is_some() { format!("{number}+") } else { number.to_string() };
    Figure { name: words_after(number, what), value, path: Some(path.to_owned()) }
}

/// The length of a queue.
fn queue(what: Counted, length: usize) -> Figure {
    Figure { name: words_after(length, what), value: length.to_string(), path: None }
}

fn most<F>(filter: F) -> Listing<F> {
    Listing { filter, limit: MOST, cursor: None }
}

async fn figures(visit: &Visit<'_>) -> Result<Vec<Figure>, ConsoleError> {
    let (context, mut figures) = (visit.context(), Vec::new());
    if visit.may(Need::read(Area::Clients)) {
        let list = operations::clients::list(&context, most(ClientFilter::default())).await?;
        figures.push(counted(("client", "clients"), &list, "/admin/clients"));
    }
    if visit.may(Need::read(Area::Users)) {
        let list = operations::users::list(&context, most(UserFilter::default())).await?;
        figures.push(counted(("person", "people"), &list, "/admin/users"));
    }
    if visit.may(Need::read(Area::Clients)) {
        for (name, state, path) in [
            (
                ("notice of a sign-out waits", "notices of sign-outs wait"),
                DeliveryState::Waiting,
                "/admin/logout-deliveries?state=waiting",
            ),
            (
                ("notice of a sign-out failed", "notices of sign-outs failed"),
                DeliveryState::Failed,
                "/admin/logout-deliveries?state=failed",
            ),
        ] {
            let filter = DeliveryFilter { client: None, state: Some(state) };
            let list = operations::logout_deliveries::list(&context, most(filter)).await?;
            figures.push(counted(name, &list, path));
        }
        for (name, state, path) in [
            (("ping waits", "pings wait"), DeliveryState::Waiting, "/admin/pings?state=waiting"),
            (("ping failed", "pings failed"), DeliveryState::Failed, "/admin/pings?state=failed"),
        ] {
            let filter = DeliveryFilter { client: None, state: Some(state) };
            let list = operations::pings::list(&context, most(filter)).await?;
            figures.push(counted(name, &list, path));
        }
    }
    if visit.may(Need::read(Area::Config)) {
        let filter = NameFilter { q: None };
        let mut list = operations::webhooks::list(&context, most(filter)).await?;
        list.items.retain(|webhook| {
            let is_off = webhook.disabled.is_some_and(|(_, because)| because != DisabledBecause::Operator);
            is_off || webhook.failing_since.is_some()
        });
        figures.push(counted(("webhook fails", "webhooks fail"), &list, "/admin/webhooks"));
        let waiting = operations::webhooks::waiting(&context).await?;
        figures.push(Figure {
            path: Some("/admin/webhooks".to_owned()),
            ..queue(("message to a webhook waits", "messages to webhooks wait"), waiting)
        });
        let jobs = visit.app.db.loads().iter().map(|load| load.waiting).sum();
        figures.push(queue(JOBS, jobs));
        figures.push(queue(
            ("password waits for a check on this node", "passwords wait for a check on this node"),
            visit.app.passwords.waiting(),
        ));
    }
    Ok(figures)
}

/// What the server did lately, by its hourly counts, and the last refusals.
async fn lately(visit: &Visit<'_>) -> Result<Vec<Section>, ConsoleError> {
    let (now, span) = (visit.request.now, ChartSpan::parse(visit.parameter("span").as_deref()));
    let hours = activity::hours(&visit.context(), Some(span.begin(now)), None).await?;
    let list = operations::refusals::list(&visit.context(), first(RefusalFilter::default())).await?;
    let last = RowTable {
        caption: "Last refusals".to_owned(),
        head: REFUSAL_HEAD.to_vec(),
        rows: list.items.iter().take(5).map(|row| refusal(row, true)).collect(),
        empty: "No refused request is kept.".to_owned(),
        all: Some(PageLink::to("All refusals", "/admin/refusals")),
        ..RowTable::default()
    };
    let spans = ChartSpan::WORDS.map(|(word, other)| {
        let action = Action::plain(word, format!("/admin?span={word}"));
        if other == span { action.chosen() } else { action }
    });
    Ok(vec![
        Section::of("Activity", vec![Part::Charts { charts: charts(&hours, span, now) }])
            .with_lead(
                "Counted by the hour, in UTC. The last minute may be missing. Tokens of this console are not counted.",
            )
            .with_actions(spans.into()),
        Section::of("Refusals by reason", vec![Part::Table(by_reason(&hours))]),
        Section::of("Last refusals", vec![Part::Table(last)]),
    ])
}

/// Sign-ins, those that failed, answers with tokens, and refusals.
fn charts(hours: &ActivityHours, span: ChartSpan, now: Timestamp) -> Vec<Chart> {
    let is_good = |word: &str| {
        [SignInResult::Succeeded, SignInResult::SignedUp].iter().any(|result| word == <&str>::from(*result))
    };
    let sign_ins = |wanted: bool| {
        let sum = move |hour: &ActivityHour| {
            let counts = hour.counts(CountKind::SignIns).filter(|(word, _)| is_good(word) == wanted);
            counts.map(|(_, count)| count).sum::<i64>()
        };
        hours.iter().map(move |(at, hour)| (*at, sum(hour))).collect::<Vec<_>>()
    };
    let chart = |title, counts: Vec<(Timestamp, i64)>| {
        let counts = counts.into_iter().map(|(at, count)| (at, u64::try_from(count).unwrap_or_default()));
        Chart::of(title, span, now, counts)
    };
    vec![
        chart("Sign-ins", sign_ins(true)),
        chart("Failed sign-ins", sign_ins(false)),
        chart("Answers with tokens", activity::totals(hours, CountKind::Tokens)),
        chart("Refused requests", activity::totals(hours, CountKind::Refusals)),
    ]
}

/// The most frequent reasons of refusals.
fn by_reason(hours: &ActivityHours) -> RowTable {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for (reason, count) in hours.values().flat_map(|hour| hour.counts(CountKind::Refusals)) {
        *sums.entry(reason).or_default() += count;
    }
    let mut sums: Vec<(&str, i64)> = sums.into_iter().collect();
    sums.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let row = |(reason, count): &(&str, i64)| {
        let what = Reason::ALL.iter().find(|known| known.word() == *reason).map_or("", |known| known.title());
        let kept = Cell::link(*reason, format!("/admin/refusals?reason={}", segment(reason)));
        vec![kept, Cell::text(what), Cell::text(count.to_string())]
    };
    RowTable {
        caption: "Refusals by reason".to_owned(),
        head: vec!["Reason", "What happened", "Requests"],
        rows: sums.iter().take(MOST_REASONS).map(row).collect(),
        empty: "No request was refused in this time.".to_owned(),
        ..RowTable::default()
    }
}

async fn signing_keys(visit: &Visit<'_>) -> Result<Section, ConsoleError> {
    let list = operations::keys::list(&visit.context(), first(())).await?;
    let mut head = keys::HEAD.to_vec();
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
        true => vec![Action::primary("New client", "/admin/new/clients")],
        false => Vec::new(),
    };
    let table = RowTable {
        head: clients::HEAD.to_vec(),
        rows: list.items.iter().map(clients::cells).collect(),
        empty: "There is no client yet. A client is an application that gets tokens here.".to_owned(),
        ..RowTable::default()
    };
    Ok(Some(Section::of("Clients", vec![Part::Table(table)]).with_actions(actions)))
}
