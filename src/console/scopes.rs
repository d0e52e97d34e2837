//! Scopes: what applications may ask for. A scope that clients have is taken from them when it is deleted.

use super::error::ConsoleError;
use super::form::{FieldSpec, Input};
use super::named::{self, NamedPages, WRITE, deleted, deletion};
use super::objects::Kind;
use super::page::{Badge, Cell, Part, RowTable, Section};
use super::tables::path_of;
use super::visit::{ConsoleReply, Visit};
use crate::members::named::NamedObject;
use crate::oauth::grant::scope::ScopeRecord;
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need, is_management_scope};
use crate::oauth::request::params::Params;
use crate::operations::scope_deletion::{self, InUse};
use crate::operations::scopes;
use crate::representation::settings;

const NAME: FieldSpec = FieldSpec::of(&settings::SCOPE, "name", "Name", Input::Line, ("", "")).required();
const DESCRIPTION: FieldSpec =
    FieldSpec::of(&settings::SCOPE, "description", "Description", Input::Line, ("--description", ""))
        .required();
const CONSEQUENCE: FieldSpec = FieldSpec::of(
    &settings::SCOPE,
    "consequence",
    "Consequence",
    Input::Line,
    ("--consequence", "--no-consequence"),
);
const SENSITIVE: FieldSpec =
    FieldSpec::of(&settings::SCOPE, "sensitive", "Sensitive", Input::Switch, ("--sensitive", ""));
const REQUIRED: FieldSpec =
    FieldSpec::of(&settings::SCOPE, "required", "Required", Input::Switch, ("--required", ""));
const CLAIMS: FieldSpec =
    FieldSpec::of(&settings::SCOPE, "claims", "Claims", Input::Lines, ("--claim", "--no-claims"));
const LIFETIME: FieldSpec = FieldSpec::of(
    &settings::SCOPE,
    "access_token_lifetime",
    "Longest lifetime of access tokens",
    Input::Number,
    ("--access-token-lifetime", "--access-token-lifetime default"),
);
const GROUP: FieldSpec = FieldSpec::of(
    &settings::SCOPE,
    "required_group",
    "Required group",
    Input::Line,
    ("--require-group", "--no-required-group"),
);

impl NamedPages for ScopeRecord {
    const KIND: Kind = Kind {
        title: "Scopes",
        one: "scope",
        place: Self::PLACE,
        of: &settings::SCOPE,
        new: &[("", &[NAME, DESCRIPTION, CONSEQUENCE, SENSITIVE, REQUIRED, CLAIMS, LIFETIME, GROUP])],
        edit: &[("", &[DESCRIPTION, CONSEQUENCE, SENSITIVE, REQUIRED, CLAIMS, LIFETIME, GROUP])],
        has_pages: true,
        command: "grantor scope",
        create: "create",
        id: (Self::NAME, ""),
        is_named: false,
    };
    const LIST: (&'static str, &'static [&'static str], &'static str) =
        ("Name", &["Name", "Description", "Claims", ""], "No scope matches.");
    const NEW: &'static str = "New scope";
    const DELETE: (&'static str, &'static str) = (
        "Delete the scope",
        "No client may ask for it. The server removes it from what people have allowed.",
    );

    fn cells(&self) -> Vec<Cell> {
        let sensitive = if self.sensitive { Cell::badge("warn", "sensitive") } else { Cell::text("") };
        vec![
            Cell { is_code: true, ..Cell::link(self.name.clone(), path_of("scopes", &self.name)) },
            Cell::text(self.description.as_str()),
            Cell::text(self.claims.join(" ")),
            sensitive,
        ]
    }
}

pub(super) async fn show(visit: &Visit<'_>, name: &str) -> Result<ConsoleReply, ConsoleError> {
    let (scope, mut page) = named::page_of::<ScopeRecord>(visit, name).await?;
    let may_be_deleted = scope_deletion::check_delete(&visit.context(), name, InUse::TakeAway).await.is_ok();
    page.actions.retain(|action| !is_management_scope(name) && (may_be_deleted || action.text != "Delete"));
    page.badges.extend(scope.sensitive.then(|| Badge::of("warn", "sensitive")));
    let users = scope_deletion::clients_with(&visit.context(), name).await?;
    let row = |client: &ClientId| vec![Cell::link(client.to_string(), path_of("clients", client.as_str()))];
    let table = RowTable {
        caption: "Clients that may ask for it".to_owned(),
        head: vec!["Client"],
        rows: users.iter().map(row).collect(),
        empty: "No client may ask for it.".to_owned(),
        ..RowTable::default()
    };
    page.sections.push(Section::of("Clients", vec![Part::Table(table)]));
    Ok(ConsoleReply::Page(page))
}

/// The clients that lose a scope with its deletion, for a person who may delete it.
async fn losing(visit: &Visit<'_>, name: &str) -> Result<Vec<ClientId>, ConsoleError> {
    visit.needs(WRITE)?;
    visit.must_be_fresh(|| format!("{}/delete", path_of("scopes", name)))?;
    Ok(scope_deletion::check_delete(&visit.context(), name, InUse::TakeAway).await?)
}

pub(super) async fn prepare(visit: &Visit<'_>, name: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    if act != "delete" {
        return named::prepare::<ScopeRecord>(visit, name, act).await;
    }
    let losing = losing(visit, name).await?;
    if losing.is_empty() {
        return named::prepare::<ScopeRecord>(visit, name, act).await;
    }
    let lead = format!(
        "The server takes it from {}, and from what people have allowed. Access tokens keep it until they expire.",
        scopes::in_a_sentence(&losing)
    );
    Ok(deletion::<ScopeRecord>(visit, name, lead, ("?force=true", " --force")))
}

pub(super) async fn act(
    visit: &Visit<'_>,
    (name, act): (&str, &str),
    form: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    if act != "delete" {
        return named::act::<ScopeRecord>(visit, (name, act), form).await;
    }
    if !losing(visit, name).await?.is_empty() {
        // It changes these clients, too.
        visit.needs(Need::write(Area::Clients))?;
    }
    scope_deletion::delete(&visit.context(), name, InUse::TakeAway).await?;
    Ok(deleted::<ScopeRecord>())
}
