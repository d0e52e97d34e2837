//! Operations about webhooks.

use super::{AnswerKind, ApiOperation, ApiSection, BodyKind, filter, search};
use crate::oauth::permission::{Area, Need};
use crate::representation::settings::access::delivery_states;
use crate::representation::settings::{
    Form, ROTATED_WEBHOOK, SECRET_ROTATION, WEBHOOK, WEBHOOK_DELIVERY, WEBHOOK_RETRIED, WEBHOOK_RETRY,
};

const READ: Need = Need::read(Area::Config);
const WRITE: Need = Need::write(Area::Config);

const ALL: &str = "/api/v1/webhooks";
const ONE: &str = "/api/v1/webhooks/{id}";

pub(super) const SECTION: ApiSection = ApiSection {
    name: "Webhooks",
    sentence: "Other programs that get the events of the audit trail. Changing a webhook needs grantor.audit.read, too.",
    operations: &[
        ApiOperation::list(ALL, "listWebhooks", "List webhooks", &WEBHOOK)
            .needs(READ)
            .parameters(&[search("Only webhooks with this text in their name, id or address, in any spelling")])
            .command("grantor webhook list --json"),
        ApiOperation::create(ALL, "createWebhook", "Create a webhook", &WEBHOOK)
            .needs(WRITE)
            .versioned()
            .note("The secret is in this answer only.")
            .example(r#"{"name": "Directory", "url": "https://hooks.example.com/grantor", "types": ["user.", "client.updated"]}"#)
            .command("grantor webhook create --name Directory --url https://hooks.example.com/grantor --type user."),
        ApiOperation::show(ONE, "getWebhook", "Get a webhook", &WEBHOOK)
            .needs(READ)
            .versioned()
            .command("grantor webhook show mW1lSnXlY0a3hOQ7cLrT2g --json"),
        ApiOperation { answer: AnswerKind::One(&WEBHOOK), ..ApiOperation::put(ONE, "putWebhook", "Replace a webhook", &WEBHOOK) }
            .needs(WRITE)
            .versioned()
            .note("The server makes the ids of webhooks, so this creates none."),
        ApiOperation::patch(ONE, "updateWebhook", "Update a webhook", &WEBHOOK)
            .needs(WRITE)
            .versioned()
            .example(r#"{"types": ["user."], "disabled": false}"#)
            .command("grantor webhook update mW1lSnXlY0a3hOQ7cLrT2g --type user. --enable"),
        ApiOperation::delete(ONE, "deleteWebhook", "Delete a webhook")
            .needs(WRITE)
            .versioned()
            .command("grantor webhook delete mW1lSnXlY0a3hOQ7cLrT2g"),
        ApiOperation {
            body: BodyKind::Whole(&SECRET_ROTATION),
            answer: AnswerKind::One(&ROTATED_WEBHOOK),
            can_conflict: true,
            ..ApiOperation::new(
                "POST",
                "/api/v1/webhooks/{id}/rotate-secret",
                "rotateWebhookSecret",
                "Replace the secret of a webhook",
            )
        }
        .needs(WRITE)
        .note("The new secret is in this answer only. Both secrets sign until the overlap is over.")
        .command("grantor webhook rotate-secret mW1lSnXlY0a3hOQ7cLrT2g"),
        ApiOperation::list(
            "/api/v1/webhooks/{id}/deliveries",
            "listWebhookDeliveries",
            "List the messages to a webhook",
            &WEBHOOK_DELIVERY,
        )
        .needs(READ)
        .parameters(&[
            filter("state", Form::Word(delivery_states), "Only messages in this state"),
            filter("type", Form::Text, "Only messages whose type begins with this"),
        ])
        .command("grantor webhook deliveries mW1lSnXlY0a3hOQ7cLrT2g --json"),
        ApiOperation::show(
            "/api/v1/webhooks/{id}/deliveries/{delivery}",
            "getWebhookDelivery",
            "Get the state of a message",
            &WEBHOOK_DELIVERY,
        )
        .needs(READ)
        .versioned()
        .command("grantor webhook deliveries mW1lSnXlY0a3hOQ7cLrT2g --json"),
        ApiOperation {
            body: BodyKind::Whole(&WEBHOOK_RETRY),
            answer: AnswerKind::One(&WEBHOOK_RETRIED),
            can_conflict: true,
            ..ApiOperation::new("POST", "/api/v1/webhooks/{id}/retry", "retryWebhook", "Send messages again")
        }
        .needs(WRITE)
        .command("grantor webhook retry mW1lSnXlY0a3hOQ7cLrT2g"),
        ApiOperation {
            body: BodyKind::Empty,
            answer: AnswerKind::Created(&WEBHOOK_DELIVERY),
            can_conflict: true,
            ..ApiOperation::new("POST", "/api/v1/webhooks/{id}/test", "testWebhook", "Send a test message")
        }
        .needs(WRITE)
        .command("grantor webhook test mW1lSnXlY0a3hOQ7cLrT2g"),
    ],
};
