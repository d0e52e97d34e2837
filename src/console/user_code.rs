//! The user code of a person (CIBA): the form that sets it, which never shows it.

use serde_json::{Map, json};

use super::error::ConsoleError;
use super::form::{FieldSpec, FieldValues, FormView, Group, Input};
use super::objects::said;
use super::page::{ConsolePage, PageLink, Part, Section};
use super::same::Same;
use super::tables::path_of;
use super::visit::{ConsoleReply, Visit};
use crate::members::Members;
use crate::members::user::read_patch;
use crate::oauth::request::params::Params;
use crate::operations::shell_word::shell_word;
use crate::operations::user_codes::UserCodeChange;
use crate::operations::users::{self, UserChanges};
use crate::representation::address::segment;
use crate::representation::settings::USER;
use crate::store::users::UserRecord;

const CODE: &[Group] =
    &[("", &[FieldSpec::of(&USER, "user_code", "User code", Input::Hidden, ("--user-code", "")).required()])];

/// The form for a new code. `refused`: what is wrong with the one that was sent.
pub(super) fn page(visit: &Visit<'_>, user: &UserRecord, refused: Option<&ConsoleError>) -> ConsoleReply {
    let (id, name) = (user.person.id.as_str(), user.person.username.as_str());
    let path = path_of("users", id);
    let (faults, notices) = said(CODE, refused);
    let mut view =
        FormView::of(format!("{path}/user-code"), "Set the code", CODE, (&FieldValues::new(), &faults));
    view.cancel = Some(path.clone());
    let command = format!("grantor user update {} --user-code", shell_word(name));
    let api = format!("/users/{}", segment(id));
    view.same =
        Some(Same::of(&visit.app.issuer, ("PATCH", &api), Some(&json!({ "user_code": "…" })), command));
    let lead = "Give the code to the person, in a way that no one else can read. An earlier code ends.";
    ConsoleReply::Page(ConsolePage {
        title: format!("User code of {name}"),
        place: "users",
        trail: vec![PageLink::to("People", "/admin/users"), PageLink::to(name, path)],
        notices,
        sections: vec![Section::of("What happens", vec![Part::Form(Box::new(view))]).with_lead(lead)],
        is_refused: refused.is_some(),
        ..ConsolePage::default()
    })
}

/// Sets the code that came in the form.
pub(super) async fn set(
    visit: &Visit<'_>,
    user: &UserRecord,
    form: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    let id = user.person.id.as_str();
    let done = async {
        // As it was typed: spaces are part of a code.
        let typed = form.one("user_code").ok().flatten().unwrap_or_default();
        let code = Map::from_iter([("user_code".to_owned(), typed.into())]);
        let mut body = Members::of(&USER, code);
        let mut changed = read_patch(&mut body);
        body.end()?;
        if let Some(code) = changed.user_code {
            changed.changes.user_code = UserCodeChange::to(&visit.app.passwords, code.as_ref()).await?;
        }
        users::update(&visit.context(), id, changed.changes).await?;
        Ok(())
    };
    match done.await {
        Ok(()) => Ok(ConsoleReply::SeeOther(format!("{}?note=user-code-set", path_of("users", id)))),
        Err(error @ ConsoleError::Refused(_)) => Ok(page(visit, user, Some(&error))),
        Err(error) => Err(error),
    }
}

/// The change that removes the code.
pub(super) fn removal() -> UserChanges {
    UserChanges { user_code: UserCodeChange::Remove, ..UserChanges::default() }
}
