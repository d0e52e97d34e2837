//! Everything about one client.

use serde_json::Value;

use super::client_fields::ALL;
use super::error::ConsoleError;
use super::form::{self, Input};
use super::grants::grants_of;
use super::page::{Action, Badge, Cell, ConsolePage, Fact, PageLink, Part, RowTable, Section};
use super::tables::{first, path_of, refusals};
use super::visit::{ConsoleReply, Visit};
use super::{client_health, client_secrets, config_snippets, notes};
use crate::oauth::client::{Client, ClientMetadata};
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need};
use crate::operations::{clients, consents};
use crate::representation::client::settings;
use crate::store::clients::ClientRecord;
use crate::store::consents::ConsentRecord;

pub(super) async fn show(visit: &Visit<'_>, id: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::read(Area::Clients))?;
    let id = ClientId::new(id);
    let record = clients::find(&visit.context(), &id).await?;
    let mut sections = vec![settings_section(&record), client_secrets::section(visit, &record)];
    sections.push(client_health::section(visit, &record.client).await?);
    sections.extend(refusals(visit, &id).await?);
    sections.extend(people(visit, &id).await?);
    sections.extend(grants_of(visit, None, Some(&id)).await?);
    sections.push(config_snippets::section(visit, &record.client));
    let client = &record.client;
    Ok(ConsoleReply::Page(ConsolePage {
        title: client.name.as_str().to_owned(),
        place: "clients",
        trail: vec![PageLink::to("Clients", "/admin/clients")],
        id: Some(client.id.to_string()),
        badges: vec![
            Badge::of("", client.kind.as_str()),
            if client.disabled { Badge::of("bad", "disabled") } else { Badge::of("good", "enabled") },
        ],
        notices: notes::of(visit),
        actions: actions(visit, &record),
        sections,
        ..ConsolePage::default()
    }))
}

/// The people who have allowed the client something, if the visitor may see people.
async fn people(visit: &Visit<'_>, client: &ClientId) -> Result<Option<Section>, ConsoleError> {
    if !visit.may(Need::read(Area::Users)) {
        return Ok(None);
    }
    let list = consents::list_of_client(&visit.context(), first(client.clone())).await?;
    let row = |record: &ConsentRecord| {
        let refused = Some(record.consent.refused.scope.to_string()).filter(|scope| !scope.is_empty());
        vec![
            Cell::link(record.username.clone(), path_of("users", &record.user_id)),
            Cell::text(record.consent.allowed.scope.to_string()),
            Cell::maybe(refused),
            Cell::time(record.updated_at),
        ]
    };
    let table = RowTable {
        caption: "People".to_owned(),
        head: vec!["Person", "Allowed", "Left out", "Changed"],
        rows: list.items.iter().map(row).collect(),
        empty: "No one has allowed this application anything.".to_owned(),
        ..RowTable::default()
    };
    Ok(Some(Section::of("People", vec![Part::Table(table)])))
}

fn actions(visit: &Visit<'_>, record: &ClientRecord) -> Vec<Action> {
    let path = path_of("clients", record.client.id.as_str());
    let mut actions = vec![Action::plain("Check a request", format!("{path}/check"))];
    if visit.may(Need::write(Area::Clients)) {
        let (text, act) = if record.client.disabled { ("Enable", "enable") } else { ("Disable", "disable") };
        actions.insert(0, Action::primary("Edit settings", format!("{path}/edit")));
        actions.push(Action::plain("Revoke all grants", format!("{path}/revoke")));
        actions.push(Action::plain(text, format!("{path}/{act}")));
        actions.push(Action::danger("Delete", format!("{path}/delete")));
    }
    actions
}

/// The settings that the client has, each with its sentence.
fn settings_section(record: &ClientRecord) -> Section {
    let object = settings(&record.client);
    let values = form::values_of(ALL, &object);
    let usual = ClientMetadata { grants: Vec::new(), ..ClientMetadata::new("-", record.client.kind) };
    let usual = form::values_of(ALL, &settings(&Client::new(record.client.id.clone(), usual)));
    let mut rows = Vec::new();
    for spec in ALL.iter().flat_map(|(_, specs)| specs.iter()) {
        let texts = values.get(spec.name).map(Vec::as_slice).unwrap_or_default();
        let is_usual = usual.get(spec.name).map(Vec::as_slice) == Some(texts);
        // Every client with the grant has this one.
        let is_only_code = spec.name == "response_types" && texts == ["code"];
        if texts.is_empty() || is_usual || is_only_code || spec.name == "client_name" {
            continue;
        }
        let cells = match spec.input {
            Input::Lines => texts.iter().flat_map(|text| text.lines()).map(Cell::code).collect(),
            Input::Words => texts.iter().flat_map(|text| text.split(' ')).map(scope).collect(),
            Input::Switch => vec![Cell::badge("", "yes")],
            _ => texts.iter().map(Cell::code).collect(),
        };
        let fact = match spec.input {
            Input::Lines => Fact::lines(spec.label, cells),
            _ => Fact::of_all(spec.label, cells),
        };
        rows.push(fact.with_help(spec.sentences()));
    }
    // Names in other languages have members of their own.
    let localized = object.as_object().into_iter().flatten().filter(|(name, _)| name.contains('#'));
    for (name, value) in localized {
        rows.push(Fact::of(name.clone(), Cell::text(value.as_str().unwrap_or_default())));
    }
    if object["has_logo"] == Value::Bool(true) {
        rows.push(
            Fact::of("Logo", Cell::badge("", "yes"))
                .with_help("Change it by the API or by a command: grantor client update --logo."),
        );
    }
    rows.push(Fact::of("Created", Cell::time(record.created_at)));
    Section::of("Settings", vec![Part::Facts { rows }])
        .with_lead("Settings that are not listed have their defaults.")
}

fn scope(name: &str) -> Cell {
    Cell { is_code: true, ..Cell::link(name, path_of("scopes", name)) }
}
