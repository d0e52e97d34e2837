//! Webhooks: their list, the forms for a new one and for one, and acts on one. The page of one is in `webhook_page`.

use super::error::ConsoleError;
use super::form::{self, FieldSpec, FieldValues, FormView, Group, Input, field};
use super::objects::{Kind, filled, said};
use super::page::{Action, Cell, ConsolePage, Filter, Notice, PageLink, Part, Section};
use super::same::Same;
use super::tables::{listing, narrowed, page, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::members::Members;
use crate::members::webhook as members;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::shell_word::shell_word;
use crate::operations::webhooks::{self, WebhookChanges};
use crate::representation::address::segment;
use crate::representation::settings::{SECRET_ROTATION, WEBHOOK};
use crate::representation::webhook::to_json;
use crate::store::page::NameFilter;
use crate::store::webhooks::WebhookRecord;

const READ: Need = Need::read(Area::Config);
const WRITE: Need = Need::write(Area::Config);

pub(super) const HEAD: [&str; 5] = ["Name", "Address", "Types", "State", "Created"];

/// The members that a form has.
pub(super) const EDIT: &[Group] = &[(
    "",
    &[
        FieldSpec::of(&WEBHOOK, "name", "Name", Input::Line, ("--name", "")).required(),
        FieldSpec::of(&WEBHOOK, "url", "Address", Input::Line, ("--url", "")).required(),
        FieldSpec::of(&WEBHOOK, "types", "Types", Input::Lines, ("--type", "--no-types")),
    ],
)];

const ROTATE: &[Group] = &[(
    "",
    &[FieldSpec::of(&SECRET_ROTATION, "overlap", "Overlap in seconds", Input::Number, ("--overlap", ""))],
)];

const WEBHOOKS: Kind = Kind {
    title: "Webhooks",
    one: "webhook",
    place: "webhooks",
    of: &WEBHOOK,
    new: EDIT,
    edit: EDIT,
    has_pages: true,
    command: "grantor webhook",
    create: "create",
    id: ("", ""),
    is_named: false,
};

/// Whether the person may change webhooks. They get the events of the audit trail, so that must be readable, too.
pub(super) fn may_change(visit: &Visit<'_>) -> bool {
    visit.may(WRITE) && visit.may(Need::read(Area::Audit))
}

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let found =
        webhooks::list(&visit.context(), listing(visit, NameFilter { q: visit.parameter("q") })).await?;
    let filter = Filter::of("/admin/webhooks", vec![narrowed(visit, "q", "Name", &[])]);
    let empty = "No webhook matches. A webhook sends the events of the audit trail to another program.";
    let mut page = page(visit, ("Webhooks", "webhooks"), Some(filter), (&HEAD, empty), (&found, cells));
    if may_change(visit) {
        page.actions.push(Action::primary("New webhook", "/admin/new/webhooks"));
    }
    Ok(ConsoleReply::Page(page))
}

/// The cells of a webhook in a list.
pub(super) fn cells(webhook: &WebhookRecord) -> Vec<Cell> {
    let types = match webhook.types.words() {
        [] => Cell::text("all"),
        words => Cell::code(words.join(" ")),
    };
    let (tone, state) = state(webhook);
    vec![
        Cell::link(webhook.name.clone(), path_of("webhooks", &webhook.id)),
        Cell::code(webhook.url.clone()),
        types,
        Cell::badge(tone, state),
        Cell::time(webhook.created_at),
    ]
}

/// Whether messages are sent, and with what success: a colour and a word.
pub(super) fn state(webhook: &WebhookRecord) -> (&'static str, &'static str) {
    match (webhook.disabled, webhook.failing_since) {
        (Some(_), _) => ("bad", "disabled"),
        (None, Some(_)) => ("warn", "failing"),
        (None, None) => ("good", "enabled"),
    }
}

pub(super) fn new(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    visit.must_be_fresh(|| "/admin/new/webhooks".to_owned())?;
    Ok(WEBHOOKS.new_from_query(visit))
}

pub(super) async fn create(visit: &Visit<'_>, form: &Params) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    visit.must_be_fresh(|| "/admin/new/webhooks".to_owned())?;
    let create = async |mut body: Members, context| {
        let new = members::read_new(&mut body);
        let create = async |context| Ok(webhooks::create(&context, new).await?.outcome);
        let made = filled(body, context, create).await?;
        Ok(ConsoleReply::Page(shown_once(&made)))
    };
    WEBHOOKS.create(visit, form, create).await
}

/// The page with a secret that is shown only now.
fn shown_once(made: &webhooks::WebhookWithSecret) -> ConsolePage {
    ConsolePage {
        title: made.record.name.clone(),
        place: "webhooks",
        trail: vec![PageLink::to("Webhooks", "/admin/webhooks")],
        id: Some(made.record.id.clone()),
        notices: vec![Notice::secret(
            "This secret signs the messages, and the receiver verifies them with it. It is shown only now; no one can read it \
             again.",
            made.secret.expose().as_str(),
        )],
        actions: vec![Action::primary("Go on to the webhook", path_of("webhooks", &made.record.id))],
        ..ConsolePage::default()
    }
}

/// Checks that the person has just signed in, if the act ends something or has events sent to another place.
fn check_fresh(visit: &Visit<'_>, id: &str, act: &str) -> Result<(), ConsoleError> {
    match act {
        "enable" | "retry" | "test" => Ok(()),
        act => visit.must_be_fresh(|| format!("{}/{act}", path_of("webhooks", id))),
    }
}

pub(super) async fn prepare(visit: &Visit<'_>, id: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let webhook = webhooks::find(&visit.context(), id).await?;
    check_fresh(visit, id, act)?;
    let title = |verb: &str| format!("{verb} {}?", webhook.name);
    let (title, submit, lead) = match act {
        "edit" => {
            let named = (id, webhook.name.as_str());
            return Ok(WEBHOOKS.edit(visit, named, &to_json(&webhook), &webhooks::version(&webhook)));
        }
        "rotate-secret" => {
            return Ok(ConsoleReply::Page(rotate_page(visit, &webhook, &FieldValues::new(), None)));
        }
        "retry" => return retry_page(visit, &webhook).await,
        "delete" => (
            title("Delete"),
            "Delete the webhook",
            "The server sends nothing more to it, and deletes its secrets and everything that still waits for it.",
        ),
        "disable" => (
            title("Disable"),
            "Disable the webhook",
            "The server sends nothing to it until you enable it again. Then it goes on with the event where it stopped.",
        ),
        "enable" => (
            title("Enable"),
            "Enable the webhook",
            "It goes on with the event where it stopped, so the server now sends everything that happened in between.",
        ),
        "test" => (
            title("Send a test to"),
            "Send a test",
            "The server now sends a message of the type webhook.test, whichever types the webhook gets.",
        ),
        _ => return Err(ConsoleError::not_found()),
    };
    let named = (id, webhook.name.as_str());
    Ok(WEBHOOKS.question(named, (title, act, submit), lead.to_owned(), (same(visit, id, act), Vec::new())))
}

/// The question whether to send one message again, with what is known of it; without a message, all that were not delivered.
async fn retry_page(visit: &Visit<'_>, webhook: &WebhookRecord) -> Result<ConsoleReply, ConsoleError> {
    let id = webhook.id.as_str();
    let (delivery, lead) = match visit.parameter("delivery") {
        None => {
            (None, "The server now sends everything again that the receiver has not confirmed.".to_owned())
        }
        Some(delivery) => {
            let found = webhooks::delivery(&visit.context(), id, &delivery).await?;
            let attempts = if found.attempts == 1 { "attempt" } else { "attempts" };
            let lead = format!(
                "The message {delivery} of the type {} is {} after {} {attempts}. The server now sends it again, with the same id.",
                found.kind, found.state, found.attempts
            );
            (Some(delivery), lead)
        }
    };
    let mut command = format!("grantor webhook retry {}", shell_word(id));
    let mut body = serde_json::json!({});
    if let Some(delivery) = &delivery {
        command.push_str(&format!(" --message {}", shell_word(delivery)));
        body["delivery"] = delivery.as_str().into();
    }
    let path = format!("/webhooks/{}/retry", segment(id));
    let same = Same::of(&visit.app.issuer, ("POST", &path), Some(&body), command);
    let hidden = delivery.map(|delivery| ("delivery", delivery)).into_iter().collect();
    let title = (format!("Send again to {}?", webhook.name), "retry", "Send again");
    Ok(WEBHOOKS.question((id, &webhook.name), title, lead, (same, hidden)))
}

fn same(visit: &Visit<'_>, id: &str, act: &str) -> Same {
    let (issuer, path, id) = (&visit.app.issuer, format!("/webhooks/{}", segment(id)), shell_word(id));
    match act {
        "delete" => Same::of(issuer, ("DELETE", &path), None, format!("grantor webhook delete {id}")),
        "test" => {
            let path = format!("{path}/test");
            Same::of(issuer, ("POST", &path), None, format!("grantor webhook test {id}"))
        }
        act => {
            let body = serde_json::json!({ "disabled": act == "disable" });
            Same::of(issuer, ("PATCH", &path), Some(&body), format!("grantor webhook update {id} --{act}"))
        }
    }
}

fn rotate_page(
    visit: &Visit<'_>,
    webhook: &WebhookRecord,
    values: &FieldValues,
    error: Option<&ConsoleError>,
) -> ConsolePage {
    let (faults, notices) = said(ROTATE, error);
    let path = path_of("webhooks", &webhook.id);
    let mut view =
        FormView::of(format!("{path}/rotate-secret"), "Replace the secret", ROTATE, (values, &faults));
    let members = form::members(ROTATE, values).map(form::given).unwrap_or_default();
    let command = form::options(ROTATE, &members)
        .map(|options| format!("grantor webhook rotate-secret {}{options}", shell_word(&webhook.id)));
    let api = format!("/webhooks/{}/rotate-secret", segment(&webhook.id));
    view.same = Some(Same::of(&visit.app.issuer, ("POST", &api), Some(&members.into()), command));
    view.cancel = Some(path);
    let lead = "Both secrets sign until the overlap is over, so give the receiver the new one before.";
    let section = Section::of("What happens", vec![Part::Form(Box::new(view))]).with_lead(lead);
    let mut page = WEBHOOKS.page(format!("Replace the secret of {}?", webhook.name), None, section);
    page.trail.push(PageLink::to(webhook.name.clone(), path_of("webhooks", &webhook.id)));
    ConsolePage { notices, is_refused: error.is_some(), ..page }
}

async fn rotate(visit: &Visit<'_>, id: &str, posted: &Params) -> Result<ConsoleReply, ConsoleError> {
    let values = form::values_in(ROTATE, posted);
    let rotated = async {
        let mut body = Members::of(&SECRET_ROTATION, form::given(form::members(ROTATE, &values)?));
        let overlap = members::read_overlap(&mut body);
        body.end()?;
        Ok(webhooks::rotate_secret(&visit.context(), id, overlap).await?.outcome)
    };
    match rotated.await {
        Ok(rotated) => Ok(ConsoleReply::Page(shown_once(&rotated))),
        Err(error @ ConsoleError::Refused(_)) => {
            let webhook = webhooks::find(&visit.context(), id).await?;
            Ok(ConsoleReply::Page(rotate_page(visit, &webhook, &values, Some(&error))))
        }
        Err(error) => Err(error),
    }
}

pub(super) async fn act(
    visit: &Visit<'_>,
    (id, act): (&str, &str),
    form: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    check_fresh(visit, id, act)?;
    let context = visit.context();
    let note = match act {
        "edit" => return save(visit, id, form).await,
        "rotate-secret" => return rotate(visit, id, form).await,
        "delete" => {
            webhooks::delete(&context, id).await?;
            return Ok(ConsoleReply::SeeOther("/admin/webhooks?note=deleted".to_owned()));
        }
        "disable" | "enable" => {
            let changes = WebhookChanges { disabled: Some(act == "disable"), ..WebhookChanges::default() };
            webhooks::update(&context, id, changes).await?;
            if act == "disable" { "disabled" } else { "enabled" }
        }
        "retry" => {
            let delivery = Some(field(form, "delivery")).filter(|delivery| !delivery.is_empty());
            webhooks::retry(&context, id, delivery).await?;
            "sent-again"
        }
        "test" => {
            webhooks::test(&context, id).await?;
            "tested"
        }
        _ => return Err(ConsoleError::not_found()),
    };
    visit.app.webhooks.wake();
    Ok(ConsoleReply::SeeOther(format!("{}?note={note}", path_of("webhooks", id))))
}

async fn save(visit: &Visit<'_>, id: &str, form: &Params) -> Result<ConsoleReply, ConsoleError> {
    let webhook = webhooks::find(&visit.context(), id).await?;
    let update = async |mut body: Members, context| {
        let changes = members::read_changes(&mut body);
        let update = async |context| Ok(webhooks::update(&context, id, changes).await?);
        filled(body, context, update).await?;
        Ok(())
    };
    WEBHOOKS.save(visit, (id, &webhook.name), &to_json(&webhook), form, update).await
}
