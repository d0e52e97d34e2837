//! People: their list, the forms for a new one and for one, and acts on one.

use serde_json::{Value, json};

use super::error::ConsoleError;
use super::form::{FieldSpec, Group, Input, field};
use super::objects::{Kind, filled};
use super::page::{Action, Cell, ConsolePage, Filter, Notice, PageLink};
use super::same::Same;
use super::tables::{
    is_disabled, kept_order, listing, narrowed, order, page, path_of, sorted, sorts, with_same,
};
use super::user_code;
use super::visit::{ConsoleReply, Visit};
use crate::members::user as members;
use crate::oauth::id::{ClientId, SessionId, UserId};
use crate::oauth::identity::role::Role;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::fault::Fault;
use crate::operations::password_links::{self, PasswordLink};
use crate::operations::shell_word::shell_word;
use crate::operations::users::{self, NewUser, UserChanges};
use crate::operations::{grants, sessions};
use crate::representation::address::segment;
use crate::representation::settings::USER;
use crate::representation::user::to_json;
use crate::store::users::{UserColumn, UserFilter, UserRecord};

const READ: Need = Need::read(Area::Users);
const WRITE: Need = Need::write(Area::Users);

pub(super) const HEAD: [&str; 6] = ["Username", "Name", "E-mail address", "Role", "State", "Created"];

const ROLES: &[(&str, &str)] = &[
    ("", "none"),
    ("auditor", "auditor – sees everything, except secrets"),
    ("operator", "operator – changes clients, people and grants"),
    ("owner", "owner – changes everything"),
];

const USERNAME: FieldSpec =
    FieldSpec::of(&USER, "username", "Username", Input::Line, ("--username", "")).required();
const EMAIL: FieldSpec =
    FieldSpec::of(&USER, "email", "E-mail address", Input::Line, ("--email", "--no-email"));
const NAME: FieldSpec = FieldSpec::of(&USER, "name", "Name", Input::Line, ("--name", "--no-name"));
const GROUPS: FieldSpec = FieldSpec::of(&USER, "groups", "Groups", Input::Lines, ("--group", "--no-groups"));
const ROLE: FieldSpec = FieldSpec::of(&USER, "role", "Role", Input::Choice(ROLES), ("--role", "--role none"));
const VERIFIED: FieldSpec = FieldSpec::of(
    &USER,
    "email_verified",
    "The address is verified",
    Input::Switch,
    ("--email-verified", ""),
);

const PEOPLE: Kind = Kind {
    title: "People",
    one: "account",
    place: "users",
    of: &USER,
    new: &[("", &[USERNAME, EMAIL, NAME, GROUPS, ROLE])],
    edit: EDIT,
    has_pages: true,
    command: "grantor user",
    create: "invite",
    id: ("", ""),
    is_named: true,
};

const EDIT: &[Group] = &[("", &[USERNAME, EMAIL, VERIFIED, NAME, GROUPS, ROLE])];

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(READ)?;
    let role = |word: &str| match word {
        "none" => Some(None),
        word => Role::parse(word).map(Some),
    };
    let filter = UserFilter {
        q: visit.parameter("q"),
        disabled: visit.word("state", is_disabled)?,
        role: visit.word("role", role)?,
        order: order(visit, UserColumn::ORDERS)?,
    };
    let found = users::list(&visit.context(), listing(visit, filter)).await?;
    let fields = vec![
        narrowed(visit, "q", "Username or address", &[]),
        narrowed(visit, "role", "Role", &["owner", "operator", "auditor", "none"]),
        narrowed(visit, "state", "State", &["enabled", "disabled"]),
        kept_order(visit),
    ];
    let filter = Filter::of("/admin/users", fields);
    let page =
        page(visit, ("People", "users"), Some(filter), (&HEAD, "No account matches."), (&found, cells));
    let columns = [("Username", "username"), ("Created", "created_at")];
    let mut page = sorted(page, sorts(visit, "username", &columns));
    if visit.may(WRITE) {
        page.actions.push(Action::primary("New account", "/admin/new/users"));
    }
    Ok(ConsoleReply::Page(with_same(page, visit, "/users", "grantor user list")))
}

/// The cells of a person in a list.
pub(super) fn cells(user: &UserRecord) -> Vec<Cell> {
    let person = &user.person;
    vec![
        Cell::link(person.username.clone(), path_of("users", person.id.as_str())),
        Cell::maybe(person.name.clone()),
        Cell::maybe(person.email.clone()),
        user.role.map_or_else(|| Cell::text("–"), |role| Cell::badge("warn", role.as_str())),
        Cell::state(user.disabled_at.is_some()),
        Cell::time(user.created_at),
    ]
}

pub(super) fn new(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    Ok(PEOPLE.new_from_query(visit))
}

pub(super) async fn create(visit: &Visit<'_>, form: &Params) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(WRITE)?;
    let policy = visit.app.config.passwords.policy();
    if !field(form, "role").is_empty() {
        visit.must_be_fresh(|| "/admin/new/users".to_owned())?;
    }
    let invite = async |mut body: crate::members::Members, context| {
        let new = members::read_new(&mut body, policy);
        let user = NewUser { username: new.username, claims: new.claims, role: new.role, user_code: None };
        let invite = async |context| Ok(password_links::invite(&context, user).await?.outcome);
        let link = filled(body, context, invite).await?;
        Ok(ConsoleReply::Page(with_link(visit, &link)))
    };
    PEOPLE.create(visit, form, invite).await
}

/// The page with a link that is shown only now.
fn with_link(visit: &Visit<'_>, link: &PasswordLink) -> ConsolePage {
    let person = &link.user.person;
    let sentence = format!(
        "Send this link to the person, in a way that no one else can read. It sets a password, once, until {}. It is shown \
         only now.",
        link.expires_at.iso()
    );
    ConsolePage {
        title: person.username.clone(),
        place: "users",
        trail: vec![PageLink::to("People", "/admin/users")],
        notices: vec![Notice::secret(sentence, link.address(&visit.app.issuer))],
        actions: vec![Action::primary("Go on to the account", path_of("users", person.id.as_str()))],
        ..ConsolePage::default()
    }
}

/// An act that a person must be asked about.
struct AskedAct {
    title: &'static str,
    submit: &'static str,
    ends: &'static str,
}

fn question(act: &str) -> Option<AskedAct> {
    let (title, submit, ends) = match act {
        "delete" => (
            "Delete",
            "Delete the account",
            "The account, its sessions, consents and grants are gone, with all tokens. An account with the same name that is \
             made later is another one.",
        ),
        "disable" => (
            "Disable",
            "Disable the account",
            "The person cannot sign in. The sessions end, and the server refuses the tokens.",
        ),
        "enable" => ("Enable", "Enable the account", "The person can sign in again."),
        "password-link" => (
            "Make a link for the password of",
            "Make the link",
            "Whoever has the link can take over the account, so send it in a way that no one else can read. An earlier link ends.",
        ),
        "end-sessions" => (
            "End all sessions of",
            "End all sessions",
            "This signs the person out everywhere, and the server informs the applications.",
        ),
        "end-session" => (
            "End a session of",
            "End the session",
            "This signs the person out in one browser, and the server informs the applications.",
        ),
        "revoke" => (
            "Revoke everything of",
            "Revoke everything",
            "All consents and grants of the person end, with all tokens. The sessions stay.",
        ),
        "remove-user-code" => (
            "Remove the user code of",
            "Remove the code",
            "Applications that send user codes can no longer ask the person on another device, until there is a new code.",
        ),
        "revoke-consent" => (
            "Take back a consent of",
            "Take it back",
            "The client loses everything that the person gave it, and has to ask the person again.",
        ),
        _ => return None,
    };
    Some(AskedAct { title, submit, ends })
}

/// Acts that do not destroy anything.
fn is_harmless(act: &str) -> bool {
    matches!(act, "enable" | "edit")
}

pub(super) async fn prepare(visit: &Visit<'_>, id: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(if matches!(act, "revoke") { Need::write(Area::Grants) } else { WRITE })?;
    let user = users::find_by_id(&visit.context(), &UserId::new(id)).await?;
    let name = user.person.username.as_str();
    if act == "edit" {
        return Ok(PEOPLE.edit(visit, (id, name), &to_json(&user), &users::version(&user)));
    }
    if act == "user-code" {
        visit.must_be_fresh(|| format!("{}/{act}", path_of("users", id)))?;
        return Ok(user_code::page(visit, &user, None));
    }
    let Some(asked) = question(act) else { return Err(ConsoleError::not_found()) };
    let (session, client) = (visit.parameter("session"), visit.parameter("client"));
    if !is_harmless(act) {
        visit.must_be_fresh(|| match (&session, &client) {
            (Some(session), _) => format!("{}/{act}?session={}", path_of("users", id), segment(session)),
            (_, Some(client)) => format!("{}/{act}?client={}", path_of("users", id), segment(client)),
            _ => format!("{}/{act}", path_of("users", id)),
        })?;
    }
    let count = sessions::count(&visit.context(), &user.person.id).await?;
    let grants = match visit.may(Need::read(Area::Grants)) {
        true => super::grants::count_live(visit, Some(&user.person.id), None).await?,
        false => "?".to_owned(),
    };
    let lead = format!("{} Sessions: {count}. Live grants: {grants}.", asked.ends);
    let hidden = [("session", session.clone()), ("client", client.clone())];
    let hidden = hidden.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let same = same(visit, (id, name), act, (session.as_deref(), client.as_deref()));
    Ok(PEOPLE.question(
        (id, name),
        (format!("{} {name}?", asked.title), act, asked.submit),
        lead,
        (same, hidden),
    ))
}

fn same(
    visit: &Visit<'_>,
    (id, name): (&str, &str),
    act: &str,
    (session, client): (Option<&str>, Option<&str>),
) -> Same {
    let (issuer, path, word) = (&visit.app.issuer, format!("/users/{}", segment(id)), shell_word(name));
    let delete = |path: String, command: String| Same::of(issuer, ("DELETE", &path), None, command);
    match act {
        "delete" => delete(path, format!("grantor user delete {word}")),
        "password-link" => {
            let (path, body) = (format!("{path}/password-link"), json!({}));
            Same::of(issuer, ("POST", &path), Some(&body), format!("grantor user reset-link {word}"))
        }
        "end-sessions" => delete(format!("{path}/sessions"), format!("grantor session end --user {word}")),
        "end-session" => {
            let session = session.unwrap_or_default();
            delete(
                format!("{path}/sessions/{}", segment(session)),
                format!("grantor session end {}", shell_word(session)),
            )
        }
        "revoke" => {
            delete(format!("/grants?user={}", segment(id)), format!("grantor grant revoke --user {word}"))
        }
        "revoke-consent" => {
            let client = client.unwrap_or_default();
            let command = format!("grantor grant revoke --user {word} --client {}", shell_word(client));
            delete(format!("{path}/consents/{}", segment(client)), command)
        }
        "remove-user-code" => {
            let body = json!({ "user_code": null });
            let command = format!("grantor user update {word} --no-user-code");
            Same::of(issuer, ("PATCH", &path), Some(&body), command)
        }
        act => {
            let body = json!({ "disabled": act == "disable" });
            Same::of(issuer, ("PATCH", &path), Some(&body), format!("grantor user {act} {word}"))
        }
    }
}

pub(super) async fn act(
    visit: &Visit<'_>,
    (id, act): (&str, &str),
    form: &Params,
) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(if matches!(act, "revoke") { Need::write(Area::Grants) } else { WRITE })?;
    let context = visit.context();
    let user = users::find_by_id(&context, &UserId::new(id)).await?;
    let (user_id, path) = (user.person.id.clone(), path_of("users", id));
    let (session, client) = (field(form, "session"), field(form, "client"));
    if act == "edit" {
        return save(visit, &user, form).await;
    }
    if !is_harmless(act) {
        visit.must_be_fresh(|| path.clone())?;
    }
    let note = match act {
        "delete" => {
            users::delete(&context, &user_id).await?;
            return Ok(ConsoleReply::SeeOther("/admin/users?note=deleted".to_owned()));
        }
        "password-link" => {
            let link = password_links::create(&context, id).await?.outcome;
            return Ok(ConsoleReply::Page(with_link(visit, &link)));
        }
        "disable" | "enable" => {
            let disabled = Some(act == "disable");
            users::update(&context, id, UserChanges { disabled, ..UserChanges::default() }).await?;
            if act == "disable" { "disabled" } else { "enabled" }
        }
        "user-code" => return user_code::set(visit, &user, form).await,
        "remove-user-code" => {
            users::update(&context, id, user_code::removal()).await?;
            "user-code-removed"
        }
        "end-sessions" => {
            sessions::end_of_user(&context, &user_id).await?;
            "sessions-ended"
        }
        "end-session" => {
            let session = SessionId::new(session);
            // The user of a session never changes.
            if sessions::find(&context, &session).await?.user_id != user_id.as_str() {
                return Err(Fault::not_found("the person has no such session").into());
            }
            sessions::end(&context, &session).await?;
            "session-ended"
        }
        "revoke" => {
            grants::revoke_all_of_user(&context, &user_id).await?;
            "revoked"
        }
        "revoke-consent" => {
            grants::revoke_access(&context, &user_id, &ClientId::new(client)).await?;
            "revoked"
        }
        _ => return Err(ConsoleError::not_found()),
    };
    Ok(ConsoleReply::SeeOther(format!("{path}?note={note}")))
}

async fn save(visit: &Visit<'_>, user: &UserRecord, form: &Params) -> Result<ConsoleReply, ConsoleError> {
    let (id, name, object) = (user.person.id.as_str(), user.person.username.as_str(), to_json(user));
    let role = Some(field(form, "role")).filter(|role| !role.is_empty()).map_or(Value::Null, Value::from);
    if object["role"] != role {
        // A role is as good as a password.
        visit.must_be_fresh(|| format!("{}/edit", path_of("users", id)))?;
    }
    let update = async |mut body: crate::members::Members, context| {
        // The form has no user code.
        let changes = members::read_patch(&mut body).changes;
        let update = async |context| Ok(users::update(&context, id, changes).await?);
        filled(body, context, update).await?;
        Ok(())
    };
    PEOPLE.save(visit, (id, name), &object, form, update).await
}
