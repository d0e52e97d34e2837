//! The audit trail as its readers see it: numbered events, and their JSON.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};

use super::Context;
use super::fault::{Fault, Faults};
use super::list::{self, Cursor, List, Listing};
use crate::failure::Denied;
use crate::store::db::Conn;
use crate::store::events::{self, End, EventRecord, NewEvent};
use crate::store::page::Page;

pub use crate::store::events::EventFilter;

const CURSOR: Cursor = Cursor::of_log("events");
const LATEST: Cursor = Cursor::of("latest events");

/// Returns a page of the events, the oldest first. Its `next` is there also at the end of the list, so that a reader goes
/// on with it later, also with another filter. Only events that have their number are in the list, so a reader misses no event.
/// A first page without events has the place of the last event that had its number: what comes later has a larger one.
///
/// # Errors
/// If the limit or the cursor is not valid, or the list would end before it begins.
pub async fn list(
    context: &Context<'_>,
    listing: Listing<EventFilter>,
) -> Result<List<EventRecord>, Denied<Faults>> {
    let EventFilter { since, until, .. } = listing.filter;
    if let (Some(since), Some(until)) = (since, until)
        && until <= since
    {
        return Err(Fault::invalid("until", "the time must be later than the one of since").into());
    }
    let before = listing.cursor.clone();
    let last = Arc::new(AtomicI64::new(0));
    let noted = last.clone();
    let read = async move |conn: &mut Conn, page: &Page<EventFilter, i64>| {
        // Before the list: an event that gets its number in between is in the list, or comes after this place.
        let head = events::end(conn, End::Head).await?;
        noted.store(head.map_or(0, |head| head.number), Ordering::Relaxed);
        events::list(conn, page).await
    };
    let mut page = list::read_now(context, CURSOR, listing, read, |record| record.number).await?;
    if page.next.is_none() {
        let place = page.items.last().map(|record| cursor_after(record.number));
        page.next = place.or(before).or_else(|| Some(cursor_after(last.load(Ordering::Relaxed))));
    }
    Ok(page)
}

/// Returns a page of the events, the newest first.
///
/// # Errors
/// If the limit or the cursor is not valid.
pub async fn latest(
    context: &Context<'_>,
    listing: Listing<EventFilter>,
) -> Result<List<EventRecord>, Denied<Faults>> {
    let read =
        async move |conn: &mut Conn, page: &Page<EventFilter, i64>| events::list_latest(conn, page).await;
    list::read_now(context, LATEST, listing, read, |record| record.number).await
}

/// Finds the event with this id. `None` if it is not kept, or has no number yet.
///
/// # Errors
/// Only failures.
pub async fn find(context: &Context<'_>, id: &str) -> Result<Option<EventRecord>, Denied<Faults>> {
    let id = id.to_owned();
    context.read(async move |conn: &mut Conn| Ok(events::find(conn, &id).await?)).await
}

/// The cursor of a list that begins after the event with this number.
pub fn cursor_after(number: i64) -> String {
    CURSOR.bound_to(&()).write(&number)
}

/// The JSON of an event, as the management API and the command line show it.
pub fn to_json(record: &EventRecord) -> Value {
    let NewEvent { id, time, act, object_kind, object_id, object_name, .. } = &record.event;
    let NewEvent { actor_kind, actor_id, actor_name, actor_client, user_id, client_id, .. } = &record.event;
    let NewEvent { address, request_id, reason, changes, .. } = &record.event;
    let changes = changes.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    json!({
        "id": id,
        "number": record.number,
        "time": time.iso(),
        "act": act,
        "object": { "type": object_kind, "id": object_id, "name": object_name },
        "actor": { "type": actor_kind, "id": actor_id, "name": actor_name, "client": actor_client },
        "user": user_id,
        "client": client_id,
        "address": address,
        "request_id": request_id,
        "reason": reason,
        "changes": changes.unwrap_or_else(|| json!([])),
    })
}
