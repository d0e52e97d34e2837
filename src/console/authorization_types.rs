//! Authorization types: what applications may ask for in words of their own.

use super::error::ConsoleError;
use super::form::{FieldSpec, Group, Input};
use super::notes;
use super::objects::Kind;
use super::page::{Action, Cell, ConsolePage, Filter, PageLink, Section};
use super::same::{Same, shell};
use super::scopes::facts;
use super::tables::{listing, narrowed, page, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::members::Members;
use crate::members::named::NamedObject as _;
use crate::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::authorization_types;
use crate::representation::address::segment;
use crate::representation::authorization_type::to_json;
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
    FieldSpec { name, label, of: &settings::AUTHORIZATION_TYPE, input, is_required: false, option }
}

const NAME: FieldSpec = FieldSpec { is_required: true, ..spec("name", "Type", Input::Line, ("", "")) };
const SCHEMA: FieldSpec =
    FieldSpec { is_required: true, ..spec("schema", "JSON Schema", Input::Json, ("--schema", "")) };
const TEMPLATE: FieldSpec =
    FieldSpec { is_required: true, ..spec("template", "Sentence", Input::Line, ("--template", "")) };
const RESOURCES: FieldSpec = spec("resources", "Resources", Input::Lines, ("--resource", "--no-resources"));
const ALWAYS_ASK: FieldSpec = spec("always_ask", "Always ask", Input::Switch, ("--always-ask", ""));

const EDIT: &[Group] = &[("", &[TEMPLATE, SCHEMA, RESOURCES, ALWAYS_ASK])];

const TYPES: Kind = Kind {
    title: "Authorization types",
    one: "authorization type",
    place: "authorization-types",
    of: &settings::AUTHORIZATION_TYPE,
    new: &[("", &[NAME, TEMPLATE, SCHEMA, RESOURCES, ALWAYS_ASK])],
    edit: EDIT,
    has_pages: true,
    command: "grantor authorization-type",
    create: "create",
    id: "name",
    is_named: false,
};

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let found =
        authorization_types::list(&visit.context(), listing(visit, NameFilter { q: visit.parameter("q") }))
            .await?;
    let filter = Filter::of("/admin/authorization-types", vec![narrowed(visit, "q", "Type", &[])]);
    let empty = "No type matches. A type is something that applications ask for in words of their own, such as one payment.";
    let head = ["Type", "Sentence", "Resources", ""];
    let mut page = page(
        visit,
        ("Authorization types", "authorization-types"),
        Some(filter),
        (&head, empty),
        (&found, cells),
    );
    if visit.may(WRITE) {
        page.actions.push(Action::primary("New authorization type", "/admin/new/authorization-types"));
    }
    Ok(ConsoleReply::Page(page))
}

fn cells(record: &AuthorizationType) -> Vec<Cell> {
    let asks = if record.always_ask { Cell::badge("warn", "always asks") } else { Cell::text("") };
    vec![
        Cell {
            is_code: true,
            ..Cell::link(record.name.clone(), path_of("authorization-types", &record.name))
        },
        Cell::text(record.template.as_str()),
        Cell::text(record.resources.join(" ")),
        asks,
    ]
}

pub(super) fn new(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    Ok(TYPES.new_from_query(visit))
}

pub(super) async fn create(visit: &Visit<'_>, form: &Params) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let create = async |mut body: Members, context| {
        let name = body.required_text("name");
        let record = AuthorizationType::read(&mut body, name);
        body.end()?;
        Ok(TYPES.created(&authorization_types::create(&context, record).await?.outcome.name))
    };
    TYPES.create(visit, form, create).await
}

pub(super) async fn show(visit: &Visit<'_>, name: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let record = authorization_types::find(&visit.context(), name).await?;
    let path = path_of("authorization-types", name);
    let actions = match visit.may(WRITE) {
        true => vec![
            Action::primary("Edit", format!("{path}/edit")),
            Action::danger("Delete", format!("{path}/delete")),
        ],
        false => Vec::new(),
    };
    Ok(ConsoleReply::Page(ConsolePage {
        title: record.name.clone(),
        place: "authorization-types",
        trail: vec![PageLink::to("Authorization types", "/admin/authorization-types")],
        notices: notes::of(visit),
        actions,
        sections: vec![Section::of("Settings", vec![facts(EDIT, &to_json(&record))])],
        ..ConsolePage::default()
    }))
}

pub(super) async fn prepare(visit: &Visit<'_>, name: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let record = authorization_types::find(&visit.context(), name).await?;
    match act {
        "edit" => {
            Ok(TYPES.edit(visit, (name, name), &to_json(&record), &authorization_types::version(&record)))
        }
        "delete" => {
            visit.must_be_fresh(|| format!("{}/delete", path_of("authorization-types", name)))?;
            let path = format!("/authorization-types/{}", segment(name));
            let same = Same::of(
                &visit.app.issuer,
                ("DELETE", &path),
                None,
                format!("grantor authorization-type delete {}", shell(name)),
            );
            let lead = "Applications cannot ask for it any more, and the server removes it from what people have allowed. Access tokens \
                        keep it until they expire.";
            let title = (format!("Delete {name}?"), "delete", "Delete the type");
            Ok(TYPES.question((name, name), title, lead.to_owned(), (same, Vec::new())))
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
    match act {
        "edit" => {
            let record = authorization_types::find(&visit.context(), name).await?;
            let update = async |mut body: Members, context| {
                let changes = AuthorizationType::read_changes(&mut body);
                body.end()?;
                authorization_types::update(&context, name, changes).await?;
                Ok(())
            };
            TYPES.save(visit, (name, name), &to_json(&record), form, update).await
        }
        "delete" => {
            visit.must_be_fresh(|| format!("{}/delete", path_of("authorization-types", name)))?;
            authorization_types::delete(&visit.context(), name).await?;
            Ok(ConsoleReply::SeeOther("/admin/authorization-types?note=deleted".to_owned()))
        }
        _ => Err(ConsoleError::not_found()),
    }
}
