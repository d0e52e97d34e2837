//! Scopes: what applications may ask for.

use super::error::ConsoleError;
use super::form::{self, FieldSpec, Group, Input};
use super::notes;
use super::objects::Kind;
use super::page::{Action, Badge, Cell, ConsolePage, Fact, Filter, PageLink, Part, RowTable, Section};
use super::same::{Same, shell};
use super::tables::{listing, narrowed, page, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::members::Members;
use crate::members::named::NamedObject as _;
use crate::oauth::grant::scope::ScopeRecord;
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need, is_management_scope};
use crate::oauth::request::params::Params;
use crate::operations::scope_deletion::{self, InUse};
use crate::operations::scopes;
use crate::representation::address::segment;
use crate::representation::scope::to_json;
use crate::representation::settings;
use crate::store::page::NameFilter;

const READ: Need = Need::read(Area::Config);
const WRITE: Need = Need::write(Area::Config);

const fn spec(
    name: &'static str,
    label: &'static str,
    input: Input,
    option: (&'static str, &'static str),
) -> FieldSpec {
    FieldSpec { name, label, of: &settings::SCOPE, input, is_required: false, option }
}

const NAME: FieldSpec = FieldSpec { is_required: true, ..spec("name", "Name", Input::Line, ("", "")) };
const DESCRIPTION: FieldSpec =
    FieldSpec { is_required: true, ..spec("description", "Description", Input::Line, ("--description", "")) };
const CONSEQUENCE: FieldSpec =
    spec("consequence", "Consequence", Input::Line, ("--consequence", "--no-consequence"));
const SENSITIVE: FieldSpec = spec("sensitive", "Sensitive", Input::Switch, ("--sensitive", ""));
const REQUIRED: FieldSpec = spec("required", "Required", Input::Switch, ("--required", ""));
const CLAIMS: FieldSpec = spec("claims", "Claims", Input::Lines, ("--claim", "--no-claims"));
const LIFETIME: FieldSpec = spec(
    "access_token_lifetime",
    "Longest lifetime of access tokens",
    Input::Number,
    ("--access-token-lifetime", "--access-token-lifetime default"),
);
const GROUP: FieldSpec =
    spec("required_group", "Required group", Input::Line, ("--require-group", "--no-required-group"));

const EDIT: &[Group] = &[("", &[DESCRIPTION, CONSEQUENCE, SENSITIVE, REQUIRED, CLAIMS, LIFETIME, GROUP])];

const SCOPES: Kind = Kind {
    title: "Scopes",
    one: "scope",
    place: "scopes",
    of: &settings::SCOPE,
    new: &[("", &[NAME, DESCRIPTION, CONSEQUENCE, SENSITIVE, REQUIRED, CLAIMS, LIFETIME, GROUP])],
    edit: EDIT,
    has_pages: true,
    command: "grantor scope",
    create: "create",
    id: "name",
    is_named: false,
};

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let found =
        scopes::list(&visit.context(), listing(visit, NameFilter { q: visit.parameter("q") })).await?;
    let filter = Filter::of("/admin/scopes", vec![narrowed(visit, "q", "Name", &[])]);
    let head = ["Name", "Description", "Claims", ""];
    let mut page =
        page(visit, ("Scopes", "scopes"), Some(filter), (&head, "No scope matches."), (&found, cells));
    if visit.may(WRITE) {
        page.actions.push(Action::primary("New scope", "/admin/new/scopes"));
    }
    Ok(ConsoleReply::Page(page))
}

fn cells(scope: &ScopeRecord) -> Vec<Cell> {
    let sensitive = if scope.sensitive { Cell::badge("warn", "sensitive") } else { Cell::text("") };
    vec![
        Cell { is_code: true, ..Cell::link(scope.name.clone(), path_of("scopes", &scope.name)) },
        Cell::text(scope.description.as_str()),
        Cell::text(scope.claims.join(" ")),
        sensitive,
    ]
}

pub(super) fn new(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    Ok(SCOPES.new_from_query(visit))
}

pub(super) async fn create(visit: &Visit<'_>, form: &Params) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let create = async |mut body: Members, context| {
        let name = body.required_text("name");
        let scope = ScopeRecord::read(&mut body, name);
        body.end()?;
        Ok(SCOPES.created(&scopes::create(&context, scope).await?.outcome.name))
    };
    SCOPES.create(visit, form, create).await
}

/// The settings of an object, each with its sentence.
pub(super) fn facts(groups: &[Group], object: &serde_json::Value) -> Part {
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

pub(super) async fn show(visit: &Visit<'_>, name: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let scope = scopes::find(&visit.context(), name).await?;
    let may_be_deleted = scope_deletion::check_delete(&visit.context(), name, InUse::TakeAway).await.is_ok();
    let users = scope_deletion::clients_with(&visit.context(), name).await?;
    let row = |client: &ClientId| vec![Cell::link(client.to_string(), path_of("clients", client.as_str()))];
    let table = RowTable {
        caption: "Clients that may ask for it".to_owned(),
        head: vec!["Client"],
        rows: users.iter().map(row).collect(),
        empty: "No client may ask for it.".to_owned(),
        ..RowTable::default()
    };
    let path = path_of("scopes", name);
    let mut actions = Vec::new();
    if visit.may(WRITE) && !is_management_scope(name) {
        actions.push(Action::primary("Edit", format!("{path}/edit")));
        actions.extend(may_be_deleted.then(|| Action::danger("Delete", format!("{path}/delete"))));
    }
    Ok(ConsoleReply::Page(ConsolePage {
        title: scope.name.clone(),
        place: "scopes",
        trail: vec![PageLink::to("Scopes", "/admin/scopes")],
        badges: scope.sensitive.then(|| Badge::of("warn", "sensitive")).into_iter().collect(),
        notices: notes::of(visit),
        actions,
        sections: vec![
            Section::of("Settings", vec![facts(EDIT, &to_json(&scope))]),
            Section::of("Clients", vec![Part::Table(table)]),
        ],
        ..ConsolePage::default()
    }))
}

pub(super) async fn prepare(visit: &Visit<'_>, name: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let scope = scopes::find(&visit.context(), name).await?;
    match act {
        "edit" => Ok(SCOPES.edit(visit, (name, name), &to_json(&scope), &scopes::version(&scope))),
        "delete" => {
            visit.must_be_fresh(|| format!("{}/delete", path_of("scopes", name)))?;
            let losing = scope_deletion::check_delete(&visit.context(), name, InUse::TakeAway).await?;
            let (force, option) = if losing.is_empty() { ("", "") } else { ("?force=true", " --force") };
            let path = format!("/scopes/{}{force}", segment(name));
            let command = format!("grantor scope delete {}{option}", shell(name));
            let same = Same::of(&visit.app.issuer, ("DELETE", &path), None, command);
            let lead = match losing.is_empty() {
                true => "No client may ask for it. The server removes it from what people have allowed."
                    .to_owned(),
                false => format!(
                    "The server takes it from {}, and from what people have allowed. Access tokens keep it until they expire.",
                    scopes::in_a_sentence(&losing)
                ),
            };
            let title = (format!("Delete {name}?"), "delete", "Delete the scope");
            Ok(SCOPES.question((name, name), title, lead, (same, Vec::new())))
        }
        _ => Err(ConsoleError::not_found()),
    }
}

pub(super) async fn act(
    visit: &Visit<'_>,
    (name, act): (&str, &str),
    form: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let scope = scopes::find(&visit.context(), name).await?;
    match act {
        "edit" => {
            let update = async |mut body: Members, context| {
                let changes = ScopeRecord::read_changes(&mut body);
                body.end()?;
                scopes::update(&context, name, changes).await?;
                Ok(())
            };
            SCOPES.save(visit, (name, name), &to_json(&scope), form, update).await
        }
        "delete" => {
            visit.must_be_fresh(|| format!("{}/delete", path_of("scopes", name)))?;
            let losing = scope_deletion::check_delete(&visit.context(), name, InUse::TakeAway).await?;
            if !losing.is_empty() {
                // It changes these clients, too.
                visit.needs(Need::write(Area::Clients))?;
            }
            scope_deletion::delete(&visit.context(), name, InUse::TakeAway).await?;
            Ok(ConsoleReply::SeeOther("/admin/scopes?note=deleted".to_owned()))
        }
        _ => Err(ConsoleError::not_found()),
    }
}
