//! What is delivered to webhooks, and again.

use serde_json::{Value, json};

use super::{WebhookRecord, event, existing, may_change, webhook_deliveries};
use crate::clock::Timestamp;
use crate::failure::Denied;
use crate::operations::event::Act;
use crate::operations::events;
use crate::operations::fault::{Fault, Faults};
use crate::operations::list::{self, Cursor, List, Listing};
use crate::operations::{Context, Done, Outcome};
use crate::secret::ordered_id;
use crate::store::db::{Conn, Tx};
use crate::store::events::EventRecord;
use crate::store::webhook_deliveries::{MAX_WAITING, WebhookDelivery, WebhookDeliveryFilter, WebhookMessage};

const CURSOR: Cursor = Cursor::of("webhook_deliveries");
/// The type of a test message.
const TEST: &str = "webhook.test";

impl WebhookMessage {
    /// A message with this content. `time` is when that happened.
    pub fn new(id: String, kind: &str, time: Timestamp, data: &Value) -> Self {
        let body = json!({ "type": kind, "timestamp": time.iso(), "data": data }).to_string();
        Self { id, kind: kind.to_owned(), body }
    }

    /// The message about an event of the audit trail.
    pub fn of_event(record: &EventRecord) -> Self {
        let event = &record.event;
        Self::new(event.id.clone(), &event.act, event.time, &events::to_json(record))
    }
}

/// Returns a page of the deliveries to a webhook, the newest first.
///
/// # Errors
/// If there is no such webhook, or the limit or the cursor is not valid.
pub async fn deliveries(
    context: &Context<'_>,
    listing: Listing<WebhookDeliveryFilter>,
) -> Result<List<WebhookDelivery>, Denied<Faults>> {
    super::find(context, &listing.filter.webhook).await?;
    let key = |row: &WebhookDelivery| (row.created_at, row.message_id.clone());
    list::read_now(context, CURSOR, listing, webhook_deliveries::list, key).await
}

/// Finds the delivery of a message to a webhook.
///
/// # Errors
/// If there is no such webhook, or it has no such delivery.
pub async fn delivery(
    context: &Context<'_>,
    webhook: &str,
    message: &str,
) -> Result<WebhookDelivery, Denied<Faults>> {
    let (webhook, message) = (webhook.to_owned(), message.to_owned());
    let find = async move |conn: &mut Conn| {
        existing(conn, &webhook).await?;
        existing_delivery(conn, &webhook, &message).await
    };
    context.read(find).await
}

/// Makes a message due at once, or all that were not delivered. The outcome is their number.
///
/// # Errors
/// If there is no such webhook or message, the webhook is disabled, or the actor may not read the audit trail.
pub async fn retry(context: &Context<'_>, webhook: &str, message: Option<&str>) -> Outcome<u64> {
    let (webhook, message) = (webhook.to_owned(), message.map(str::to_owned));
    let (now, actor) = (context.now, context.actor.clone());
    context
        .act(async move |tx: &mut Tx| {
            let record = existing(tx, &webhook).await?;
            may_change(&actor)?;
            must_be_enabled(&record)?;
            if let Some(message) = &message
                && webhook_deliveries::find(tx, &webhook, message).await?.is_none()
            {
                return Err(unknown_delivery(&webhook, message).of_member("delivery").into());
            }
            let outcome = webhook_deliveries::retry(tx, &webhook, message.as_deref(), now).await?;
            let event = event(Act::WebhookRetried, &record);
            Ok(Done { outcome, event })
        })
        .await
}

/// Sends a message of the type `webhook.test`, whichever types the webhook gets. The outcome is its delivery.
///
/// # Errors
/// If there is no such webhook, it is disabled, too many messages wait, or the actor may not read the audit trail.
pub async fn test(context: &Context<'_>, webhook: &str) -> Outcome<WebhookDelivery> {
    let webhook = webhook.to_owned();
    let (now, actor, id) = (context.now, context.actor.clone(), ordered_id(context.now));
    context
        .act(async move |tx: &mut Tx| {
            let record = existing(tx, &webhook).await?;
            may_change(&actor)?;
            must_be_enabled(&record)?;
            if webhook_deliveries::waiting(tx, &webhook).await? >= MAX_WAITING {
                let sentence = format!("{MAX_WAITING} messages wait already; a test would have to wait, too");
                return Err(Fault::conflict(None, sentence).into());
            }
            let data = json!({ "webhook": { "id": record.id, "name": record.name } });
            let message = WebhookMessage::new(id.clone(), TEST, now, &data);
            webhook_deliveries::enqueue(tx, &webhook, &[message], now).await?;
            let outcome = existing_delivery(tx, &webhook, &id).await?;
            Ok(Done { outcome, event: event(Act::WebhookTested, &record) })
        })
        .await
}

fn must_be_enabled(webhook: &WebhookRecord) -> Result<(), Fault> {
    match webhook.disabled {
        Some(_) => Err(Fault::conflict(
            None,
            "the webhook is disabled, so the server sends nothing to it; enable it first",
        )),
        None => Ok(()),
    }
}

async fn existing_delivery(
    conn: &mut Conn,
    webhook: &str,
    message: &str,
) -> Result<WebhookDelivery, Denied<Faults>> {
    let unknown = || unknown_delivery(webhook, message);
    Ok(webhook_deliveries::find(conn, webhook, message).await?.ok_or_else(unknown)?)
}

fn unknown_delivery(webhook: &str, message: &str) -> Fault {
    Fault::not_found(format!("the webhook {webhook} has no delivery {message}"))
}
