//! The outbox of webhooks: which messages must still be delivered, and the results (Standard Webhooks).

use grantor_from_row::FromRow;

use super::db::{Batch, Conn, DbError, Tx};
use super::deliveries::{DeliveryOutcome, DeliveryState, OutcomeColumns};
use super::page::Page;
use crate::clock::{Seconds, Timestamp};

/// How many messages may wait for one webhook. Further events wait in the audit trail.
pub const MAX_WAITING: i64 = 1000;
/// How long a delivered message stays in the list, and can be sent again.
const KEPT_WHEN_DELIVERED: Seconds = Seconds::new(86_400);
/// How long a message stays in the list, and can be sent again, after the last attempt has failed.
const KEPT_WHEN_FAILED: Seconds = Seconds::new(7 * 86_400);
/// Longer than all attempts together. Messages of a disabled webhook wait for no longer.
const KEPT_WHEN_WAITING: Seconds = Seconds::new(14 * 86_400);

/// A message to deliver. It need not be an event of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookMessage {
    /// The same in every attempt, and for all receivers.
    pub id: String,
    /// Such as `client.updated`.
    pub kind: String,
    /// What is sent.
    pub body: String,
}

/// A message that its holder must send now.
#[derive(Clone, Debug)]
pub struct DueMessage {
    pub webhook: String,
    pub message: WebhookMessage,
    /// Counted from one.
    pub attempt: i64,
}

/// A delivery as the operator sees it.
#[derive(Clone, Debug, FromRow)]
pub struct WebhookDelivery {
    pub webhook_id: String,
    pub message_id: String,
    pub kind: String,
    pub state: String,
    pub attempts: i64,
    pub next_attempt_at: Timestamp,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
    pub done_at: Option<Timestamp>,
}

/// Which deliveries to list.
#[derive(Clone, Debug)]
pub struct WebhookDeliveryFilter {
    pub webhook: String,
    pub state: Option<DeliveryState>,
    /// The beginning of the type of the message.
    pub kind: Option<String>,
}

#[derive(FromRow)]
struct DueMessageRow {
    message_id: String,
    kind: String,
    body: String,
    attempts: i64,
}

/// Stores messages that a webhook is to get. A message that it got before is left out.
///
/// # Errors
/// Only failures of the database.
pub async fn enqueue(
    tx: &mut Tx,
    webhook: &str,
    messages: &[WebhookMessage],
    now: Timestamp,
) -> Result<(), DbError> {
    enqueue_until(tx, webhook, messages, (now, now + KEPT_WHEN_WAITING)).await
}

/// Stores messages as [`enqueue`] does, which are of no use from `until` on: then no attempt begins any more.
///
/// # Errors
/// Only failures of the database.
pub async fn enqueue_until(
    tx: &mut Tx,
    webhook: &str,
    messages: &[WebhookMessage],
    (now, until): (Timestamp, Timestamp),
) -> Result<(), DbError> {
    let mut batch = Batch::new();
    for message in messages {
        batch = batch
            .query(
                "INSERT INTO webhook_deliveries (webhook_id, message_id, type, body, state, attempts, next_attempt_at,
                                                 created_at, purge_after)
                 VALUES ($1, $2, $3, $4, 'waiting', 0, $5, $5, $6) ON CONFLICT (webhook_id, message_id) DO NOTHING",
            )
            .bind(webhook)
            .bind(message.id.as_str())
            .bind(message.kind.as_str())
            .bind(message.body.as_str())
            .bind(now)
            .bind(until);
    }
    tx.run(batch).await.map(drop)
}

/// How many messages wait for a webhook.
///
/// # Errors
/// Only failures of the database.
pub async fn waiting(conn: &mut Conn, webhook: &str) -> Result<i64, DbError> {
    let row: Option<(i64,)> = conn
        .query("SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = $1 AND state = 'waiting'")
        .bind(webhook)
        .optional()
        .await?;
    Ok(row.map_or(0, |(count,)| count))
}

/// The enabled webhooks with messages that are due at `now`.
///
/// # Errors
/// Only failures of the database.
pub async fn webhooks_due(conn: &mut Conn, now: Timestamp) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = conn
        .query(
            "SELECT id FROM webhooks WHERE disabled_at IS NULL AND EXISTS
               (SELECT 1 FROM webhook_deliveries
                WHERE webhook_id = webhooks.id AND state = 'waiting' AND next_attempt_at <= $1 AND purge_after > $1)",
        )
        .bind(now)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Takes up to `most` due messages of a webhook. No other node takes them before `until`, when their results were stored
/// long ago.
///
/// # Errors
/// Only failures of the database.
pub async fn claim(
    tx: &mut Tx,
    webhook: &str,
    most: usize,
    until: Timestamp,
    now: Timestamp,
) -> Result<Vec<DueMessage>, DbError> {
    let rows: Vec<DueMessageRow> = tx
        .query(
            "SELECT message_id, type AS kind, body, attempts FROM webhook_deliveries
             WHERE webhook_id = $1 AND state = 'waiting' AND next_attempt_at <= $2 AND purge_after > $2
             ORDER BY next_attempt_at, message_id LIMIT $3",
        )
        .bind(webhook)
        .bind(now)
        .bind(i64::try_from(most).unwrap_or(i64::MAX))
        .all()
        .await?;
    let mut claimed = Vec::new();
    for DueMessageRow { message_id, kind, body, attempts } in rows {
        let attempt = attempts + 1;
        let taken = tx
            .query(
                "UPDATE webhook_deliveries SET attempts = $3, next_attempt_at = $4
                 WHERE webhook_id = $1 AND message_id = $2 AND state = 'waiting' AND attempts = $5",
            )
            .bind(webhook)
            .bind(message_id.as_str())
            .bind(attempt)
            .bind(until)
            .bind(attempts)
            .execute()
            .await?;
        if taken == 1 {
            let message = WebhookMessage { id: message_id, kind, body };
            claimed.push(DueMessage { webhook: webhook.to_owned(), message, attempt });
        }
    }
    Ok(claimed)
}

/// Stores the result of an attempt, unless a later attempt was made in between.
///
/// # Errors
/// Only failures of the database.
pub async fn save_outcome(
    tx: &mut Tx,
    due: &DueMessage,
    outcome: &DeliveryOutcome,
    now: Timestamp,
) -> Result<(), DbError> {
    let OutcomeColumns { state, last_error, next_attempt_at, done_at } = outcome.columns(now);
    let purge_after = match outcome {
        DeliveryOutcome::Delivered => Some(now + KEPT_WHEN_DELIVERED),
        DeliveryOutcome::Again { .. } => None,
        DeliveryOutcome::Failed(_) => Some(now + KEPT_WHEN_FAILED),
    };
    tx.query(
        "UPDATE webhook_deliveries
         SET state = $4, last_error = $5, done_at = $6, next_attempt_at = $7, purge_after = COALESCE($8, purge_after)
         WHERE webhook_id = $1 AND message_id = $2 AND attempts = $3 AND state = 'waiting'",
    )
    .bind(due.webhook.as_str())
    .bind(due.message.id.as_str())
    .bind(due.attempt)
    .bind(state)
    .bind(last_error)
    .bind(done_at)
    .bind(next_attempt_at)
    .bind(purge_after)
    .execute()
    .await
    .map(drop)
}

/// The columns of [`WebhookDelivery`].
macro_rules! select {
    () => {
        "SELECT webhook_id, message_id, type AS kind, state, attempts, next_attempt_at, last_error, created_at, done_at
         FROM webhook_deliveries "
    };
}

/// A page of the deliveries of a webhook, the newest first.
///
/// # Errors
/// Only failures of the database.
pub async fn list(
    conn: &mut Conn,
    page: &Page<WebhookDeliveryFilter, (Timestamp, String)>,
) -> Result<Vec<WebhookDelivery>, DbError> {
    let (created_at, message) = page.after.clone().unwrap_or_else(|| (Timestamp::MAX, String::new()));
    conn.query(concat!(
        select!(),
        "WHERE webhook_id = $1 AND ($2 IS NULL OR state = $2) AND ($3 IS NULL OR SUBSTR(type, 1, LENGTH($3)) = $3)
           AND created_at <= $4 AND (created_at < $4 OR message_id > $5)
         ORDER BY created_at DESC, message_id LIMIT $6"
    ))
    .bind(page.filter.webhook.as_str())
    .bind(page.filter.state.map(DeliveryState::as_str))
    .bind(page.filter.kind.clone())
    .bind(created_at)
    .bind(message)
    .bind(page.rows())
    .all()
    .await
}

/// Finds the delivery of a message to a webhook. `None` if it does not exist.
///
/// # Errors
/// Only failures of the database.
pub async fn find(conn: &mut Conn, webhook: &str, message: &str) -> Result<Option<WebhookDelivery>, DbError> {
    conn.query(concat!(select!(), "WHERE webhook_id = $1 AND message_id = $2"))
        .bind(webhook)
        .bind(message)
        .optional()
        .await
}

/// Makes a message due at once, whatever its state is, and gives it all its attempts again. Without a message: all those
/// that were not delivered, of which there are a few thousand at most. Returns their number.
///
/// # Errors
/// Only failures of the database.
pub async fn retry(
    tx: &mut Tx,
    webhook: &str,
    message: Option<&str>,
    now: Timestamp,
) -> Result<u64, DbError> {
    tx.query(
        "UPDATE webhook_deliveries
         SET state = 'waiting', attempts = 0, next_attempt_at = $3, done_at = NULL, purge_after = $4
         WHERE webhook_id = $1 AND (message_id = $2 OR ($2 IS NULL AND state IN ('waiting', 'failed')))",
    )
    .bind(webhook)
    .bind(message.map(str::to_owned))
    .bind(now)
    .bind(now + KEPT_WHEN_WAITING)
    .execute()
    .await
}

/// How many messages wait for enabled webhooks, and since when the oldest of them does.
///
/// # Errors
/// Only failures of the database.
pub async fn overdue(conn: &mut Conn) -> Result<(i64, Option<Timestamp>), DbError> {
    let row: Option<(i64, Option<Timestamp>)> = conn
        .query(
            "SELECT COUNT(*), MIN(webhook_deliveries.created_at)
             FROM webhook_deliveries JOIN webhooks ON webhooks.id = webhook_id
             WHERE state = 'waiting' AND disabled_at IS NULL",
        )
        .optional()
        .await?;
    Ok(row.unwrap_or_default())
}
