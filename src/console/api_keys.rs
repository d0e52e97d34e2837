//! Keys of the management API.

use super::error::ConsoleError;
use super::form::{FieldSpec, Input};
use super::objects::{Kind, filled};
use super::page::{Action, Cell, ConsolePage, Filter, Notice, PageLink};
use super::same::Same;
use super::tables::{listing, narrowed, page, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::members::Members;
use crate::members::api_key as members;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::api_keys;
use crate::operations::shell_word::shell_word;
use crate::representation::address::segment;
use crate::representation::api_key::to_json;
use crate::representation::settings::API_KEY;
use crate::store::api_keys::ApiKeyRecord;
use crate::store::page::NameFilter;

const READ: Need = Need::read(Area::ApiKeys);
const WRITE: Need = Need::write(Area::ApiKeys);

const NAME: FieldSpec = FieldSpec::of(&API_KEY, "name", "Name", Input::Line, ("--name", "")).required();
const SCOPE: FieldSpec = FieldSpec::of(&API_KEY, "scope", "Scopes", Input::Words, ("--scope", "")).required();
const END: FieldSpec =
    FieldSpec::of(&API_KEY, "expires_at", "Ends at (UTC)", Input::Time, ("--expires", "--expires never"));

const API_KEYS: Kind = Kind {
    title: "API keys",
    one: "API key",
    place: "api-keys",
    of: &API_KEY,
    new: &[("", &[NAME, SCOPE, END])],
    edit: &[("", &[NAME, END])],
    has_pages: false,
    command: "grantor api-key",
    create: "create",
    id: ("", ""),
    is_named: false,
};

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let found =
        api_keys::list(&visit.context(), listing(visit, NameFilter { q: visit.parameter("q") })).await?;
    let filter = Filter::of("/admin/api-keys", vec![narrowed(visit, "q", "Name", &[])]);
    let may_write = visit.may(WRITE);
    let mut head = vec!["Name", "Scopes", "Created", "Ends", "Last used"];
    if may_write {
        head.extend(["", ""]);
    }
    let shown = |key: &ApiKeyRecord| {
        let mut cells = vec![
            Cell::text(key.name.clone()),
            Cell::text(key.scope.to_string()),
            Cell::time(key.created_at),
            Cell::time(key.expires_at),
            Cell::time(key.last_used_at),
        ];
        if may_write {
            let path = path_of("api-keys", &key.id);
            cells.push(Cell::link("Edit", format!("{path}/edit")));
            cells.push(Cell::link("Delete", format!("{path}/delete")));
        }
        cells
    };
    let mut page =
        page(visit, ("API keys", "api-keys"), Some(filter), (&head, "No key matches."), (&found, shown));
    if may_write {
        page.actions.push(Action::primary("New API key", "/admin/new/api-keys"));
    }
    Ok(ConsoleReply::Page(page))
}

pub(super) fn new(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    visit.must_be_fresh(|| "/admin/new/api-keys".to_owned())?;
    Ok(API_KEYS.new_from_query(visit))
}

pub(super) async fn create(visit: &Visit<'_>, form: &Params) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    visit.must_be_fresh(|| "/admin/new/api-keys".to_owned())?;
    let create = async |mut body: Members, context| {
        let new = members::read_new(&mut body);
        let create = async |context| Ok(api_keys::create(&context, new).await?.outcome);
        let created = filled(body, context, create).await?;
        Ok(ConsoleReply::Page(ConsolePage {
            title: created.record.name.clone(),
            place: "api-keys",
            trail: vec![PageLink::to("API keys", "/admin/api-keys")],
            notices: vec![Notice::secret(
                "This is the key. It is shown only now; no one can read it again.",
                created.key.expose().as_str(),
            )],
            actions: vec![Action::primary("Go on", "/admin/api-keys")],
            ..ConsolePage::default()
        }))
    };
    API_KEYS.create(visit, form, create).await
}

pub(super) async fn prepare(visit: &Visit<'_>, id: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    visit.must_be_fresh(|| format!("{}/{act}", path_of("api-keys", id)))?;
    let key = api_keys::find(&visit.context(), id).await?;
    match act {
        "edit" => Ok(API_KEYS.edit(visit, (id, &key.name), &to_json(&key), &api_keys::version(&key))),
        "delete" => {
            let (path, command) =
                (format!("/api-keys/{}", segment(id)), format!("grantor api-key delete {}", shell_word(id)));
            let same = Same::of(&visit.app.issuer, ("DELETE", &path), None, command);
            let title = (format!("Delete the key {}?", key.name), "delete", "Delete the key");
            let lead = "The server refuses at once what uses this key.".to_owned();
            Ok(API_KEYS.question((id, &key.name), title, lead, (same, Vec::new())))
        }
        _ => Err(ConsoleError::not_found()),
    }
}

pub(super) async fn act(
    visit: &Visit<'_>,
    (id, act): (&str, &str),
    form: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    visit.must_be_fresh(|| format!("{}/{act}", path_of("api-keys", id)))?;
    match act {
        "edit" => {
            let key = api_keys::find(&visit.context(), id).await?;
            let update = async |mut body: Members, context| {
                let changes = members::read_changes(&mut body);
                let update = async |context| Ok(api_keys::update(&context, id, changes).await?);
                filled(body, context, update).await?;
                Ok(())
            };
            API_KEYS.save(visit, (id, &key.name), &to_json(&key), form, update).await
        }
        "delete" => {
            api_keys::delete(&visit.context(), id).await?;
            Ok(ConsoleReply::SeeOther("/admin/api-keys?note=deleted".to_owned()))
        }
        _ => Err(ConsoleError::not_found()),
    }
}
