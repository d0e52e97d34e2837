//! Everything about one webhook: its settings, its secrets, and what was delivered.

use super::error::ConsoleError;
use super::notes;
use super::objects::facts;
use super::page::{Action, Badge, Cell, ConsolePage, Fact, Filter, PageLink, Part, RowTable, Section};
use super::tables::{delivery_state, listing, narrowed, path_of};
use super::visit::{ConsoleReply, Visit};
use super::webhooks::{EDIT, may_change, state};
use crate::oauth::permission::{Area, Need};
use crate::oauth::webhook::DisabledBecause;
use crate::operations::webhooks;
use crate::representation::address::segment;
use crate::representation::webhook::to_json;
use crate::store::deliveries::{DeliveryState, next_attempt};
use crate::store::webhook_deliveries::{WebhookDelivery, WebhookDeliveryFilter};
use crate::store::webhook_secrets::WebhookSecretRecord;
use crate::store::webhooks::WebhookRecord;

pub(super) async fn show(visit: &Visit<'_>, id: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::read(Area::Config))?;
    let webhook = webhooks::find(&visit.context(), id).await?;
    let (tone, state) = state(&webhook);
    Ok(ConsoleReply::Page(ConsolePage {
        title: webhook.name.clone(),
        place: "webhooks",
        trail: vec![PageLink::to("Webhooks", "/admin/webhooks")],
        id: Some(webhook.id.clone()),
        badges: vec![Badge::of(tone, state)],
        notices: notes::of(visit),
        actions: if may_change(visit) { actions(&webhook) } else { Vec::new() },
        sections: vec![settings(&webhook), secrets(visit, &webhook), deliveries(visit, &webhook).await?],
        ..ConsolePage::default()
    }))
}

fn actions(webhook: &WebhookRecord) -> Vec<Action> {
    let path = path_of("webhooks", &webhook.id);
    let mut actions = vec![Action::primary("Edit", format!("{path}/edit"))];
    actions.extend(match webhook.disabled {
        Some(_) => vec![Action::plain("Enable", format!("{path}/enable"))],
        None => vec![
            Action::plain("Send a test", format!("{path}/test")),
            Action::plain("Disable", format!("{path}/disable")),
        ],
    });
    actions.push(Action::danger("Delete", format!("{path}/delete")));
    actions
}

fn settings(webhook: &WebhookRecord) -> Section {
    let mut rows = match facts(EDIT, &to_json(webhook)) {
        Part::Facts { rows } => rows,
        _ => Vec::new(),
    };
    if webhook.types.words().is_empty()
        && let Some(types) = rows.iter_mut().find(|row| row.name == "Types")
    {
        types.values = vec![Cell::text("all")];
    }
    if let Some((at, because)) = webhook.disabled {
        let why = match because {
            DisabledBecause::Operator => "an operator disabled it",
            DisabledBecause::Gone => "the receiver answered 410: it wants no more messages",
            DisabledBecause::Failing => "every attempt failed for five days",
        };
        rows.push(Fact::of_all("Disabled", vec![Cell::time(at), Cell::text(why)]));
    }
    if let Some(since) = webhook.failing_since {
        rows.push(Fact::of("Every attempt failed since", Cell::time(since)));
    }
    rows.push(Fact::of("Created", Cell::time(webhook.created_at)));
    Section::of("Settings", vec![Part::Facts { rows }])
}

fn secrets(visit: &Visit<'_>, webhook: &WebhookRecord) -> Section {
    let now = visit.request.now;
    let row = |secret: &WebhookSecretRecord| {
        let state = match secret.expires_at {
            Some(end) if end <= now => Cell::badge("", "ended"),
            _ => Cell::badge("good", "signs"),
        };
        vec![
            Cell::code(secret.id.clone()),
            state,
            Cell::time(secret.created_at),
            Cell::time(secret.expires_at),
        ]
    };
    let table = RowTable {
        caption: "Secrets".to_owned(),
        head: vec!["Secret", "State", "Created", "Ends"],
        rows: webhook.secrets.iter().map(row).collect(),
        empty: "The webhook has no secret.".to_owned(),
        ..RowTable::default()
    };
    let section = Section::of("Secrets", vec![Part::Table(table)]);
    let path = format!("{}/rotate-secret", path_of("webhooks", &webhook.id));
    match may_change(visit) {
        true => section.with_actions(vec![Action::plain("Replace the secret", path)]),
        false => section,
    }
}

async fn deliveries(visit: &Visit<'_>, webhook: &WebhookRecord) -> Result<Section, ConsoleError> {
    let filter = WebhookDeliveryFilter {
        webhook: webhook.id.clone(),
        state: visit.word("state", DeliveryState::parse)?,
        kind: visit.parameter("type"),
    };
    let list = webhooks::deliveries(&visit.context(), listing(visit, filter)).await?;
    let path = path_of("webhooks", &webhook.id);
    let may_send = may_change(visit) && webhook.disabled.is_none();
    let mut head = vec!["Created", "Type", "State", "Attempts", "Next attempt", "Last error"];
    head.extend(may_send.then_some(""));
    let row = |delivery: &WebhookDelivery| {
        let mut cells = cells(delivery);
        if may_send {
            let path = format!("{path}/retry?delivery={}", segment(&delivery.message_id));
            cells.push(Cell::link("Send again", path));
        }
        cells
    };
    let table = RowTable {
        caption: "Deliveries".to_owned(),
        head,
        rows: list.items.iter().map(row).collect(),
        empty: "No message matches. Messages are kept for a day after their delivery, and for a week after the last attempt \
                failed."
            .to_owned(),
        next: list.next.as_deref().map(|cursor| visit.query_with("cursor", cursor)),
        ..RowTable::default()
    };
    let fields = vec![
        narrowed(visit, "state", "State", &DeliveryState::ALL.map(DeliveryState::as_str)),
        narrowed(visit, "type", "Type begins with", &[]),
    ];
    let parts = vec![Part::Filter(Filter::of("", fields)), Part::Table(table)];
    let section = Section::of("Deliveries", parts);
    let has_open = list.items.iter().any(|delivery| delivery.state != DeliveryState::Delivered.as_str());
    Ok(match may_send && has_open {
        true => section
            .with_actions(vec![Action::plain("Resend everything undelivered", format!("{path}/retry"))]),
        false => section,
    })
}

fn cells(delivery: &WebhookDelivery) -> Vec<Cell> {
    vec![
        Cell::time(delivery.created_at),
        Cell::code(delivery.kind.clone()),
        delivery_state(&delivery.state),
        Cell::text(delivery.attempts.to_string()),
        Cell::time(next_attempt(&delivery.state, delivery.next_attempt_at)),
        Cell::maybe(delivery.last_error.clone()),
    ]
}
