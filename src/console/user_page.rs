//! Everything about one person.

use super::error::ConsoleError;
use super::grants::grants_of;
use super::page::{Action, Badge, Cell, ConsolePage, Fact, PageLink, Part, RowTable, Section};
use super::tables::{first, path_of};
use super::visit::{ConsoleReply, Visit};
use super::{events, notes};
use crate::oauth::grant::authorization_details::type_of;
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::UserId;
use crate::oauth::permission::{Area, Need};
use crate::operations::{consents, sessions, users};
use crate::representation::address::segment;
use crate::representation::user::to_json;
use crate::store::users::UserRecord;

pub(super) async fn show(visit: &Visit<'_>, id: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::read(Area::Users))?;
    let user = users::find_by_id(&visit.context(), &UserId::new(id)).await?;
    let user_id = &user.person.id;
    let mut sections =
        vec![profile(&user), sessions_of(visit, user_id).await?, consents_of(visit, user_id).await?];
    sections.extend(grants_of(visit, Some(user_id), None).await?);
    sections.extend(events::of_user(visit, user_id).await?);
    let mut badges = vec![match user.disabled_at {
        Some(_) => Badge::of("bad", "disabled"),
        None => Badge::of("good", "enabled"),
    }];
    badges.extend(user.role.map(|role| Badge::of("warn", role.as_str())));
    Ok(ConsoleReply::Page(ConsolePage {
        title: user.person.username.clone(),
        place: "users",
        trail: vec![PageLink::to("People", "/admin/users")],
        id: Some(user_id.to_string()),
        badges,
        notices: notes::of(visit),
        actions: actions(visit, &user),
        sections,
        ..ConsolePage::default()
    }))
}

fn actions(visit: &Visit<'_>, user: &UserRecord) -> Vec<Action> {
    if !visit.may(Need::write(Area::Users)) {
        return Vec::new();
    }
    let path = path_of("users", user.person.id.as_str());
    let (text, act) = if user.disabled_at.is_some() { ("Enable", "enable") } else { ("Disable", "disable") };
    let mut actions = vec![
        Action::primary("Edit", format!("{path}/edit")),
        Action::plain("Password link", format!("{path}/password-link")),
        Action::plain("User code", format!("{path}/user-code")),
        Action::plain("Revoke everything", format!("{path}/revoke")),
        Action::plain(text, format!("{path}/{act}")),
        Action::danger("Delete", format!("{path}/delete")),
    ];
    if user.user_code_changed_at.is_some() {
        actions.insert(3, Action::plain("Remove the user code", format!("{path}/remove-user-code")));
    }
    actions
}

fn profile(user: &UserRecord) -> Section {
    let object = to_json(user);
    let text = |name: &str| object[name].as_str().map(str::to_owned);
    let groups: Vec<Cell> = object["groups"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|group| group.as_str())
        .map(Cell::code)
        .collect();
    let mut email = vec![Cell::maybe(text("email"))];
    if object["email_verified"] == true {
        email.push(Cell::badge("good", "verified"));
    }
    let mut rows = vec![
        Fact::of("Name", Cell::maybe(text("name"))),
        Fact::of_all("E-mail address", email),
        Fact::of_all("Groups", if groups.is_empty() { vec![Cell::text("–")] } else { groups }),
    ];
    for (name, value) in object["claims"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        rows.push(Fact::of(name.clone(), Cell::text(value)));
    }
    rows.extend([
        Fact::of("Password set", Cell::time(user.password_changed_at)),
        Fact::of("User code set", Cell::time(user.user_code_changed_at)),
        Fact::of("Created", Cell::time(user.created_at)),
        Fact::of("Changed", Cell::time(user.person.updated_at)),
    ]);
    Section::of("Profile", vec![Part::Facts { rows }])
}

async fn sessions_of(visit: &Visit<'_>, user: &UserId) -> Result<Section, ConsoleError> {
    let list = sessions::list(&visit.context(), first(Some(user.clone()))).await?;
    let (path, may_write) = (path_of("users", user.as_str()), visit.may(Need::write(Area::Users)));
    let row = |session: &crate::store::sessions::SessionRecord| {
        let mut cells = vec![
            Cell::code(session.id.clone()),
            Cell::time(session.auth_time),
            Cell::time(session.last_seen_at),
            Cell::time(session.expires_at),
        ];
        if may_write {
            cells.push(Cell::link("End", format!("{path}/end-session?session={}", segment(&session.id))));
        }
        cells
    };
    let mut head = vec!["Session", "Signed in", "Last seen", "Ends"];
    head.extend(may_write.then_some(""));
    let table = RowTable {
        caption: "Sessions".to_owned(),
        head,
        rows: list.items.iter().map(row).collect(),
        empty: "The person is not signed in anywhere.".to_owned(),
        ..RowTable::default()
    };
    let section = Section::of("Sessions", vec![Part::Table(table)]);
    Ok(match may_write && !list.items.is_empty() {
        true => section.with_actions(vec![Action::danger("End all", format!("{path}/end-sessions"))]),
        false => section,
    })
}

/// The scopes, and the types of the authorization details.
fn allowed(granted: &Granted) -> String {
    let details = granted.details.iter().filter_map(type_of);
    granted.scope.names().chain(details).collect::<Vec<_>>().join(" ")
}

async fn consents_of(visit: &Visit<'_>, user: &UserId) -> Result<Section, ConsoleError> {
    let list = consents::list(&visit.context(), first(user.clone())).await?;
    let (path, may_write) = (path_of("users", user.as_str()), visit.may(Need::write(Area::Users)));
    let row = |record: &crate::store::consents::ConsentRecord| {
        let mut cells = vec![
            Cell::link(record.client_name.clone(), path_of("clients", &record.client_id)),
            Cell::text(allowed(&record.consent.allowed)),
            Cell::maybe(Some(record.consent.refused.scope.to_string()).filter(|scope| !scope.is_empty())),
            Cell::time(record.updated_at),
        ];
        if may_write {
            let take_back = format!("{path}/revoke-consent?client={}", segment(&record.client_id));
            cells.push(Cell::link("Take back", take_back));
        }
        cells
    };
    let mut head = vec!["Client", "Allowed", "Left out", "Changed"];
    head.extend(may_write.then_some(""));
    let table = RowTable {
        caption: "Consents".to_owned(),
        head,
        rows: list.items.iter().map(row).collect(),
        empty: "The person has allowed nothing.".to_owned(),
        ..RowTable::default()
    };
    Ok(Section::of("Consents", vec![Part::Table(table)]))
}
