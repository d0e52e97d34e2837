//! Keys of the management API.

use super::error::ConsoleError;
use super::form::{FieldSpec, Input};
use super::objects::Kind;
use super::page::{Action, Cell, ConsolePage, Filter, Notice, PageLink};
use super::same::{Same, shell};
use super::tables::{listing, narrowed, page, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::members::Members;
use crate::oauth::grant::scope::Scope;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::api_keys::{self, NewApiKey};
use crate::representation::address::segment;
use crate::representation::settings::API_KEY;
use crate::store::api_keys::ApiKeyRecord;
use crate::store::page::NameFilter;

const READ: Need = Need::read(Area::ApiKeys);
const WRITE: Need = Need::write(Area::ApiKeys);

const API_KEYS: Kind = Kind {
    title: "API keys",
    one: "API key",
    place: "api-keys",
    of: &API_KEY,
    new: &[(
        "",
        &[
            FieldSpec {
                name: "name",
                label: "Name",
                of: &API_KEY,
                input: Input::Line,
                is_required: true,
                option: ("--name", ""),
            },
            FieldSpec {
                name: "scope",
                label: "Scopes",
                of: &API_KEY,
                input: Input::Words,
                is_required: true,
                option: ("--scope", ""),
            },
            FieldSpec {
                name: "expires_at",
                label: "Ends at (UTC)",
                of: &API_KEY,
                input: Input::Time,
                is_required: false,
                option: ("--expires", ""),
            },
        ],
    )],
    edit: &[],
    has_pages: false,
    command: "grantor api-key",
    id: "",
};

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let found =
        api_keys::list(&visit.context(), listing(visit, NameFilter { q: visit.parameter("q") })).await?;
    let filter = Filter { path: "/admin/api-keys", fields: vec![narrowed(visit, "q", "Name", &[])] };
    let may_write = visit.may(WRITE);
    let mut head = vec!["Name", "Scopes", "Created", "Ends", "Last used"];
    head.extend(may_write.then_some(""));
    let shown = |key: &ApiKeyRecord| {
        let mut cells = vec![
            Cell::text(key.name.clone()),
            Cell::text(key.scope.to_string()),
            Cell::time(key.created_at),
            Cell::time(key.expires_at),
            Cell::time(key.last_used_at),
        ];
        if may_write {
            cells.push(Cell::link("Delete", format!("{}/delete", path_of("api-keys", &key.id))));
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
        let name = body.required_text("name");
        let scope = Scope::parse(&body.required_text("scope"));
        if let Err(error) = &scope {
            body.wrong("scope", error.description.to_string());
        }
        let expires_at = body.changed_time("expires_at").flatten();
        body.end()?;
        let new = NewApiKey { name, scope: scope.unwrap_or_default(), expires_at };
        let created = api_keys::create(&context, new).await?.outcome;
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
    if act != "delete" {
        return Err(ConsoleError::not_found());
    }
    visit.must_be_fresh(|| format!("{}/delete", path_of("api-keys", id)))?;
    let key = api_keys::find(&visit.context(), id).await?;
    let path = format!("/api-keys/{}", segment(id));
    let same =
        Same::of(&visit.app.issuer, ("DELETE", &path), None, format!("grantor api-key delete {}", shell(id)));
    let title = (format!("Delete the key {}?", key.name), "delete", "Delete the key");
    let lead = "Whatever uses this key is refused at once.".to_owned();
    Ok(API_KEYS.question((id, &key.name), title, lead, (same, Vec::new())))
}

pub(super) async fn act(visit: &Visit<'_>, id: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    if act != "delete" {
        return Err(ConsoleError::not_found());
    }
    visit.must_be_fresh(|| format!("{}/delete", path_of("api-keys", id)))?;
    api_keys::delete(&visit.context(), id).await?;
    Ok(ConsoleReply::SeeOther("/admin/api-keys?note=deleted".to_owned()))
}
