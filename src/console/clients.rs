//! Clients: their list, the forms for a new one and for the settings of one, and acts on one.

use super::client_fields::{ALL, NEW, NEW_WITH_FAPI};
use super::error::ConsoleError;
use super::form::{self, FieldValues, FormView};
use super::objects::{Kind, filled, filled_by_a_link};
use super::page::{Action, Badge, Cell, ConsolePage, Filter, PageLink, Part, Section};
use super::same::Same;
use super::tables::{
    is_disabled, kept_order, listing, narrowed, order, page, path_of, sorted, sorts, with_same,
};
use super::visit::{ConsoleReply, Visit};
use super::{client_check, client_health, client_secrets};
use crate::members::Members;
use crate::members::client::{self as members, NewMembers};
use crate::oauth::client::demand::Demanded;
use crate::oauth::client::{Client, ClientKind, GrantType};
use crate::oauth::grant::management;
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::clients::{self, ClientChange, Logos, NewClient, SectorReading};
use crate::operations::shell_word::shell_word;
use crate::representation::address::segment;
use crate::representation::client::settings;
use crate::representation::settings::CLIENT;
use crate::store::clients::{ClientColumn, ClientFilter, ClientRecord};

const READ: Need = Need::read(Area::Clients);
const WRITE: Need = Need::write(Area::Clients);

pub(super) const HEAD: [&str; 6] = ["Name", "Client id", "Kind", "State", "Secrets", "Created"];

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let filter = ClientFilter {
        q: visit.parameter("q"),
        disabled: visit.word("state", is_disabled)?,
        kind: visit.word("kind", ClientKind::parse)?,
        grant_type: visit.word("grant_type", GrantType::parse)?,
        order: order(visit, ClientColumn::ORDERS)?,
    };
    let found = clients::list(&visit.context(), listing(visit, filter)).await?;
    let grant_types: Vec<&str> = GrantType::ALL.iter().map(|grant| grant.as_str()).collect();
    let fields = vec![
        narrowed(visit, "q", "Name or id", &[]),
        narrowed(visit, "kind", "Kind", &["web", "spa", "native", "service"]),
        narrowed(visit, "state", "State", &["enabled", "disabled"]),
        narrowed(visit, "grant_type", "Grant type", &grant_types),
        kept_order(visit),
    ];
    let filter = Filter::of("/admin/clients", fields);
    let empty = "No client matches. A client is an application that gets tokens here.";
    let page = page(visit, ("Clients", "clients"), Some(filter), (&HEAD, empty), (&found, cells));
    let columns = [("Name", "client_name"), ("Client id", "client_id"), ("Created", "created_at")];
    let mut page = sorted(page, sorts(visit, "client_id", &columns));
    if visit.may(WRITE) {
        page.actions.push(Action::primary("New client", "/admin/new/clients"));
    }
    Ok(ConsoleReply::Page(with_same(page, visit, "/clients", "grantor client list")))
}

/// The cells of a client in a list.
pub(super) fn cells(record: &ClientRecord) -> Vec<Cell> {
    let client = &record.client;
    vec![
        Cell::link(client.name.as_str(), path_of("clients", client.id.as_str())),
        Cell::code(client.id.as_str()),
        Cell::text(client.kind.as_str()),
        Cell::state(client.disabled),
        Cell::text(record.secrets.len().to_string()),
        Cell::time(record.created_at),
    ]
}

const CLIENTS: Kind = Kind {
    title: "Clients",
    one: "client",
    place: "clients",
    of: &CLIENT,
    new: NEW,
    edit: ALL,
    has_pages: true,
    command: "grantor client",
    create: "create",
    id: ("client_id", "--id"),
    is_named: false,
};

/// The kind of clients, with the fields that the server's profile needs of a new one.
fn kind(visit: &Visit<'_>) -> Kind {
    let new = if visit.app.config.oauth.profile.is_fapi() { NEW_WITH_FAPI } else { NEW };
    Kind { new, ..CLIENTS }
}

pub(super) fn new(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    Ok(kind(visit).new_from_query(visit))
}

pub(super) async fn create(visit: &Visit<'_>, posted: &Params) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let kind = kind(visit);
    if gives_management(&form::values_in(kind.new, posted)) {
        visit.must_be_fresh(|| "/admin/new/clients".to_owned())?;
    }
    let create = async |mut body: Members, context| {
        let client = NewMembers::read(&mut body, None).client;
        let new = NewClient { client, secret: None, logos: Logos::default() };
        let create = async |context| Ok(clients::create(&context, new).await?.outcome);
        let created = filled(body, context, create).await?;
        Ok(match &created.generated {
            Some(secret) => ConsoleReply::Page(client_secrets::shown_once(&created.client, secret)),
            None => CLIENTS.created(created.client.id.as_str()),
        })
    };
    kind.create(visit, posted, create).await
}

/// The form with all settings of a client, changed as the query says.
fn edit(visit: &Visit<'_>, client: &Client) -> ConsoleReply {
    let mut values = form::values_of(ALL, &settings(client));
    let filled = change_as_query_says(visit, &mut values);
    let (named, version) = ((client.id.as_str(), client.name.as_str()), clients::version(client));
    let mut page = CLIENTS.edit_page(visit, named, (&values, None), (&version, None));
    page.notices.extend(filled_by_a_link(ALL, &filled));
    ConsoleReply::Page(page)
}

pub(super) async fn prepare(visit: &Visit<'_>, id: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(if matches!(act, "check" | "health") { READ } else { WRITE })?;
    let record = clients::find(&visit.context(), &ClientId::new(id)).await?;
    match act {
        "check" => return client_check::page(visit, &record.client).await,
        "health" => return client_health::page(visit, &record.client).await,
        "secret" | "remove-secret" => return client_secrets::prepare(visit, &record, act).await,
        "edit" => return Ok(edit(visit, &record.client)),
        _ => {}
    }
    let path = path_of("clients", id);
    if act != "enable" {
        visit.must_be_fresh(|| format!("{path}/{act}"))?;
    }
    let (title, submit, ends) = asked(act).ok_or_else(ConsoleError::not_found)?;
    let view = FormView {
        tone: if act == "enable" { "primary" } else { "danger" },
        same: Some(same_as(visit, id, act)),
        ..FormView::danger(format!("{path}/{act}"), submit, path.clone())
    };
    let counted = counted(visit, &record).await?;
    Ok(ConsoleReply::Page(ConsolePage {
        title: format!("{title} {}?", record.client.name.as_str()),
        place: "clients",
        trail: vec![
            PageLink::to("Clients", "/admin/clients"),
            PageLink::to(record.client.name.as_str(), path),
        ],
        badges: record.client.disabled.then(|| Badge::of("bad", "disabled")).into_iter().collect(),
        sections: vec![
            Section::of("What happens", vec![Part::Form(Box::new(view))])
                .with_lead(format!("{ends} {counted}")),
        ],
        ..ConsolePage::default()
    }))
}

/// What is asked before an act: the verb, the button, and what happens.
fn asked(act: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match act {
        "delete" => (
            "Delete",
            "Delete the client",
            "The client, its secrets, every consent and every grant of it, and all tokens that it has are gone. A client \
             with the same id that is made later inherits nothing.",
        ),
        "disable" => (
            "Disable",
            "Disable the client",
            "The client gets no tokens, and the server refuses those that it has, until you enable the client again.",
        ),
        "enable" => (
            "Enable",
            "Enable the client",
            "The client can get tokens again. Grants from before are valid again.",
        ),
        "revoke" => (
            "Revoke all grants of",
            "Revoke everything",
            "Everything that people allowed this client ends, with all tokens. The client has to ask them again.",
        ),
        _ => return None,
    })
}

/// How much the client has at present, in a sentence.
async fn counted(visit: &Visit<'_>, record: &ClientRecord) -> Result<String, ConsoleError> {
    let secrets = record.secrets.len();
    if !visit.may(Need::read(Area::Grants)) {
        return Ok(format!("Secrets: {secrets}."));
    }
    let live = super::grants::count_live(visit, None, Some(&record.client.id)).await?;
    Ok(format!("Secrets: {secrets}. Live grants of people: {live}."))
}

fn same_as(visit: &Visit<'_>, id: &str, act: &str) -> Same {
    let (issuer, of_client) = (&visit.app.issuer, format!("/clients/{}", segment(id)));
    let name = shell_word(id);
    match act {
        "delete" => Same::of(issuer, ("DELETE", &of_client), None, format!("grantor client delete {name}")),
        "revoke" => {
            let path = format!("/grants?client={}", segment(id));
            Same::of(issuer, ("DELETE", &path), None, format!("grantor grant revoke --client {name}"))
        }
        act => {
            let body = serde_json::json!({ "disabled": act == "disable" });
            Same::of(
                issuer,
                ("PATCH", &of_client),
                Some(&body),
                format!("grantor client update {name} --{act}"),
            )
        }
    }
}

/// Whether a form gives a client scopes of the management API: then its secret may do what they permit.
fn gives_management(values: &FieldValues) -> bool {
    let scopes = values.get("scope").and_then(|texts| texts.first());
    scopes.is_some_and(|text| management::has_any(&Scope::from_stored(text)))
}

/// Changes the fields as the query says, because a link of an explanation or of the health proposes it: `add_` and `remove_`
/// are for lists, `set_` is for what is demanded. Returns the names of the changed fields.
fn change_as_query_says(visit: &Visit<'_>, values: &mut FieldValues) -> Vec<&'static str> {
    let before = values.clone();
    for (name, separator) in [("redirect_uris", "\n"), ("post_logout_redirect_uris", "\n"), ("scope", " ")] {
        let before = values.get(name).and_then(|texts| texts.first()).cloned().unwrap_or_default();
        let mut list: Vec<String> =
            before.split(separator).filter(|one| !one.is_empty()).map(str::to_owned).collect();
        if let Some(removed) = visit.parameter(&format!("remove_{name}")) {
            list.retain(|one| *one != removed);
        }
        list.extend(visit.parameter(&format!("add_{name}")));
        values.insert(name, if list.is_empty() { Vec::new() } else { vec![list.join(separator)] });
    }
    if let (Some(removed), Some(grants)) =
        (visit.parameter("remove_grant_types"), values.get_mut("grant_types"))
    {
        grants.retain(|grant| *grant != removed);
    }
    for name in Demanded::ALL.iter().map(|demanded| demanded.as_str()) {
        if let Some(word) = visit.parameter(&format!("set_{name}")) {
            values.insert(name, vec![word]);
        }
    }
    values.iter().filter(|(name, texts)| before.get(*name) != Some(*texts)).map(|(name, _)| *name).collect()
}

pub(super) async fn act(
    visit: &Visit<'_>,
    (id, act): (&str, &str),
    posted: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let (client, path) = (ClientId::new(id), path_of("clients", id));
    if matches!(act, "delete" | "disable" | "revoke" | "secret" | "remove-secret") {
        visit.must_be_fresh(|| format!("{path}/{act}"))?;
    }
    let context = visit.context();
    let to = |path: &str, note: &str| Ok(ConsoleReply::SeeOther(format!("{path}?note={note}")));
    match act {
        "edit" => save(visit, &client, posted).await,
        "secret" | "remove-secret" => client_secrets::act(visit, &client, act, posted).await,
        "delete" => {
            clients::delete(&context, &client).await?;
            to("/admin/clients", "deleted")
        }
        "revoke" => {
            clients::revoke_all(&context, &client).await?;
            to(&path, "revoked")
        }
        "disable" | "enable" => {
            let is_disabled = act == "disable";
            let edit = move |before: &Client| Ok(Client { disabled: is_disabled, ..before.clone() });
            let change = ClientChange { edit, logos: Logos::default(), sector: SectorReading::AsNeeded };
            clients::update(&context, &client, change).await?;
            to(&path, if is_disabled { "disabled" } else { "enabled" })
        }
        _ => Err(ConsoleError::not_found()),
    }
}

async fn save(visit: &Visit<'_>, id: &ClientId, posted: &Params) -> Result<ConsoleReply, ConsoleError> {
    let client = clients::find(&visit.context(), id).await?.client;
    if management::has_any(&client.scopes) || gives_management(&form::values_in(ALL, posted)) {
        visit.must_be_fresh(|| format!("{}/edit", path_of("clients", id.as_str())))?;
    }
    let update = async |mut body: Members, context| {
        let patch = members::read_patch(&mut body, id);
        let edit = move |before: &Client| members::patched(before, &patch);
        let change = ClientChange { edit, logos: Logos::default(), sector: SectorReading::AsNeeded };
        let update = async |context| Ok(clients::update(&context, id, change).await?);
        filled(body, context, update).await?;
        Ok(())
    };
    CLIENTS.save(visit, (id.as_str(), client.name.as_str()), &settings(&client), posted, update).await
}
