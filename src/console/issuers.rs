//! Trusted issuers, and the people that they mean by their subjects. Only an owner changes them.

use serde_json::json;

use super::error::ConsoleError;
use super::form::{FieldSpec, FieldValues, FormView, Group, Input, field};
use super::named::{self, NamedPages, WRITE};
use super::objects::Kind;
use super::page::{Action, Cell, Part, RowTable, Section};
use super::same::Same;
use super::tables::{listing, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::members::named::NamedObject;
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::oauth::request::params::Params;
use crate::operations::shell_word::shell_word;
use crate::operations::trusted_issuers;
use crate::representation;
use crate::representation::address::segment;
use crate::representation::settings;
use crate::store::trusted_issuers::SubjectRecord;

const ISSUER: FieldSpec =
    FieldSpec::of(&settings::ISSUER, "issuer", "Issuer", Input::Line, ("", "")).required();
const JWKS_URI: FieldSpec =
    FieldSpec::of(&settings::ISSUER, "jwks_uri", "Address of its keys", Input::Line, ("--jwks-uri", ""));
const JWKS: FieldSpec = FieldSpec::of(&settings::ISSUER, "jwks", "Keys", Input::Json, ("--jwks", ""));
const SCOPE: FieldSpec = FieldSpec::of(&settings::ISSUER, "scope", "Scopes", Input::Words, ("--scope", ""));
const AUDIENCE: FieldSpec = FieldSpec::of(
    &settings::ISSUER,
    "assertion_audience",
    "Audience",
    Input::Choice(&[("issuer", "issuer"), ("token-endpoint", "issuer or token endpoint")]),
    ("--assertion-audience", ""),
);
const CLIENTS: FieldSpec =
    FieldSpec::of(&settings::ISSUER, "clients", "Clients", Input::Lines, ("--client", ""));

const LINK: &[Group] = &[(
    "",
    &[
        FieldSpec::of(&settings::SUBJECT, "subject", "Subject", Input::Line, ("", "")),
        FieldSpec::of(&settings::SUBJECT, "user", "Person", Input::Line, ("--user", "")),
    ],
)];

impl NamedPages for TrustedIssuer {
    const KIND: Kind = Kind {
        title: "Trusted issuers",
        one: "trusted issuer",
        place: Self::PLACE,
        of: &settings::ISSUER,
        new: &[("", &[ISSUER, JWKS_URI, JWKS, SCOPE, AUDIENCE, CLIENTS])],
        edit: &[("", &[JWKS_URI, JWKS, SCOPE, AUDIENCE, CLIENTS])],
        has_pages: true,
        command: "grantor issuer",
        create: "create",
        id: (Self::NAME, ""),
        is_named: false,
    };
    const LIST: (&'static str, &'static [&'static str], &'static str) = (
        "Name",
        &["Issuer", "Scopes", "Clients"],
        "No issuer matches. A trusted issuer is another server whose tokens about people this one accepts.",
    );
    const NEW: &'static str = "Trust an issuer";
    const DELETE: (&'static str, &'static str) = (
        "Delete the issuer",
        "The server no longer accepts its tokens, and revokes everything that it issued for them.",
    );
    const IS_FOR_OWNERS: bool = true;

    fn cells(&self) -> Vec<Cell> {
        let clients = representation::trusted_issuer::clients(self);
        vec![
            Cell::link(self.issuer.clone(), path_of("issuers", &self.issuer)),
            Cell::text(self.scopes.to_string()),
            Cell::text(clients.join(", ")),
        ]
    }
}

pub(super) async fn show(visit: &Visit<'_>, name: &str) -> Result<ConsoleReply, ConsoleError> {
    let (_, mut page) = named::page_of::<TrustedIssuer>(visit, name).await?;
    page.sections.push(subjects(visit, name).await?);
    Ok(ConsoleReply::Page(page))
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
    if !matches!(act, "link" | "unlink") {
        return named::prepare::<TrustedIssuer>(visit, name, act).await;
    }
    visit.needs(WRITE)?;
    trusted_issuers::find(&visit.context(), name).await?;
    let (path, api) = (path_of("issuers", name), format!("/issuers/{}/subjects", segment(name)));
    let issuer = &visit.app.issuer;
    if act == "link" {
        visit.must_be_fresh(|| format!("{path}/link"))?;
        let body = json!({ "subject": "…", "user": "…" });
        let command = format!("grantor issuer link {} SUBJECT --user NAME", shell_word(name));
        let mut view = FormView::of(format!("{path}/link"), "Link", LINK, (&FieldValues::new(), &[]));
        view.cancel = Some(path);
        view.same = Some(Same::of(issuer, ("POST", &api), Some(&body), command));
        let section = Section { parts: vec![Part::Form(Box::new(view))], ..Section::default() };
        let title = "Link a subject".to_owned();
        return Ok(ConsoleReply::Page(TrustedIssuer::KIND.page(title, Some(name), section)));
    }
    let subject = visit.parameter("subject").unwrap_or_default();
    visit.must_be_fresh(|| format!("{path}/unlink?subject={}", segment(&subject)))?;
    let command = format!("grantor issuer unlink {} {}", shell_word(name), shell_word(&subject));
    let same = Same::of(issuer, ("DELETE", &format!("{api}/{}", segment(&subject))), None, command);
    let lead = "The server revokes everything that it issued for tokens about this subject.".to_owned();
    let title = (format!("Remove the link of {subject}?"), "unlink", "Remove the link");
    Ok(TrustedIssuer::KIND.question((name, name), title, lead, (same, vec![("subject", subject)])))
}

pub(super) async fn act(
    visit: &Visit<'_>,
    (name, act): (&str, &str),
    form: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    if !matches!(act, "link" | "unlink") {
        return named::act::<TrustedIssuer>(visit, (name, act), form).await;
    }
    visit.needs(WRITE)?;
    let (context, path) = (visit.context(), path_of("issuers", name));
    visit.must_be_fresh(|| path.clone())?;
    trusted_issuers::find(&context, name).await?;
    let subject = field(form, "subject");
    let note = match act {
        "unlink" => {
            trusted_issuers::unlink_subject(&context, name, subject).await?;
            "unlinked"
        }
        _ => {
            trusted_issuers::link_subject(&context, name, subject, field(form, "user")).await?;
            "linked"
        }
    };
    Ok(ConsoleReply::SeeOther(format!("{path}?note={note}")))
}
