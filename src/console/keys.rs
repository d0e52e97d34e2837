//! Signing keys. Only an owner changes them.

use super::error::ConsoleError;
use super::form::{self, FieldSpec, FieldValues, FormView, Group, Input};
use super::objects::{Kind, said};
use super::page::{Action, Cell, ConsolePage, Part, Section};
use super::same::Same;
use super::tables::{listing, page, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::members::Members;
use crate::members::key_rotation;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::fault::Fault;
use crate::operations::keys::{self, ListedKey};
use crate::operations::shell_word::shell_word;
use crate::representation::address::segment;
use crate::representation::settings::KEY_ROTATION;

const READ: Need = Need::read(Area::Keys);
const WRITE: Need = Need::write(Area::Keys);
const DAY: i64 = 24 * 3600;

/// The head of a table of keys. An owner has a column more.
pub(super) const HEAD: [&str; 6] = ["Key", "Algorithm", "State", "Age", "Current from", "Published until"];

const ROTATE: &[Group] = &[(
    "",
    &[
        FieldSpec::of(
            &KEY_ROTATION,
            "algorithm",
            "Algorithm",
            Input::Choice(&[
                ("", "each"),
                ("RS256", "RS256"),
                ("PS256", "PS256"),
                ("ES256", "ES256"),
                ("EdDSA", "EdDSA"),
                ("Ed25519", "Ed25519"),
                ("RSA-OAEP", "RSA-OAEP, for encryption"),
                ("RSA-OAEP-256", "RSA-OAEP-256, for encryption"),
                ("ECDH-ES", "ECDH-ES, for encryption"),
                ("ECDH-ES+A128KW", "ECDH-ES+A128KW, for encryption"),
                ("ECDH-ES+A256KW", "ECDH-ES+A256KW, for encryption"),
            ]),
            ("--algorithm", ""),
        ),
        FieldSpec::of(&KEY_ROTATION, "now", "Sign at once", Input::Switch, ("--now", "")),
    ],
)];

const KEYS: Kind = Kind {
    title: "Signing keys",
    one: "signing key",
    place: "keys",
    of: &KEY_ROTATION,
    new: ROTATE,
    edit: &[],
    has_pages: false,
    command: "grantor key",
    create: "rotate",
    id: ("", ""),
    is_named: false,
};

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let found = keys::list(&visit.context(), listing(visit, ())).await?;
    let is_owner = visit.is_owner();
    let mut head = HEAD.to_vec();
    head.extend(is_owner.then_some(""));
    let shown = |key: &ListedKey| cells(visit, &found.items, key);
    let mut page =
        page(visit, ("Signing keys", "keys"), None, (&head, "There are no keys."), (&found, shown));
    if is_owner {
        page.actions.push(Action::plain("Make new keys", "/admin/new/keys"));
    }
    Ok(ConsoleReply::Page(page))
}

/// The cells of a key in a list.
pub(super) fn cells(visit: &Visit<'_>, all: &[ListedKey], listed: &ListedKey) -> Vec<Cell> {
    let (key, state) = (&listed.key, listed.state.word_for(listed.key.algorithm));
    let tone = match state {
        "signing" | "current" => "good",
        "retired" => "bad",
        _ => "",
    };
    let days = (visit.request.now - key.created_at).as_i64() / DAY;
    let mut cells = vec![
        Cell::code(key.kid.clone()),
        Cell::text(key.algorithm.as_str()),
        Cell::badge(tone, state),
        Cell::text(format!("{days} d")),
        Cell::time(key.signs_from),
        Cell::time(listed.published_until),
    ];
    if visit.is_owner() {
        // The last key of an algorithm cannot be taken out of use.
        let is_other = |other: &ListedKey| {
            other.key.algorithm == key.algorithm && other.key.kid != key.kid && other.key.retired_at.is_none()
        };
        cells.push(match key.retired_at {
            None if all.iter().any(is_other) => {
                Cell::link("Retire", format!("{}/retire", path_of("keys", &key.kid)))
            }
            _ => Cell::text(""),
        });
    }
    cells
}

pub(super) fn new(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    visit.must_be_fresh(|| "/admin/new/keys".to_owned())?;
    Ok(ConsoleReply::Page(rotate_page(visit, &FieldValues::new(), None)))
}

fn rotate_page(visit: &Visit<'_>, values: &FieldValues, error: Option<&ConsoleError>) -> ConsolePage {
    let (faults, notices) = said(ROTATE, error);
    let mut view = FormView::of("/admin/new/keys", "Make new keys", ROTATE, (values, &faults));
    view.cancel = Some("/admin/keys".to_owned());
    let members = form::members(ROTATE, values).map(form::given).unwrap_or_default();
    let command = form::options(ROTATE, &members).map(|options| format!("grantor key rotate{options}"));
    view.same = Some(Same::of(&visit.app.issuer, ("POST", "/keys"), Some(&members.into()), command));
    let lead = "New keys are published first and sign later, so no token is refused. The keys before stay published until \
                everything that they signed has ended.";
    let section = Section {
        lead: Some(lead.to_owned()),
        parts: vec![Part::Form(Box::new(view))],
        ..Section::default()
    };
    let page = KEYS.page("Make new keys".to_owned(), None, section);
    ConsolePage { notices, is_refused: error.is_some(), ..page }
}

pub(super) async fn create(visit: &Visit<'_>, form: &Params) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    visit.must_be_fresh(|| "/admin/new/keys".to_owned())?;
    let values = form::values_in(ROTATE, form);
    match rotate(visit, &values).await {
        Ok(()) => Ok(ConsoleReply::SeeOther("/admin/keys?note=rotated".to_owned())),
        // The form shows only what is wrong with its fields.
        Err(ConsoleError::Refused(refusal)) if !refusal.members.is_empty() => {
            let error = ConsoleError::Refused(refusal);
            Ok(ConsoleReply::Page(rotate_page(visit, &values, Some(&error))))
        }
        Err(error) => Err(error),
    }
}

async fn rotate(visit: &Visit<'_>, values: &FieldValues) -> Result<(), ConsoleError> {
    let mut body = Members::of(&KEY_ROTATION, form::given(form::members(ROTATE, values)?));
    let rotation = key_rotation::read(&mut body);
    body.end()?;
    let verdict = visit.app.clock_watch.look().await?;
    if !verdict.may_make_keys() {
        return Err(Fault::conflict(None, format!("{verdict}, so no key was made")).into());
    }
    let context = visit.context();
    let due = keys::check_rotate(&context, rotation).await?;
    keys::rotate(&context, visit.app.keys.master(), due).await?;
    Ok(())
}

pub(super) async fn prepare(visit: &Visit<'_>, kid: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    if act != "retire" {
        return Err(ConsoleError::not_found());
    }
    let path = format!("/keys/{}", segment(kid));
    visit.must_be_fresh(|| format!("/admin{path}/retire"))?;
    let retirement = keys::check_retire(&visit.context(), kid).await?;
    let next = match &retirement.successor {
        Some(successor) => format!(" The key {} signs from now on.", successor.kid),
        None => String::new(),
    };
    let view = FormView {
        same: Some(Same::of(
            &visit.app.issuer,
            ("DELETE", &path),
            None,
            format!("grantor key retire {}", shell_word(kid)),
        )),
        ..FormView::danger(format!("/admin{path}/retire"), "Take the key out of use", "/admin/keys")
    };
    let lead = format!(
        "Everything that it signed is invalid at once: people may have to sign in again, and APIs refuse its JWTs.{next}"
    );
    let section = Section::of("What happens", vec![Part::Form(Box::new(view))]).with_lead(lead);
    Ok(ConsoleReply::Page(KEYS.page(format!("Take the key {kid} out of use?"), None, section)))
}

pub(super) async fn act(visit: &Visit<'_>, kid: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    if act != "retire" {
        return Err(ConsoleError::not_found());
    }
    visit.must_be_fresh(|| format!("{}/retire", path_of("keys", kid)))?;
    keys::retire(&visit.context(), kid).await?;
    Ok(ConsoleReply::SeeOther("/admin/keys?note=retired".to_owned()))
}
