//! One attempt to deliver a message, and its result.

use super::super::outbox::Claimed;
use crate::app::App;
use crate::clock::{Seconds, Timestamp};
use crate::failure::Failure;
use crate::fetch::FetchError;
use crate::metrics::counters::DeliveryResult;
use crate::oauth::webhook::{DisabledBecause, FAILING_FOR, pause_after, pause_as_asked};
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
    /// A later attempt may succeed, and the receiver asks the server to wait for so long.
    After(Seconds, String),
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
    let again = |why, asked| {
        let chance = u16::from_be_bytes(random());
        let pause = pause_after(due.attempt, chance).map(|pause| pause_as_asked(pause, asked));
        DeliveryOutcome::after_failure(why, pause, now)
    };
    let (outcome, verdict) = match sent {
        Ok(true) => (DeliveryOutcome::Delivered, Verdict::Works),
        // The webhook was deleted or disabled since the claim. In the second case the message waits.
        Ok(false) => return,
        Err(SendingError::Now(why)) => (again(why, None), Verdict::Fails),
        Err(SendingError::After(asked, why)) => (again(why, Some(asked)), Verdict::Fails),
        Err(SendingError::Gone) => {
            (DeliveryOutcome::Failed("it answered 410 Gone".into()), Verdict::WantsNothing)
        }
    };
    log(&due, &outcome);
    app.counters.webhooks.count(DeliveryResult::from(&outcome));
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
    let answer = app.fetcher.post(&webhook.url, body, &headers).await?;
    let why = format!("it answered {}", answer.status);
    match (answer.status.as_u16(), answer.retry_after(now)) {
        (200..300, _) => Ok(true),
        (410, _) => Err(SendingError::Gone),
        (_, Some(asked)) => Err(SendingError::After(asked, why)),
        _ => Err(SendingError::Now(why)),
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
