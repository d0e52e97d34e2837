//! Grants: what people have allowed clients, with the tokens that were issued for it.

use super::error::ConsoleError;
use super::form::FormView;
use super::page::{Badge, Cell, ConsolePage, Fact, Filter, PageLink, Part, RowTable, Section};
use super::same::Same;
use super::tables::{all, client, first, listing, narrowed, page, path_of, with_same};
use super::visit::{ConsoleReply, Visit};
use crate::oauth::grant::granted::Granted;
use crate::oauth::id::{ClientId, GrantId, UserId};
use crate::oauth::permission::{Area, Need};
use crate::operations::grants;
use crate::operations::list::{Listing, MAX_PAGE_SIZE};
use crate::operations::shell_word::shell_word;
use crate::representation::address::segment;
use crate::store::grant_records::{GrantFilter, GrantRecord, GrantState};

pub(super) const HEAD: [&str; 6] = ["Person", "Client", "Scope", "State", "Created", "Ends"];

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::read(Area::Grants))?;
    let filter = GrantFilter {
        user: visit.parameter("user").map(UserId::new),
        client: visit.parameter("client").map(ClientId::new),
        state: visit.word("state", GrantState::parse)?,
    };
    let found = grants::list(&visit.context(), listing(visit, filter)).await?;
    let fields = vec![
        narrowed(visit, "user", "Id of a person", &[]),
        narrowed(visit, "client", "Client id", &[]),
        narrowed(visit, "state", "State", &GrantState::ALL.map(GrantState::as_str)),
    ];
    let filter = Filter::of("/admin/grants", fields);
    let shown = (&found, |grant: &GrantRecord| cells(visit, grant));
    let page = page(visit, ("Grants", "grants"), Some(filter), (&HEAD, "No grant matches."), shown);
    Ok(ConsoleReply::Page(with_same(page, visit, "/grants", "grantor grant list")))
}

/// The cells of a grant in a list.
pub(super) fn cells(visit: &Visit<'_>, grant: &GrantRecord) -> Vec<Cell> {
    let state = grant.state(visit.request.now);
    let badge = match state {
        GrantState::Live => Cell::badge("good", "live"),
        GrantState::Revoked => Cell::badge("bad", "revoked"),
        GrantState::Expired => Cell::badge("", "expired"),
    };
    let badge = match state == GrantState::Live && visit.may(Need::write(Area::Grants)) {
        true => Cell { path: Some(format!("{}/revoke", path_of("grants", &grant.id))), ..badge },
        false => badge,
    };
    vec![
        Cell::link(
            grant.username.clone().unwrap_or_else(|| grant.user_id.clone()),
            path_of("users", &grant.user_id),
        ),
        client(&ClientId::new(&grant.client_id)),
        Cell::text(grant.granted.scope.to_string()),
        badge,
        Cell::time(grant.created_at),
        Cell::time(grant.expires_at.min(grant.idle_expires_at)),
    ]
}

/// How many live grants a person or a client has, in words.
///
/// # Errors
/// Only failures.
pub(super) async fn count_live(
    visit: &Visit<'_>,
    user: Option<&UserId>,
    client: Option<&ClientId>,
) -> Result<String, ConsoleError> {
    let filter = GrantFilter { user: user.cloned(), client: client.cloned(), state: Some(GrantState::Live) };
    let listing = Listing { filter, limit: MAX_PAGE_SIZE, cursor: None };
    let list = grants::list(&visit.context(), listing).await?;
    let number = list.items.len();
    Ok(if list.next.is_some() { format!("more than {number}") } else { number.to_string() })
}

pub(super) async fn prepare(visit: &Visit<'_>, id: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::write(Area::Grants))?;
    if act != "revoke" {
        return Err(ConsoleError::not_found());
    }
    visit.must_be_fresh(|| format!("/admin/grants/{}/revoke", segment(id)))?;
    let grant = grants::find(&visit.context(), &GrantId::new(id)).await?;
    let path = format!("/grants/{}", segment(id));
    let command = format!("grantor grant revoke {}", shell_word(id));
    let view = FormView {
        same: Some(Same::of(&visit.app.issuer, ("DELETE", &path), None, command)),
        ..FormView::danger(format!("/admin{path}/revoke"), "Revoke the grant", "/admin/grants")
    };
    let name = grant.username.clone().unwrap_or_else(|| grant.user_id.clone());
    let lead = format!(
        "The refresh token and every access token that {} got for {name} end. The consent stays, so the person is not \
         asked again.",
        grant.client_id
    );
    let facts = vec![
        Fact::of("Person", Cell::link(name, path_of("users", &grant.user_id))),
        Fact::of("Client", client(&ClientId::new(&grant.client_id))),
        Fact::of("Scope", Cell::text(grant.granted.scope.to_string())),
        Fact::of_all("Authorization details", details(&grant.granted)),
        Fact::of("Created", Cell::time(grant.created_at)),
        Fact::of("Refreshed", Cell::text(grant.refresh_generation.to_string())),
    ];
    Ok(ConsoleReply::Page(ConsolePage {
        title: "Revoke the grant?".to_owned(),
        place: "grants",
        trail: vec![PageLink::to("Grants", "/admin/grants")],
        id: Some(grant.id.clone()),
        badges: vec![Badge::of("", grant.state(visit.request.now).as_str())],
        sections: vec![
            Section::of("Grant", vec![Part::Facts { rows: facts }]),
            Section::of("What happens", vec![Part::Form(Box::new(view))]).with_lead(lead),
        ],
        ..ConsolePage::default()
    }))
}

/// What was granted in words of the application, as JSON.
pub(super) fn details(granted: &Granted) -> Vec<Cell> {
    match granted.details.is_empty() {
        true => vec![Cell::text("–")],
        false => granted.details.iter().map(|detail| Cell::code(detail.to_string())).collect(),
    }
}

pub(super) async fn act(visit: &Visit<'_>, id: &str, act: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::write(Area::Grants))?;
    if act != "revoke" {
        return Err(ConsoleError::not_found());
    }
    visit.must_be_fresh(|| format!("/admin/grants/{}/revoke", segment(id)))?;
    grants::revoke(&visit.context(), &GrantId::new(id)).await?;
    Ok(ConsoleReply::SeeOther("/admin/grants?note=revoked".to_owned()))
}

/// The last grants of a person or of a client. `None` if the person who looks may not see them.
///
/// # Errors
/// Only failures.
pub(super) async fn grants_of(
    visit: &Visit<'_>,
    user: Option<&UserId>,
    client: Option<&ClientId>,
) -> Result<Option<Section>, ConsoleError> {
    if !visit.may(Need::read(Area::Grants)) {
        return Ok(None);
    }
    let filter = GrantFilter { user: user.cloned(), client: client.cloned(), state: None };
    let list = grants::list(&visit.context(), first(filter)).await?;
    let query = match (user, client) {
        (Some(user), _) => format!("user={}", segment(user.as_str())),
        (None, client) => format!("client={}", segment(client.map_or("", ClientId::as_str))),
    };
    let table = RowTable {
        caption: "Grants".to_owned(),
        head: HEAD.to_vec(),
        rows: list.items.iter().map(|grant| cells(visit, grant)).collect(),
        empty: "There are no grants.".to_owned(),
        all: all(&list, format!("/admin/grants?{query}")),
        ..RowTable::default()
    };
    let lead = "What people have allowed, with the tokens that were issued for it.";
    Ok(Some(Section::of("Grants", vec![Part::Table(table)]).with_lead(lead)))
}
