//! The secrets of a client: a new one is shown once.

use super::error::ConsoleError;
use super::form::{self, FieldSpec, FieldValues, FormView, Group, Input, field};
use super::objects::said;
use super::page::{Action, Cell, ConsolePage, Notice, PageLink, Part, RowTable, Section};
use super::same::Same;
use super::tables::path_of;
use super::visit::{ConsoleReply, Visit};
use crate::clock::Seconds;
use crate::members::Members;
use crate::oauth::client::Client;
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::clients::{self, SecretSource};
use crate::operations::fault::Fault;
use crate::operations::shell_word::shell_word;
use crate::representation::address::segment;
use crate::representation::settings::SECRET;
use crate::secret::Secret;
use crate::store::clients::ClientRecord;

const END: &[Group] = &[(
    "",
    &[FieldSpec::of(&SECRET, "expires_at", "Ends at (UTC)", Input::Time, ("--expires", "--expires never"))],
)];

/// How long a replaced secret can still be used, if the operator does not say it.
const OVERLAP: Seconds = Seconds::new(7 * 24 * 3600);

/// The secrets of a client, with their acts.
pub(super) fn section(visit: &Visit<'_>, record: &ClientRecord) -> Section {
    let path = path_of("clients", record.client.id.as_str());
    let may_write = visit.may(Need::write(Area::Clients));
    let row = |secret: &crate::store::client_secrets::SecretRecord| {
        let mut cells = vec![
            Cell::code(secret.id.clone()),
            Cell::time(secret.created_at),
            Cell::time(secret.expires_at),
            Cell::time(secret.last_used_at),
        ];
        if may_write {
            let change = format!("{path}/secret?secret={}", segment(&secret.id));
            let remove = format!("{path}/remove-secret?secret={}", segment(&secret.id));
            cells.extend([Cell::link("Set its end", change), Cell::link("Remove", remove)]);
        }
        cells
    };
    let mut head = vec!["Secret", "Created", "Ends", "Last used"];
    if may_write {
        head.extend(["", ""]);
    }
    let table = RowTable {
        caption: "Secrets".to_owned(),
        head,
        rows: record.secrets.iter().map(row).collect(),
        empty: "The client has no secret.".to_owned(),
        ..RowTable::default()
    };
    let section = Section::of("Secrets", vec![Part::Table(table)]);
    match may_write && !record.client.kind.is_public() {
        true => section.with_actions(vec![Action::plain("Add a secret", format!("{path}/secret"))]),
        false => section,
    }
}

/// The page with a secret that is shown only now.
pub(super) fn shown_once(client: &Client, secret: &Secret) -> ConsolePage {
    let path = path_of("clients", client.id.as_str());
    ConsolePage {
        title: client.name.as_str().to_owned(),
        place: "clients",
        trail: vec![PageLink::to("Clients", "/admin/clients")],
        id: Some(client.id.to_string()),
        notices: vec![Notice::secret(
            "This is the secret of the client. It is shown only now; no one can read it again.",
            secret.expose().as_str(),
        )],
        actions: vec![Action::primary("Go on to the client", path)],
        ..ConsolePage::default()
    }
}

pub(super) async fn prepare(
    visit: &Visit<'_>,
    record: &ClientRecord,
    act: &str,
) -> Result<ConsoleReply, ConsoleError> {
    let (id, path) = (record.client.id.as_str(), path_of("clients", record.client.id.as_str()));
    let secret = visit.parameter("secret").unwrap_or_default();
    visit.must_be_fresh(|| format!("{path}/{act}?secret={}", segment(&secret)))?;
    let of_client = format!("/clients/{}/secrets", segment(id));
    let of_secret = format!("{of_client}/{}", segment(&secret));
    let issuer = &visit.app.issuer;
    let mut view = FormView::danger(format!("{path}/{act}"), "", path.clone());
    view.hidden.push(("secret", secret.clone()));
    let (title, lead) = match (act, secret.is_empty()) {
        ("remove-secret", _) => {
            let removal = clients::check_remove_secret(&visit.context(), &record.client.id, &secret).await?;
            let command = format!("grantor client remove-secret {} {}", shell_word(id), shell_word(&secret));
            view.submit = "Remove the secret".to_owned();
            view.same = Some(Same::of(issuer, ("DELETE", &of_secret), None, command));
            let lead = match removal == clients::SecretRemoval::OfTheLast {
                true => "It is the last valid secret: the client gets no tokens until it has another one.",
                false => {
                    "The server refuses at once what still uses this secret. The other secrets stay valid."
                }
            };
            ("Remove the secret?", lead)
        }
        (_, true) => {
            let command = format!("grantor client add-secret {}", shell_word(id));
            view.tone = "primary";
            view.submit = "Add a secret".to_owned();
            view.same = Some(Same::of(issuer, ("POST", &of_client), Some(&serde_json::json!({})), command));
            (
                "Add a secret?",
                "The secrets that it has stay valid. To replace one, add a new secret, deploy it, and then end the old one.",
            )
        }
        (_, false) => return Ok(ConsoleReply::Page(end_page(visit, record, &secret, None)?)),
    };
    Ok(ConsoleReply::Page(ConsolePage {
        title: title.to_owned(),
        place: "clients",
        trail: vec![
            PageLink::to("Clients", "/admin/clients"),
            PageLink::to(record.client.name.as_str(), path),
        ],
        id: Some(secret).filter(|secret| !secret.is_empty()),
        sections: vec![Section::of("What happens", vec![Part::Form(Box::new(view))]).with_lead(lead)],
        ..ConsolePage::default()
    }))
}

pub(super) async fn act(
    visit: &Visit<'_>,
    client: &ClientId,
    act: &str,
    form: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    let (context, secret) = (visit.context(), field(form, "secret"));
    let path = path_of("clients", client.as_str());
    match (act, secret) {
        ("remove-secret", secret) => {
            let expected = clients::check_remove_secret(&context, client, secret).await?;
            clients::remove_secret(&context, client, secret, expected).await?;
            Ok(ConsoleReply::SeeOther(format!("{path}?note=secret-removed")))
        }
        (_, "") => {
            let added = clients::add_secret(&context, client, SecretSource::Generated, None).await?.outcome;
            let record = clients::find(&context, client).await?;
            let missing = || Fault::not_found("no secret was made");
            let secret = added.generated.as_ref().ok_or_else(missing)?;
            Ok(ConsoleReply::Page(shown_once(&record.client, secret)))
        }
        (_, secret) => set_end(visit, client, secret, form).await,
    }
}

/// The form that sets when a secret ends.
fn end_page(
    visit: &Visit<'_>,
    record: &ClientRecord,
    secret: &str,
    refused: Option<(&FieldValues, &ConsoleError)>,
) -> Result<ConsolePage, ConsoleError> {
    let client = &record.client;
    let (id, path) = (client.id.as_str(), path_of("clients", client.id.as_str()));
    let found = record.secrets.iter().find(|found| found.id == secret);
    let found = found.ok_or_else(|| Fault::not_found("the client has no such secret"))?;
    let end = found.expires_at.unwrap_or(visit.request.now + OVERLAP);
    let proposed = form::values_of(END, &serde_json::json!({ "expires_at": end.iso() }));
    let (values, error) = refused.map_or((&proposed, None), |(values, error)| (values, Some(error)));
    let (faults, notices) = said(END, error);
    let mut view = FormView::of(format!("{path}/secret"), "Set the end", END, (values, &faults));
    view.hidden.push(("secret", secret.to_owned()));
    view.cancel = Some(path.clone());
    let members = form::members(END, values).unwrap_or_default();
    let of_secret = format!("grantor client update-secret {} {}", shell_word(id), shell_word(secret));
    let command = form::options(END, &members).map(|options| format!("{of_secret}{options}"));
    let api = format!("/clients/{}/secrets/{}", segment(id), segment(secret));
    view.same = Some(Same::of(&visit.app.issuer, ("PATCH", &api), Some(&members.into()), command));
    let lead = "Until then the client can use it. After that, the server refuses what still uses it. \
                Without a time, it does not end by itself.";
    Ok(ConsolePage {
        title: "When does the secret end?".to_owned(),
        place: "clients",
        trail: vec![PageLink::to("Clients", "/admin/clients"), PageLink::to(client.name.as_str(), path)],
        id: Some(secret.to_owned()),
        notices,
        sections: vec![Section::of("What happens", vec![Part::Form(Box::new(view))]).with_lead(lead)],
        is_refused: error.is_some(),
        ..ConsolePage::default()
    })
}

async fn set_end(
    visit: &Visit<'_>,
    client: &ClientId,
    secret: &str,
    posted: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    let values = form::values_in(END, posted);
    let done = async {
        let mut body = Members::of(&SECRET, form::members(END, &values)?);
        let end = body.changed_time("expires_at").flatten();
        body.end()?;
        clients::set_secret_end(&visit.context(), client, secret, end).await?;
        Ok(())
    };
    match done.await {
        Ok(()) => {
            let path = path_of("clients", client.as_str());
            Ok(ConsoleReply::SeeOther(format!("{path}?note=secret-ends")))
        }
        Err(error @ ConsoleError::Refused(_)) => {
            let record = clients::find(&visit.context(), client).await?;
            Ok(ConsoleReply::Page(end_page(visit, &record, secret, Some((&values, &error)))?))
        }
        Err(error) => Err(error),
    }
}
