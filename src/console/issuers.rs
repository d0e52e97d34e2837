//! Trusted issuers, and the people that they mean by their subjects. Only an owner changes them.

use serde_json::json;

use super::error::ConsoleError;
use super::field;
use super::form::{FieldSpec, FieldValues, FormView, Group, Input};
use super::notes;
use super::objects::Kind;
use super::page::{Action, Cell, ConsolePage, Filter, PageLink, Part, RowTable, Section};
use super::same::{Same, shell};
use super::scopes::facts;
use super::tables::{listing, narrowed, page, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::members::Members;
use crate::members::named::NamedObject as _;
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::trusted_issuers;
use crate::representation::address::segment;
use crate::representation::settings;
use crate::representation::trusted_issuer::to_json;
use crate::store::page::NameFilter;
use crate::store::trusted_issuers::SubjectRecord;

const READ: Need = Need::read(Area::Config);
const WRITE: Need = Need::write(Area::Config);

const fn spec(
    name: &'static str,
    label: &'static str,
    input: Input,
    option: (&'static str, &'static str),
) -> FieldSpec {
    FieldSpec { name, label, of: &settings::ISSUER, input, is_required: false, option }
}

const ISSUER: FieldSpec = FieldSpec { is_required: true, ..spec("issuer", "Issuer", Input::Line, ("", "")) };
const JWKS_URI: FieldSpec = spec("jwks_uri", "Address of its keys", Input::Line, ("--jwks-uri", ""));
const JWKS: FieldSpec = spec("jwks", "Keys", Input::Json, ("--jwks", ""));
const SCOPE: FieldSpec = spec("scope", "Scopes", Input::Words, ("--scope", ""));
const AUDIENCE: FieldSpec = spec(
    "assertion_audience",
    "Audience",
    Input::Choice(&[("issuer", "issuer"), ("token-endpoint", "issuer or token endpoint")]),
    ("--assertion-audience", ""),
);
const CLIENTS: FieldSpec = spec("clients", "Clients", Input::Lines, ("--client", ""));

const EDIT: &[Group] = &[("", &[JWKS_URI, JWKS, SCOPE, AUDIENCE, CLIENTS])];
const LINK: &[Group] = &[(
    "",
    &[
        FieldSpec { of: &settings::SUBJECT, ..spec("subject", "Subject", Input::Line, ("", "")) },
        FieldSpec { of: &settings::SUBJECT, ..spec("user", "Person", Input::Line, ("--user", "")) },
    ],
)];

const ISSUERS: Kind = Kind {
    title: "Trusted issuers",
    one: "trusted issuer",
    place: "issuers",
    of: &settings::ISSUER,
    new: &[("", &[ISSUER, JWKS_URI, JWKS, SCOPE, AUDIENCE, CLIENTS])],
    edit: EDIT,
    has_pages: true,
    command: "grantor issuer",
    create: "create",
    id: "issuer",
    is_named: false,
};

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let found =
        trusted_issuers::list(&visit.context(), listing(visit, NameFilter { q: visit.parameter("q") }))
            .await?;
    let filter = Filter::of("/admin/issuers", vec![narrowed(visit, "q", "Name", &[])]);
    let empty =
        "No issuer matches. A trusted issuer is another server whose tokens about people this one accepts.";
    let head = ["Issuer", "Scopes", "Clients"];
    let mut page = page(visit, ("Trusted issuers", "issuers"), Some(filter), (&head, empty), (&found, cells));
    if visit.is_owner() {
        page.actions.push(Action::primary("Trust an issuer", "/admin/new/issuers"));
    }
    Ok(ConsoleReply::Page(page))
}

fn cells(issuer: &TrustedIssuer) -> Vec<Cell> {
    let clients: Vec<&str> = crate::representation::trusted_issuer::clients(issuer);
    vec![
        Cell::link(issuer.issuer.clone(), path_of("issuers", &issuer.issuer)),
        Cell::text(issuer.scopes.to_string()),
        Cell::text(clients.join(", ")),
    ]
}

pub(super) fn new(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    visit.must_be_fresh(|| "/admin/new/issuers".to_owned())?;
    Ok(ISSUERS.new_from_query(visit))
}

pub(super) async fn create(visit: &Visit<'_>, form: &Params) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    visit.must_be_fresh(|| "/admin/new/issuers".to_owned())?;
    let create = async |mut body: Members, context| {
        let name = body.required_text("issuer");
        let issuer = TrustedIssuer::read(&mut body, name);
        body.end()?;
        Ok(ISSUERS.created(&trusted_issuers::create(&context, issuer).await?.outcome.issuer))
    };
    ISSUERS.create(visit, form, create).await
}

pub(super) async fn show(visit: &Visit<'_>, name: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let issuer = trusted_issuers::find(&visit.context(), name).await?;
    let path = path_of("issuers", name);
    let actions = match visit.is_owner() {
        true => vec![
            Action::primary("Edit", format!("{path}/edit")),
            Action::danger("Delete", format!("{path}/delete")),
        ],
        false => Vec::new(),
    };
    Ok(ConsoleReply::Page(ConsolePage {
        title: issuer.issuer.clone(),
        place: "issuers",
        trail: vec![PageLink::to("Trusted issuers", "/admin/issuers")],
        notices: notes::of(visit),
        actions,
        sections: vec![
            Section::of("Settings", vec![facts(EDIT, &to_json(&issuer))]),
            subjects(visit, name).await?,
        ],
        ..ConsolePage::default()
    }))
}

async fn subjects(visit: &Visit<'_>, name: &str) -> Result<Section, ConsoleError> {
    let list = trusted_issuers::list_subjects(&visit.context(), listing(visit, name.to_owned())).await?;
    let path = path_of("issuers", name);
    let row = |link: &SubjectRecord| {
        let mut cells = vec![
            Cell::code(link.subject.clone()),
            Cell::link(link.username.clone(), path_of("users", &link.user_id)),
        ];
        if visit.is_owner() {
            cells.push(Cell::link("Remove", format!("{path}/unlink?subject={}", segment(&link.subject))));
        }
        cells
    };
    let mut head = vec!["Subject", "Person"];
    head.extend(visit.is_owner().then_some(""));
    let table = RowTable {
        caption: "Subjects".to_owned(),
        head,
        rows: list.items.iter().map(row).collect(),
        empty: "No subject is linked to a person yet.".to_owned(),
        next: list.next.as_deref().map(|cursor| visit.query_with("cursor", cursor)),
        ..RowTable::default()
    };
    let section = Section::of("People that it means by its subjects", vec![Part::Table(table)]);
    Ok(match visit.is_owner() {
        true => section.with_actions(vec![Action::plain("Link a subject", format!("{path}/link"))]),
        false => section,
    })
}

pub(super) async fn prepare(visit: &Visit<'_>, name: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let issuer = trusted_issuers::find(&visit.context(), name).await?;
    let (path, api) = (path_of("issuers", name), format!("/issuers/{}", segment(name)));
    let subject = visit.parameter("subject").unwrap_or_default();
    visit.must_be_fresh(|| match subject.as_str() {
        "" => format!("{path}/{act}"),
        subject => format!("{path}/{act}?subject={}", segment(subject)),
    })?;
    match act {
        "edit" => {
            Ok(ISSUERS.edit(visit, (name, name), &to_json(&issuer), &trusted_issuers::version(&issuer)))
        }
        "delete" => {
            let same = Same::of(
                &visit.app.issuer,
                ("DELETE", &api),
                None,
                format!("grantor issuer delete {}", shell(name)),
            );
            let lead =
                "The server no longer accepts its tokens, and revokes everything that it issued for them."
                    .to_owned();
            let title = (format!("Delete {name}?"), "delete", "Delete the issuer");
            Ok(ISSUERS.question((name, name), title, lead, (same, Vec::new())))
        }
        "unlink" => {
            let path = format!("{api}/subjects/{}", segment(&subject));
            let command = format!("grantor issuer unlink {} {}", shell(name), shell(&subject));
            let same = Same::of(&visit.app.issuer, ("DELETE", &path), None, command);
            let lead =
                "The server revokes everything that it issued for tokens about this subject.".to_owned();
            let title = (format!("Remove the link of {subject}?"), "unlink", "Remove the link");
            Ok(ISSUERS.question((name, name), title, lead, (same, vec![("subject", subject)])))
        }
        "link" => {
            let body = json!({ "subject": "…", "user": "…" });
            let command = format!("grantor issuer link {} SUBJECT --user NAME", shell(name));
            let mut view = FormView::of(format!("{path}/link"), "Link", LINK, (&FieldValues::new(), &[]));
            view.cancel = Some(path);
            view.same =
                Some(Same::of(&visit.app.issuer, ("POST", &format!("{api}/subjects")), Some(&body), command));
            let section = Section { parts: vec![Part::Form(Box::new(view))], ..Section::default() };
            Ok(ConsoleReply::Page(ISSUERS.page("Link a subject".to_owned(), Some(name), section)))
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
    let (context, path) = (visit.context(), path_of("issuers", name));
    visit.must_be_fresh(|| path.clone())?;
    let issuer = trusted_issuers::find(&context, name).await?;
    let note = match act {
        "edit" => {
            let update = async |mut body: Members, context| {
                let changes = TrustedIssuer::read_changes(&mut body);
                body.end()?;
                trusted_issuers::update(&context, name, changes).await?;
                Ok(())
            };
            return ISSUERS.save(visit, (name, name), &to_json(&issuer), form, update).await;
        }
        "delete" => {
            trusted_issuers::delete(&context, name).await?;
            return Ok(ConsoleReply::SeeOther("/admin/issuers?note=deleted".to_owned()));
        }
        "unlink" => {
            trusted_issuers::unlink_subject(&context, name, field(form, "subject")).await?;
            "unlinked"
        }
        "link" => {
            trusted_issuers::link_subject(&context, name, field(form, "subject"), field(form, "user"))
                .await?;
            "linked"
        }
        _ => return Err(ConsoleError::not_found()),
    };
    Ok(ConsoleReply::SeeOther(format!("{path}?note={note}")))
}
