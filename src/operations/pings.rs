//! Pings about answers to backchannel requests (CIBA Core §10.2).
//!
//! No operator sends them again: what was sent is forgotten with the last attempt, and the application can poll.

use super::Context;
use super::fault::Faults;
use super::list::{self, Cursor, List, Listing};
use crate::failure::Denied;
use crate::store::backchannel_pings::{self, PingRecord};
use crate::store::deliveries::DeliveryFilter;

const CURSOR: Cursor = Cursor::of("backchannel_pings");

/// Returns a page of the pings; the request that was answered last comes first.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<DeliveryFilter>,
) -> Result<List<PingRecord>, Denied<Faults>> {
    let key = |row: &PingRecord| (row.created_at, row.grant_id.clone());
    list::read(context, CURSOR, listing, backchannel_pings::list, key).await
}
