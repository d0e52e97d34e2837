//! How a client uses the server, and whether something could be required of it now, with the way to the form that does it.

use super::error::ConsoleError;
use super::page::{Action, Cell, ConsolePage, Fact, PageLink, Part, RowTable, Section};
use super::same::Same;
use super::tables::path_of;
use super::visit::{ConsoleReply, Visit};
use crate::clock::Timestamp;
use crate::oauth::activity::FactKind;
use crate::oauth::client::Client;
use crate::oauth::client::health::{HealthVerdict, Policy, PolicyHealth};
use crate::oauth::permission::{Area, Need};
use crate::operations::client_health::{self, ClientHealth, ValueUse};
use crate::operations::shell_word::shell_word;
use crate::representation::address::segment;

/// How many rows of each table the page of the client has.
const FEW: usize = 12;

/// Makes the section about health for the page of a client. It leaves out policies that the requests say nothing about.
///
/// # Errors
/// Only failures, and that the client is gone.
pub(super) async fn section(visit: &Visit<'_>, client: &Client) -> Result<Section, ConsoleError> {
    let mut health = client_health::find(&visit.context(), &client.id).await?;
    health.policies.retain(|known| known.value.is_none() || known.verdict != HealthVerdict::NoTraffic);
    let short = |mut table: RowTable| {
        table.rows.truncate(FEW);
        Part::Table(table)
    };
    let path = format!("{}/health", path_of("clients", client.id.as_str()));
    Ok(Section::of("Health", tables(visit, &health).into_iter().map(short).collect())
        .with_lead(lead(&health))
        .with_actions(vec![Action::plain("Everything that is counted", path)]))
}

/// The page with everything that is counted.
pub(super) async fn page(visit: &Visit<'_>, client: &Client) -> Result<ConsoleReply, ConsoleError> {
    let health = client_health::find(&visit.context(), &client.id).await?;
    let (id, path) = (client.id.as_str(), path_of("clients", client.id.as_str()));
    let same = Same::of(
        &visit.app.issuer,
        ("GET", &format!("/clients/{}/health", segment(id))),
        None,
        format!("grantor client health {}", shell_word(id)),
    );
    let tables = tables(visit, &health).into_iter().map(Part::Table);
    let parts = tables.chain([Part::Facts { rows: numbers(&health) }, Part::Same(same)]);
    Ok(ConsoleReply::Page(ConsolePage {
        title: format!("Health of {}", client.name.as_str()),
        place: "clients",
        trail: vec![PageLink::to("Clients", "/admin/clients"), PageLink::to(client.name.as_str(), path)],
        id: Some(id.to_owned()),
        sections: vec![Section { parts: parts.collect(), lead: Some(lead(&health)), ..Section::default() }],
        ..ConsolePage::default()
    }))
}

fn lead(health: &ClientHealth) -> String {
    match health.counted_since {
        Some(since) => format!(
            "What the requests of this client in the last 30 days show, counted since {}. The last minute may be missing.",
            since.iso().get(..10).unwrap_or_default()
        ),
        None => "Nothing was counted in the last 30 days.".to_owned(),
    }
}

/// The changes of a client that could be made, with the way to the form of each.
pub(super) fn changes(visit: &Visit<'_>, client: &Client, policies: &[PolicyHealth]) -> RowTable {
    let may_write = visit.may(Need::write(Area::Clients));
    let mut head = vec!["Change", "Safe now?", "Why", "Last request against it"];
    head.extend(may_write.then_some(""));
    let policy = |health: &PolicyHealth| {
        let mut cells = vec![
            Cell::text(match &health.value {
                Some(value) => format!("{}: {value}", title(health.policy)),
                None => title(health.policy).to_owned(),
            }),
            verdict(health.verdict),
            Cell::text(health.sentence.clone()),
            Cell::time(health.refused.map(|tally| tally.last)),
        ];
        if may_write {
            let link = change(client, health).map(|path| Cell::link("Open the change", path));
            cells.push(link.unwrap_or_else(|| Cell::text("")));
        }
        cells
    };
    RowTable {
        caption: "Changes, and whether they would be safe now".to_owned(),
        head,
        rows: policies.iter().map(policy).collect(),
        ..RowTable::default()
    }
}

fn tables(visit: &Visit<'_>, health: &ClientHealth) -> Vec<RowTable> {
    let client = &health.record.client;
    let policies = RowTable {
        empty:
            "Nothing more could be required of this client, or taken from it, as far as its requests show."
                .to_owned(),
        ..changes(visit, client, &health.policies)
    };
    let used = |used: &ValueUse| use_of(kind(used.kind), &used.value, used.count, used.last_used_at);
    let secrets = health.record.secrets.iter();
    let secrets =
        secrets.map(|secret| use_of("Secret", &secret.id, health.secret_uses(secret), secret.last_used_at));
    let uses = RowTable {
        caption: "Uses of what is registered".to_owned(),
        head: vec!["Registered", "Value", "Uses in 30 days", "Last used"],
        rows: health.uses.iter().map(used).chain(secrets).collect(),
        empty: "Nothing is registered that could be used.".to_owned(),
        ..RowTable::default()
    };
    let refused = |(reason, count, last): &(&str, u64, Timestamp)| {
        let id = segment(client.id.as_str());
        let path = format!("/admin/refusals?client={id}&reason={}", segment(reason));
        vec![Cell::link(*reason, path), Cell::text(count.to_string()), Cell::time(*last)]
    };
    let refused = RowTable {
        caption: "Refused requests by reason".to_owned(),
        head: vec!["Refused because", "Requests in 30 days", "Last"],
        rows: health.refused().iter().map(refused).collect(),
        empty: "No request was refused in the last 30 days.".to_owned(),
        ..RowTable::default()
    };
    vec![policies, uses, refused]
}

fn numbers(health: &ClientHealth) -> Vec<Fact> {
    let answered = health.authorizations().into_iter().find(|(name, _)| *name == "answered");
    let refresh = &health.refresh;
    let number = |number: u64| Cell::text(number.to_string());
    vec![
        Fact::of("Answered authorization requests", number(answered.map_or(0, |(_, count)| count))),
        Fact::of("Refreshes", number(refresh.refreshed)),
        Fact::of("Refreshes that were answered again", number(refresh.answered_again)).with_help(
            "A replaced refresh token came once more within the grace period, as after a lost answer.",
        ),
        Fact::of("Refresh tokens that came too late", number(refresh.reused)).with_help(
            "A replaced token came after the grace period, which ended everything that came from it.",
        ),
    ]
}

fn use_of(kind: &'static str, value: &str, count: u64, last: Option<Timestamp>) -> Vec<Cell> {
    let last = last.map_or_else(|| Cell::badge("warn", "never"), Cell::time);
    vec![Cell::text(kind), Cell::code(value), Cell::text(count.to_string()), last]
}

fn kind(kind: FactKind) -> &'static str {
    match kind {
        FactKind::RedirectUri => "Redirect URI",
        FactKind::Scope => "Scope",
        _ => "Grant type",
    }
}

fn title(policy: Policy) -> &'static str {
    match policy {
        Policy::Pkce => "Require PKCE",
        Policy::Par => "Require pushed requests",
        Policy::Jar => "Require signed requests",
        Policy::TokenRedirectUri => "Require the redirect URI with a code",
        Policy::Dpop => "Require a proof of a key",
        Policy::State => "Require a state",
        Policy::Nonce => "Require a nonce",
        Policy::ExactRedirectUri => "Require the exact redirect URI",
        Policy::RefreshWithoutGrace => "Answer no refresh token twice",
        Policy::RemoveRedirectUri => "Remove the redirect URI",
        Policy::RemoveScope => "Remove the scope",
        Policy::RemoveGrantType => "Remove the grant type",
        Policy::RemoveSecret => "Remove the old secret",
    }
}

fn verdict(verdict: HealthVerdict) -> Cell {
    match verdict {
        HealthVerdict::Safe => Cell::badge("good", "safe"),
        HealthVerdict::WouldRefuse => Cell::badge("bad", "would refuse"),
        HealthVerdict::NoTraffic => Cell::badge("warn", "not known"),
        HealthVerdict::NotCounted => Cell::badge("", "not counted"),
        HealthVerdict::AlwaysRequired => Cell::badge("", "required already"),
    }
}

/// The path of the form that is filled with the change. `None` if it is made already, or no setting of a client makes it.
fn change(client: &Client, health: &PolicyHealth) -> Option<String> {
    if health.verdict == HealthVerdict::AlwaysRequired {
        return None;
    }
    let path = path_of("clients", client.id.as_str());
    let value = segment(health.value.as_deref().unwrap_or_default());
    if let Some(demanded) = health.policy.demanded() {
        let setting = if health.verdict == HealthVerdict::NotCounted { "report" } else { "require" };
        return Some(format!("{path}/edit?set_{}={setting}", demanded.as_str()));
    }
    match health.policy {
        Policy::RemoveRedirectUri => Some(format!("{path}/edit?remove_redirect_uris={value}")),
        Policy::RemoveScope => Some(format!("{path}/edit?remove_scope={value}")),
        Policy::RemoveGrantType => Some(format!("{path}/edit?remove_grant_types={value}")),
        Policy::RemoveSecret => Some(format!("{path}/remove-secret?secret={value}")),
        _ => None,
    }
}
