//! Webhooks, and what is delivered to them.

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::store::deliveries::next_attempt;
use crate::store::webhook_deliveries::WebhookDelivery;
use crate::store::webhook_secrets::WebhookSecretRecord;
use crate::store::webhooks::WebhookRecord;

/// Returns the members of a webhook, without its secrets themselves. Times are in RFC 3339.
pub fn to_json(webhook: &WebhookRecord) -> Value {
    let secret = |secret: &WebhookSecretRecord| {
        json!({
            "id": secret.id,
            "created_at": secret.created_at.iso(),
            "expires_at": secret.expires_at.map(Timestamp::iso),
        })
    };
    json!({
        "id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "types": webhook.types.words(),
        "created_at": webhook.created_at.iso(),
        "disabled": webhook.disabled.is_some(),
        "disabled_at": webhook.disabled.map(|(at, _)| at.iso()),
        "disabled_because": webhook.disabled.map(|(_, because)| because.as_str()),
        "failing_since": webhook.failing_since.map(Timestamp::iso),
        "secrets": webhook.secrets.iter().map(secret).collect::<Vec<_>>(),
    })
}

/// Returns the members of a delivery, without what is sent. Times are in RFC 3339.
pub fn delivery_to_json(delivery: &WebhookDelivery) -> Value {
    json!({
        "id": delivery.message_id,
        "webhook_id": delivery.webhook_id,
        "type": delivery.kind,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "created_at": delivery.created_at.iso(),
        "next_attempt_at": next_attempt_at(delivery),
        "done_at": delivery.done_at.map(Timestamp::iso),
        "last_error": delivery.last_error,
    })
}

/// The time of the next attempt in RFC 3339. `None` if no attempt follows.
pub fn next_attempt_at(delivery: &WebhookDelivery) -> Option<String> {
    next_attempt(&delivery.state, delivery.next_attempt_at).map(Timestamp::iso)
}
