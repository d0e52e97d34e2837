//! From the audit trail to the outbox: each webhook has a position in the chain of events, and moves over it.
//!
//! The position moves in the transaction that stores the messages, and only from where it was read. So every event is handed
//! over once, whichever nodes do it, and nothing has to be done about a node that dies.

use crate::app::App;
use crate::oauth::webhook::MessageTypes;
use crate::operations::webhooks::record_missed;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::events::{self, EventRecord};
use crate::store::webhook_deliveries::{self, MAX_WAITING, WebhookMessage};
use crate::store::webhooks::{self, WebhookBehind};

/// How many events one transaction hands over.
const BATCH: i64 = 500;
/// How many times in one pass. A webhook that is further behind goes on in the next pass, so that the pass ends.
const MOST_ROUNDS: usize = 20;

/// Hands numbered events over to the outbox, for every webhook that is behind.
///
/// # Errors
/// Only failures of the database.
pub async fn hand_over(app: &App) -> Result<(), DbError> {
    let mut has_new = false;
    for _ in 0..MOST_ROUNDS {
        let behind = app.db.read(webhooks::behind).await?;
        let mut has_moved = false;
        for webhook in behind {
            let Some(messages) = move_on(app, webhook).await? else { continue };
            has_moved = true;
            has_new |= messages > 0;
        }
        if !has_moved {
            break;
        }
    }
    if has_new {
        app.webhooks.wake();
    }
    Ok(())
}

/// Hands the next events over to one webhook. Returns the number of messages; `None` if it has to wait, or another node was
/// faster.
async fn move_on(app: &App, webhook: WebhookBehind) -> Result<Option<usize>, DbError> {
    let WebhookBehind { id, position, .. } = webhook.clone();
    let look = async move |conn: &mut Conn| {
        let waiting = webhook_deliveries::waiting(conn, &id).await?;
        Ok((waiting, events::after(conn, position, BATCH).await?))
    };
    let (waiting, next) = app.db.read(look).await?;
    let room = usize::try_from(MAX_WAITING - waiting).unwrap_or_default();
    let Some(first) = next.first().map(|event| event.number).filter(|_| room > 0) else { return Ok(None) };
    let missed = (first > position + 1).then_some((position, first - 1));
    let (messages, to) = messages_of(&webhook, next, room);
    let (id, name, count, now) = (webhook.id.clone(), webhook.id.clone(), messages.len(), app.now());
    let store = async move |tx: &mut Tx| {
        if !webhooks::move_on(tx, &webhook, to).await? {
            return Ok(false);
        }
        if let Some(missed) = missed {
            record_missed(tx, &id, missed, now).await?;
        }
        webhook_deliveries::enqueue(tx, &id, &messages, now).await?;
        Ok(true)
    };
    if !app.db.write(store).await? {
        return Ok(None);
    }
    if let Some((from, to)) = missed {
        tracing::warn!(
            webhook = name.as_str(),
            "a webhook was so far behind that the events {} to {to} were deleted before it got them; audit.retention says how \
             long events are kept",
            from + 1
        );
    }
    Ok(Some(count))
}

/// The messages about the next events, as many as there is room for, and the number of the last event that was looked at.
fn messages_of(webhook: &WebhookBehind, events: Vec<EventRecord>, room: usize) -> (Vec<WebhookMessage>, i64) {
    let types = MessageTypes::from_stored(&webhook.types);
    let (mut messages, mut to) = (Vec::new(), webhook.position);
    for event in events {
        if types.contain(&event.event.act) {
            if messages.len() == room {
                break;
            }
            messages.push(WebhookMessage::of_event(&event));
        }
        to = event.number;
    }
    (messages, to)
}
