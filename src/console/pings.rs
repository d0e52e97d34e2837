//! Notices to applications that a person has answered their backchannel request.

use super::error::ConsoleError;
use super::page::{Cell, Filter};
use super::tables::{delivery_state, listing, narrowed, page, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need};
use crate::operations::pings;
use crate::store::backchannel_pings::PingRecord;
use crate::store::deliveries::{DeliveryFilter, DeliveryState, next_attempt};

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::read(Area::Clients))?;
    let filter = DeliveryFilter {
        client: visit.parameter("client_id").map(ClientId::new),
        state: visit.word("state", DeliveryState::parse)?,
    };
    let found = pings::list(&visit.context(), listing(visit, filter)).await?;
    let fields = vec![
        narrowed(visit, "client_id", "Client id", &[]),
        narrowed(visit, "state", "State", &DeliveryState::ALL.map(DeliveryState::as_str)),
    ];
    let filter = Filter::of("/admin/pings", fields);
    let head = ["Answered", "Client", "Request", "State", "Attempts", "Next attempt", "Last error"];
    let place = ("Pings", "pings");
    Ok(ConsoleReply::Page(page(visit, place, Some(filter), (&head, "No ping matches."), (&found, cells))))
}

fn cells(ping: &PingRecord) -> Vec<Cell> {
    vec![
        Cell::time(ping.created_at),
        Cell::link(ping.client_id.clone(), path_of("clients", &ping.client_id)),
        Cell::code(ping.grant_id.clone()),
        delivery_state(&ping.state),
        Cell::text(ping.attempts.to_string()),
        Cell::time(next_attempt(&ping.state, ping.next_attempt_at)),
        Cell::maybe(ping.last_error.clone()),
    ]
}
