//! Sign-outs that applications are told of (OpenID Connect Back-Channel Logout).

use super::event::{Act, Event, ObjectKind};
use super::fault::Faults;
use super::list::{self, Cursor, List, Listing};
use super::{Context, Done, Outcome};
use crate::failure::Denied;
use crate::oauth::id::ClientId;
use crate::store::db::Tx;
use crate::store::logout_deliveries::{self, Delivery, DeliveryFilter};

const CURSOR: Cursor = Cursor("logout_deliveries");

/// A page of the deliveries; the last ended session first.
///
/// # Errors
///
/// A limit or cursor that cannot be.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<DeliveryFilter>,
) -> Result<List<Delivery>, Denied<Faults>> {
    let key = |row: &Delivery| (row.created_at, row.session_id.clone(), row.client_id.clone());
    list::read(context, CURSOR, listing, logout_deliveries::list, key).await
}

/// Makes what has not been delivered due at once, to one client or to all; the outcome is how many.
///
/// # Errors
///
/// Only failures.
pub async fn retry(context: &Context<'_>, client: Option<&ClientId>) -> Outcome<u64> {
    let (client, now) = (client.cloned(), context.now);
    context
        .act(async move |tx: &mut Tx| {
            let retried = logout_deliveries::retry(tx, client.as_ref(), now).await?;
            let id = client.as_ref().map_or("all", ClientId::as_str);
            let event = Event::new(Act::LogoutDeliveriesRetried, ObjectKind::LogoutDeliveries, id);
            Ok(Done { outcome: retried, event })
        })
        .await
}
