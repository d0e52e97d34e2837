//! Deliveries of logout tokens to applications (OpenID Connect Back-Channel Logout).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::clients::unknown;
use super::event::{Act, Event, ObjectKind};
use super::fault::Faults;
use super::list::{self, Cursor, List, Listing};
use super::steps::Step;
use super::{Context, Done, Outcome};
use crate::failure::Denied;
use crate::oauth::id::ClientId;
use crate::store::clients;
use crate::store::db::{Conn, Tx};
use crate::store::deliveries::DeliveryFilter;
use crate::store::logout_deliveries::{self, Delivery};
use crate::store::steps::STEP;

const CURSOR: Cursor = Cursor::of("logout_deliveries");

/// Returns a page of the deliveries; the session that ended last comes first.
///
/// # Errors
/// If the limit or the cursor is not valid.
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
/// If there is no such client.
pub async fn retry(context: &Context<'_>, client: Option<&ClientId>) -> Outcome<u64> {
    let (client, now) = (client.cloned(), context.now);
    let id = client.as_ref().map_or("all", ClientId::as_str);
    let event = Event::new(Act::LogoutDeliveriesRetried, ObjectKind::LogoutDeliveries, id);
    if context.terms.is_rehearsal {
        let count = async move |conn: &mut Conn| {
            must_exist(conn, client.as_ref()).await?;
            Ok(logout_deliveries::count_to_retry(conn, client.as_ref(), now).await?)
        };
        return Ok(Done { outcome: context.read(count).await?, event });
    }
    // The last step knows the number of all, so that an answer which is kept with it is right.
    let before = Arc::new(AtomicU64::new(0));
    let of_steps = before.clone();
    let step = async move |tx: &mut Tx| {
        must_exist(tx, client.as_ref()).await?;
        let retried = logout_deliveries::retry(tx, client.as_ref(), now).await?;
        if retried >= STEP.unsigned_abs() {
            return Ok(Step::More(retried));
        }
        let outcome = of_steps.load(Ordering::Relaxed) + retried;
        Ok::<_, Denied<Faults>>(Step::Last(Done { outcome, event: event.clone() }))
    };
    let note = |retried: u64| {
        before.fetch_add(retried, Ordering::Relaxed);
    };
    context.act_in_steps(step, note).await
}

/// Checks that a client exists, if one is named.
async fn must_exist(conn: &mut Conn, client: Option<&ClientId>) -> Result<(), Denied<Faults>> {
    let Some(id) = client else { return Ok(()) };
    match clients::find_record(conn, id).await? {
        Some(_) => Ok(()),
        None => Err(unknown(id).of_member("client_id").into()),
    }
}
