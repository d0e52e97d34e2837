//! One attempt to deliver a message, and its result.

use super::super::outbox::Claimed;
use crate::app::App;
use crate::clock::Timestamp;
use crate::failure::Failure;
use crate::fetch::FetchError;
use crate::metrics::counters::WebhookResult;
use crate::oauth::webhook::{DisabledBecause, FAILING_FOR, pause_after};
use crate::operations::webhooks::disable;
use crate::secret::random;
use crate::secret::webhook::WebhookSecret;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::deliveries::DeliveryOutcome;
use crate::store::webhook_deliveries::{self, DueMessage, WebhookMessage};
use crate::store::webhook_secrets::{self, SealedWebhookSecret};
use crate::store::webhooks;

/// Why a message was not delivered.
enum SendingError {
    /// A later attempt may succeed.
    Now(String),
    /// The receiver wants no more messages.
    Gone,
}

impl From<Failure> for SendingError {
    fn from(failure: Failure) -> Self {
        tracing::error!("a message to a webhook was not made: {}", failure.chain());
        Self::Now("this server failed to make the message".into())
    }
}

impl From<FetchError> for SendingError {
    fn from(error: FetchError) -> Self {
        Self::Now(error.to_string())
    }
}

/// What an attempt means for the webhook itself.
#[derive(Clone, Copy)]
enum Verdict {
    Works,
    Fails,
    WantsNothing,
}

pub(super) async fn send_and_record(app: &App, due: DueMessage, claimed: Claimed) {
    let sent = send(app, &due, claimed).await;
    let now = app.now();
    let again = |why| {
        let chance = u16::from_be_bytes(random());
        DeliveryOutcome::after_failure(why, pause_after(due.attempt, chance), now)
    };
    let (outcome, verdict) = match sent {
        Ok(true) => (DeliveryOutcome::Delivered, Verdict::Works),
        // The webhook was deleted or disabled since the claim. In the second case the message waits.
        Ok(false) => return,
        Err(SendingError::Now(why)) => (again(why), Verdict::Fails),
        Err(SendingError::Gone) => {
            (DeliveryOutcome::Failed("it answered 410 Gone".into()), Verdict::WantsNothing)
        }
    };
    log(&due, &outcome);
    app.counters.webhooks.count(match &outcome {
        DeliveryOutcome::Delivered => WebhookResult::Delivered,
        DeliveryOutcome::Again { .. } => WebhookResult::Retried,
        DeliveryOutcome::Failed(_) => WebhookResult::Failed,
    });
    let id = due.webhook.clone();
    let save = async move |tx: &mut Tx| {
        webhook_deliveries::save_outcome(tx, &due, &outcome, now).await?;
        judge(tx, &due.webhook, verdict, now).await
    };
    match app.db.write(save).await {
        Ok(None) => {}
        Ok(Some(because)) => tracing::warn!(
            webhook = id.as_str(),
            reason = because.as_str(),
            "a webhook was disabled; grantor webhook update --enable lets it go on"
        ),
        Err(error) => {
            tracing::warn!(webhook = id.as_str(), "the result of a delivery was not stored: {error}");
        }
    }
}

/// Notes how a webhook does. Returns why it was disabled, if it was.
async fn judge(
    tx: &mut Tx,
    id: &str,
    verdict: Verdict,
    now: Timestamp,
) -> Result<Option<DisabledBecause>, DbError> {
    let because = match verdict {
        Verdict::Works => {
            webhooks::note_success(tx, id).await?;
            return Ok(None);
        }
        Verdict::WantsNothing => DisabledBecause::Gone,
        Verdict::Fails => {
            webhooks::note_failure(tx, id, now).await?;
            let since = webhooks::find(tx, id).await?.and_then(|webhook| webhook.failing_since);
            if since.is_none_or(|since| since + FAILING_FOR > now) {
                return Ok(None);
            }
            DisabledBecause::Failing
        }
    };
    Ok(disable(tx, id, because, now).await?.then_some(because))
}

fn log(due: &DueMessage, outcome: &DeliveryOutcome) {
    let (webhook, message, attempt) = (due.webhook.as_str(), due.message.id.as_str(), due.attempt);
    match outcome {
        DeliveryOutcome::Delivered => tracing::debug!(webhook, message, attempt, "a message was delivered"),
        DeliveryOutcome::Again { why, .. } => {
            tracing::info!(webhook, message, attempt, "a message will be sent to a webhook again: {why}");
        }
        DeliveryOutcome::Failed(why) => {
            tracing::warn!(webhook, message, attempt, "a message cannot be delivered to a webhook: {why}");
        }
    }
}

/// Signs a message and sends it. `false` if there is nowhere to send it.
async fn send(app: &App, due: &DueMessage, claimed: Claimed) -> Result<bool, SendingError> {
    let (id, now) = (due.webhook.clone(), app.now());
    let look = async move |conn: &mut Conn| {
        Ok::<_, DbError>((webhooks::find(conn, &id).await?, webhook_secrets::live(conn, &id, now).await?))
    };
    let (webhook, secrets) = app.db.read(look).await.map_err(Failure::from)?;
    let Some(webhook) = webhook.filter(|webhook| webhook.disabled.is_none()) else { return Ok(false) };
    let headers = headers(app, &due.message, &secrets, now)?;
    if claimed.is_too_old() {
        // Another node may claim it before the call has ended.
        return Err(SendingError::Now("the database took too long to answer".into()));
    }
    let body = ("application/json", due.message.body.clone());
    let status = app.fetcher.post(&webhook.url, body, &headers).await?.status;
    match status.as_u16() {
        200..300 => Ok(true),
        410 => Err(SendingError::Gone),
        _ => Err(SendingError::Now(format!("it answered {status}"))),
    }
}

/// The headers of a message, with a signature by each secret.
fn headers(
    app: &App,
    message: &WebhookMessage,
    secrets: &[SealedWebhookSecret],
    now: Timestamp,
) -> Result<[(&'static str, String); 3], Failure> {
    let mut signatures = Vec::new();
    for secret in secrets {
        let opened = WebhookSecret::from_bytes(app.keys.master().open(&secret.id, &secret.sealed)?);
        signatures.push(opened.signature(&message.id, now, &message.body));
    }
    Ok([
        ("webhook-id", message.id.clone()),
        ("webhook-timestamp", now.as_unix().to_string()),
        ("webhook-signature", signatures.join(" ")),
    ])
}
