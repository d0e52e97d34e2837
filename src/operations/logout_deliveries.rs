//! Deliveries of logout tokens to applications (OpenID Connect Back-Channel Logout).

use super::event::{Act, Event, ObjectKind};
use super::fault::Faults;
use super::list::{self, Cursor, List, Listing};
use super::steps::Step;
use super::{Context, Done, Outcome};
use crate::failure::Denied;
use crate::oauth::id::ClientId;
use crate::store::db::Tx;
use crate::store::logout_deliveries::{self, Delivery, DeliveryFilter};
use crate::store::steps::STEP;

const CURSOR: Cursor = Cursor("logout_deliveries");

/// Returns a page of the deliveries; the session that ended last comes first.
///
/// # Errors
///
/// An invalid limit or cursor.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<DeliveryFilter>,
) -> Result<List<Delivery>, Denied<Faults>> {
    let key = |row: &Delivery| (row.created_at, row.session_id.clone(), row.client_id.clone());
    list::read(context, CURSOR, listing, logout_deliveries::list, key).await
}

/// Makes the unconfirmed deliveries due at once, those to one client or to all. The outcome is their number.
///
/// # Errors
///
/// Only failures.
pub async fn retry(context: &Context<'_>, client: Option<&ClientId>) -> Outcome<u64> {
    let (client, now) = (client.cloned(), context.now);
    let step = async move |tx: &mut Tx| {
        let retried = logout_deliveries::retry(tx, client.as_ref(), now).await?;
        if retried >= STEP.unsigned_abs() {
            return Ok(Step::More(retried));
        }
        let id = client.as_ref().map_or("all", ClientId::as_str);
        let event = Event::new(Act::LogoutDeliveriesRetried, ObjectKind::LogoutDeliveries, id);
        Ok::<_, Denied<Faults>>(Step::Last(Done { outcome: retried, event }))
    };
    let mut before = 0;
    let done = context.act_in_steps(step, |retried: u64| before += retried).await?;
    Ok(Done { outcome: done.outcome + before, event: done.event })
}
