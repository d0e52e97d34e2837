//! Notices to applications that a session has ended.

use serde_json::json;

use super::error::ConsoleError;
use super::form::{FormView, field};
use super::page::{Cell, Filter, Part, Section};
use super::same::Same;
use super::tables::{delivery_state, listing, narrowed, page, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need};
use crate::oauth::request::params::Params;
use crate::operations::logout_deliveries;
use crate::operations::shell_word::shell_word;
use crate::store::deliveries::{DeliveryFilter, DeliveryState, next_attempt};
use crate::store::logout_deliveries::Delivery;

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::read(Area::Clients))?;
    let client = visit.parameter("client_id");
    let filter = DeliveryFilter {
        client: client.clone().map(ClientId::new),
        state: visit.word("state", DeliveryState::parse)?,
    };
    let found = logout_deliveries::list(&visit.context(), listing(visit, filter)).await?;
    let fields = vec![
        narrowed(visit, "client_id", "Client id", &[]),
        narrowed(visit, "state", "State", &DeliveryState::ALL.map(DeliveryState::as_str)),
    ];
    let filter = Filter::of("/admin/logout-deliveries", fields);
    let head = ["Session ended", "Client", "State", "Attempts", "Next attempt", "Last error"];
    let place = ("Logout deliveries", "logout-deliveries");
    let mut page = page(visit, place, Some(filter), (&head, "No delivery matches."), (&found, cells));
    if visit.may(Need::write(Area::Clients))
        && found.items.iter().any(|delivery| delivery.state != "delivered")
    {
        let (body, command) = match &client {
            Some(id) => {
                (json!({ "client_id": id }), format!("grantor logout retry --client {}", shell_word(id)))
            }
            None => (json!({}), "grantor logout retry".to_owned()),
        };
        let same = Same::of(&visit.app.issuer, ("POST", "/logout-deliveries/retry"), Some(&body), command);
        let view = FormView {
            path: "/admin/logout-deliveries/all/retry".to_owned(),
            submit: "Resend everything unconfirmed".to_owned(),
            hidden: client.into_iter().map(|id| ("client_id", id)).collect(),
            same: Some(same),
            ..FormView::default()
        };
        page.sections.push(Section { parts: vec![Part::Form(Box::new(view))], ..Section::default() });
    }
    Ok(ConsoleReply::Page(page))
}

fn cells(delivery: &Delivery) -> Vec<Cell> {
    vec![
        Cell::time(delivery.created_at),
        Cell::link(delivery.client_id.clone(), path_of("clients", &delivery.client_id)),
        delivery_state(&delivery.state),
        Cell::text(delivery.attempts.to_string()),
        Cell::time(next_attempt(&delivery.state, delivery.next_attempt_at)),
        Cell::maybe(delivery.last_error.clone()),
    ]
}

pub(super) async fn act(visit: &Visit<'_>, act: &str, form: &Params) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::write(Area::Clients))?;
    if act != "retry" {
        return Err(ConsoleError::not_found());
    }
    let client = Some(field(form, "client_id")).filter(|id| !id.is_empty()).map(ClientId::new);
    logout_deliveries::retry(&visit.context(), client.as_ref()).await?;
    Ok(ConsoleReply::SeeOther("/admin/logout-deliveries?note=retried".to_owned()))
}
