//! Clients: their list, the forms for a new one and for the settings of one, and acts on one.

use serde_json::{Map, Value};

use super::client_fields::{ALL, NEW, NEW_WITH_FAPI};
use super::error::ConsoleError;
use super::form::{self, FieldValues, FormView, Group};
use super::objects::{filled_by_a_link, from_query, reload};
use super::page::{Action, Badge, Cell, ConsolePage, Filter, Notice, PageLink, Part, Section};
use super::same::{Same, shell};
use super::tables::{
    is_disabled, kept_order, listing, narrowed, order, page, path_of, sorted, sorts, with_same,
};
use super::visit::{ConsoleReply, Visit};
use super::{client_check, client_health, client_secrets, field};
use crate::http::general_error::FaultyMember;
use crate::members::Members;
use crate::members::client::{self as members, NewMembers};
use crate::oauth::client::{Client, ClientKind, GrantType};
use crate::oauth::grant::management;
use crate::oauth::grant::scope::Scope;
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::clients::{self, ClientChange, Logos, NewClient, SectorReading};
use crate::operations::terms::Version;
use crate::representation::address::segment;
use crate::representation::client::settings;
use crate::representation::settings::CLIENT;
use crate::store::clients::{ClientColumn, ClientFilter, ClientRecord};

const READ: Need = Need::read(Area::Clients);
const WRITE: Need = Need::write(Area::Clients);

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
    let head = ["Name", "Client id", "Kind", "State", "Secrets", "Created"];
    let empty = "No client matches. A client is an application that gets tokens here.";
    let page = page(visit, ("Clients", "clients"), Some(filter), (&head, empty), (&found, cells));
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

pub(super) fn new(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let (values, notice) = from_query(visit, of_new(visit));
    let mut page = new_page(visit, &values, None);
    page.notices.extend(notice);
    Ok(ConsoleReply::Page(page))
}

/// The fields of a new client.
fn of_new(visit: &Visit<'_>) -> &'static [Group] {
    if visit.app.config.oauth.profile.is_fapi() { NEW_WITH_FAPI } else { NEW }
}

fn new_page(visit: &Visit<'_>, values: &FieldValues, error: Option<&ConsoleError>) -> ConsolePage {
    let groups = of_new(visit);
    let (faults, notices) = said(groups, error);
    let mut view = FormView::of("/admin/new/clients", "Create client", groups, (values, &faults));
    view.has_check = true;
    view.cancel = Some("/admin/clients".to_owned());
    let example = form::members(groups, values).map(form::given).unwrap_or_default();
    view.same = Some(same_as_create(visit, &example));
    ConsolePage {
        title: "New client".to_owned(),
        place: "clients",
        trail: vec![PageLink::to("Clients", "/admin/clients")],
        notices,
        sections: vec![Section { parts: vec![Part::Form(Box::new(view))], ..Section::default() }],
        is_refused: error.is_some(),
        ..ConsolePage::default()
    }
}

fn same_as_create(visit: &Visit<'_>, members: &Map<String, Value>) -> Same {
    // A command does not make up an id.
    let id = if members.contains_key("client_id") { "" } else { " --id ID" };
    let command =
        form::options(of_new(visit), members).map(|options| format!("grantor client create{id}{options}"));
    let body = Value::Object(members.clone());
    Same::of(&visit.app.issuer, ("POST", "/clients"), Some(&body), command)
}

/// What is wrong: with single fields, and with nothing that a field shows.
pub(super) fn said(groups: &[Group], error: Option<&ConsoleError>) -> (Vec<FaultyMember>, Vec<Notice>) {
    let Some(ConsoleError::Refused(refusal)) = error else { return (Vec::new(), Vec::new()) };
    let notices = match refusal.members.is_empty() {
        true => vec![Notice::bad(refusal.error.description.clone().into_owned())],
        false => form::elsewhere(groups, &refusal.members).into_iter().map(Notice::bad).collect(),
    };
    (refusal.members.clone(), notices)
}

pub(super) async fn create(visit: &Visit<'_>, posted: &Params) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let values = form::values_in(of_new(visit), posted);
    if gives_management(&values) {
        visit.must_be_fresh(|| "/admin/new/clients".to_owned())?;
    }
    let is_check = field(posted, "check") == "true";
    match created(visit, &values, is_check).await {
        Ok(_) if is_check => {
            let mut page = new_page(visit, &values, None);
            page.notices.push(Notice::good("Nothing is wrong. Nothing was created."));
            Ok(ConsoleReply::Page(page))
        }
        Ok(created) => created_page(&created),
        Err(error @ ConsoleError::Refused(_)) => {
            Ok(ConsoleReply::Page(new_page(visit, &values, Some(&error))))
        }
        Err(error) => Err(error),
    }
}

async fn created(
    visit: &Visit<'_>,
    values: &FieldValues,
    is_check: bool,
) -> Result<clients::CreatedClient, ConsoleError> {
    let (members, mut wrong) = form::readable(of_new(visit), values);
    let mut body = Members::of(&CLIENT, form::given(members));
    let new = NewMembers::read(&mut body, None);
    wrong.extend(body.end().err().into_iter().flatten());
    let new = NewClient { client: new.client, secret: None, logos: Logos::default() };
    let context = visit.context_on(None, is_check || !wrong.is_empty());
    let done = clients::create(&context, new).await.map(|created| created.outcome);
    form::refused_with(wrong, done.map_err(ConsoleError::from))
}

/// The page of a new client, or where it is if it has no secret to show.
fn created_page(created: &clients::CreatedClient) -> Result<ConsoleReply, ConsoleError> {
    let path = path_of("clients", created.client.id.as_str());
    let Some(secret) = &created.generated else {
        return Ok(ConsoleReply::SeeOther(format!("{path}?note=created")));
    };
    Ok(ConsoleReply::Page(client_secrets::shown_once(&created.client, secret)))
}

/// The form with all settings of a client.
async fn edit_page(
    visit: &Visit<'_>,
    record: &ClientRecord,
    (values, patch): (&FieldValues, Option<&Map<String, Value>>),
    error: Option<&ConsoleError>,
) -> ConsolePage {
    let (faults, mut notices) = said(ALL, error);
    let client = &record.client;
    let path = path_of("clients", client.id.as_str());
    notices.extend(reload(&path, error));
    let mut view = FormView::of(format!("{path}/edit"), "Save", ALL, (values, &faults));
    view.hidden.push(("version", clients::version(client).as_str().to_owned()));
    view.has_check = true;
    view.cancel = Some(path.clone());
    view.same = Some(same_as_patch(visit, client, patch));
    ConsolePage {
        title: format!("Settings of {}", client.name.as_str()),
        place: "clients",
        trail: vec![PageLink::to("Clients", "/admin/clients"), PageLink::to(client.name.as_str(), path)],
        notices,
        sections: vec![Section { parts: vec![Part::Form(Box::new(view))], ..Section::default() }],
        is_refused: error.is_some(),
        ..ConsolePage::default()
    }
}

fn same_as_patch(visit: &Visit<'_>, client: &Client, patch: Option<&Map<String, Value>>) -> Same {
    let example = || Map::from_iter([("client_name".to_owned(), Value::from(client.name.as_str()))]);
    let patch = patch.cloned().unwrap_or_else(example);
    let command = form::options(ALL, &patch)
        .map(|options| format!("grantor client update {}{options}", shell(client.id.as_str())));
    let path = format!("/clients/{}", segment(client.id.as_str()));
    Same::of(&visit.app.issuer, ("PATCH", &path), Some(&Value::Object(patch)), command)
}

pub(super) async fn prepare(visit: &Visit<'_>, id: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(if matches!(act, "check" | "health") { READ } else { WRITE })?;
    let record = clients::find(&visit.context(), &ClientId::new(id)).await?;
    match act {
        "check" => return client_check::page(visit, &record.client).await,
        "health" => return client_health::page(visit, &record.client).await,
        "secret" | "remove-secret" => return client_secrets::prepare(visit, &record, act).await,
        "edit" => {
            let mut values = form::values_of(ALL, &settings(&record.client));
            let filled = change_as_query_says(visit, &mut values);
            let mut page = edit_page(visit, &record, (&values, None), None).await;
            page.notices.extend(filled_by_a_link(ALL, &filled));
            return Ok(ConsoleReply::Page(page));
        }
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
    let name = shell(id);
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
/// are for lists, `set_` is for single values. Returns the names of the changed fields.
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
    if let Some(policy) = visit.parameter("set_pkce") {
        values.insert("pkce", vec![policy]);
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
    let record = clients::find(&visit.context(), id).await?;
    let before = form::values_of(ALL, &settings(&record.client));
    let values = form::values_in(ALL, posted);
    if management::has_any(&record.client.scopes) || gives_management(&values) {
        visit.must_be_fresh(|| format!("{}/edit", path_of("clients", id.as_str())))?;
    }
    let is_check = field(posted, "check") == "true";
    let version = Version::new(field(posted, "version"));
    let (members, unreadable) = form::readable(ALL, &values);
    let patch = form::changed(ALL, &before, &members);
    let done =
        |note: &str| Ok(ConsoleReply::SeeOther(format!("{}?note={note}", path_of("clients", id.as_str()))));
    if patch.is_empty() && unreadable.is_empty() && !is_check {
        return done("same");
    }
    let error = match save_patch(visit, id, (patch.clone(), unreadable), (version, is_check)).await {
        Ok(()) if is_check => None,
        Ok(()) => return done("saved"),
        Err(error @ ConsoleError::Refused(_)) => Some(error),
        Err(error) => return Err(error),
    };
    let error = error.as_ref();
    let mut page = edit_page(visit, &record, (&values, Some(&patch)), error).await;
    if error.is_none() {
        page.notices.push(Notice::good("Nothing is wrong. Nothing was saved."));
    }
    Ok(ConsoleReply::Page(page))
}

async fn save_patch(
    visit: &Visit<'_>,
    id: &ClientId,
    (patch, mut wrong): (Map<String, Value>, Vec<FaultyMember>),
    (version, is_check): (Version, bool),
) -> Result<(), ConsoleError> {
    let mut body = Members::of(&CLIENT, patch);
    let patch = members::read_patch(&mut body, id);
    wrong.extend(body.end().err().into_iter().flatten());
    let edit = move |before: &Client| members::patched(before, &patch);
    let change = ClientChange { edit, logos: Logos::default(), sector: SectorReading::AsNeeded };
    let context = visit.context_on(Some(version), is_check || !wrong.is_empty());
    let done = clients::update(&context, id, change).await;
    form::refused_with(wrong, done.map(|_| ()).map_err(ConsoleError::from))
}
