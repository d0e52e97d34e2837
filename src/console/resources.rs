//! Resources: the APIs that tokens are for.

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
use crate::oauth::grant::resource::Resource;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::resources;
use crate::representation::address::segment;
use crate::representation::resource::to_json;
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
    FieldSpec { name, label, of: &settings::RESOURCE, input, is_required: false, option }
}

const URI: FieldSpec = FieldSpec { is_required: true, ..spec("resource", "URI", Input::Line, ("", "")) };
const SCOPE: FieldSpec = spec("scope", "Scopes", Input::Words, ("--scope", "--scope ''"));
const CLIENTS: FieldSpec =
    spec("clients", "Clients that introspect", Input::Lines, ("--client", "--no-clients"));
const FORMAT: FieldSpec = spec(
    "token_format",
    "Format of its tokens",
    Input::Choice(&[("jwt", "jwt"), ("opaque", "opaque")]),
    ("--token-format", ""),
);
const ALGORITHM: FieldSpec = spec(
    "token_alg",
    "Algorithm",
    Input::Choice(&[
        ("", "default"),
        ("RS256", "RS256"),
        ("PS256", "PS256"),
        ("ES256", "ES256"),
        ("EdDSA", "EdDSA"),
        ("Ed25519", "Ed25519"),
    ]),
    ("--token-alg", "--token-alg default"),
);
const LIFETIME: FieldSpec = spec(
    "access_token_lifetime",
    "Longest lifetime of access tokens",
    Input::Number,
    ("--access-token-lifetime", "--access-token-lifetime default"),
);

const EDIT: &[Group] = &[("", &[SCOPE, CLIENTS, FORMAT, ALGORITHM, LIFETIME])];

const RESOURCES: Kind = Kind {
    title: "Resources",
    one: "resource",
    place: "resources",
    of: &settings::RESOURCE,
    new: &[("", &[URI, SCOPE, CLIENTS, FORMAT, ALGORITHM, LIFETIME])],
    edit: EDIT,
    has_pages: true,
    command: "grantor resource",
    create: "create",
    id: "resource",
    is_named: false,
};

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let found =
        resources::list(&visit.context(), listing(visit, NameFilter { q: visit.parameter("q") })).await?;
    let filter = Filter::of("/admin/resources", vec![narrowed(visit, "q", "URI", &[])]);
    let empty = "No resource matches. A resource is an API that tokens are for.";
    let head = ["URI", "Scopes", "Tokens", "Lifetime"];
    let mut page = page(visit, ("Resources", "resources"), Some(filter), (&head, empty), (&found, cells));
    if visit.may(WRITE) {
        page.actions.push(Action::primary("New resource", "/admin/new/resources"));
    }
    Ok(ConsoleReply::Page(page))
}

fn cells(resource: &Resource) -> Vec<Cell> {
    vec![
        Cell::link(resource.uri.clone(), path_of("resources", &resource.uri)),
        Cell::text(resource.scopes.to_string()),
        Cell::text(resource.format.as_str()),
        Cell::maybe(resource.access_token_lifetime.map(|seconds| format!("{seconds} s"))),
    ]
}

pub(super) fn new(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    Ok(RESOURCES.new_from_query(visit))
}

pub(super) async fn create(visit: &Visit<'_>, form: &Params) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let create = async |mut body: Members, context| {
        let uri = body.required_text("resource");
        let resource = Resource::read(&mut body, uri);
        body.end()?;
        Ok(RESOURCES.created(&resources::create(&context, resource).await?.outcome.uri))
    };
    RESOURCES.create(visit, form, create).await
}

pub(super) async fn show(visit: &Visit<'_>, uri: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let resource = resources::find(&visit.context(), uri).await?;
    let path = path_of("resources", uri);
    let actions = match visit.may(WRITE) {
        true => vec![
            Action::primary("Edit", format!("{path}/edit")),
            Action::danger("Delete", format!("{path}/delete")),
        ],
        false => Vec::new(),
    };
    Ok(ConsoleReply::Page(ConsolePage {
        title: resource.uri.clone(),
        place: "resources",
        trail: vec![PageLink::to("Resources", "/admin/resources")],
        notices: notes::of(visit),
        actions,
        sections: vec![Section::of("Settings", vec![facts(EDIT, &to_json(&resource))])],
        ..ConsolePage::default()
    }))
}

pub(super) async fn prepare(visit: &Visit<'_>, uri: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let resource = resources::find(&visit.context(), uri).await?;
    match act {
        "edit" => Ok(RESOURCES.edit(visit, (uri, uri), &to_json(&resource), &resources::version(&resource))),
        "delete" => {
            visit.must_be_fresh(|| format!("{}/delete", path_of("resources", uri)))?;
            let path = format!("/resources/{}", segment(uri));
            let same = Same::of(
                &visit.app.issuer,
                ("DELETE", &path),
                None,
                format!("grantor resource delete {}", shell(uri)),
            );
            let lead =
                "No one can get tokens for this API any more. Those from before are valid until they expire.";
            let title = (format!("Delete {uri}?"), "delete", "Delete the resource");
            Ok(RESOURCES.question((uri, uri), title, lead.to_owned(), (same, Vec::new())))
        }
        _ => Err(ConsoleError::not_found()),
    }
}

pub(super) async fn act(
    visit: &Visit<'_>,
    (uri, act): (&str, &str),
    form: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    match act {
        "edit" => {
            let resource = resources::find(&visit.context(), uri).await?;
            let update = async |mut body: Members, context| {
                let changes = Resource::read_changes(&mut body);
                body.end()?;
                resources::update(&context, uri, changes).await?;
                Ok(())
            };
            RESOURCES.save(visit, (uri, uri), &to_json(&resource), form, update).await
        }
        "delete" => {
            visit.must_be_fresh(|| format!("{}/delete", path_of("resources", uri)))?;
            resources::delete(&visit.context(), uri).await?;
            Ok(ConsoleReply::SeeOther("/admin/resources?note=deleted".to_owned()))
        }
        _ => Err(ConsoleError::not_found()),
    }
}
