//! The members of webhooks and of what is delivered to them.

use super::{Form, Given, Null, ObjectSettings, Setting, Shown};
use crate::store::deliveries::DeliveryState;

/// A webhook.
pub static WEBHOOK: ObjectSettings = ObjectSettings {
    name: "Webhook",
    sentence: "An address that gets the events of the audit trail.",
    command: None,
    members: &WEBHOOK_MEMBERS,
};

const WEBHOOK_MEMBERS: [Setting; 11] = [
    Setting::by_server("id", Form::Text, "The id of the webhook"),
    Setting::new("name", Form::Text, "The name of the webhook for operators").required(),
    Setting::new("url", Form::Uri, "The address to which the server sends the messages").required(),
    Setting::new(
        "types",
        Form::TextList,
        "The types of messages that the webhook gets, or beginnings of types that end with a full stop",
    )
    .note(
        "An empty list means all events. backchannel.requested is no event, so name it: the server sends it when an \
         application asks for a person, and your program can then send this person an e-mail or a push message.",
    ),
    Setting::new("disabled", Form::Flag, "Whether the server sends nothing to the webhook")
        .given(Given::Optional)
        .note("It cannot be set when the webhook is created."),
    Setting::by_server("disabled_at", Form::Time, "When the webhook was disabled").null(Null::InAnswers),
    Setting::by_server("disabled_because", Form::Text, "Why the webhook was disabled").null(Null::InAnswers),
    Setting::by_server("failing_since", Form::Time, "Since when every attempt has failed")
        .null(Null::InAnswers),
    Setting::by_server("created_at", Form::Time, "When the webhook was created"),
    Setting::by_server(
        "secrets",
        Form::ObjectList(&WEBHOOK_SECRET),
        "The secrets of the webhook, without the secrets themselves",
    ),
    Setting::by_server(
        "secret",
        Form::Secret,
        "The secret that signs the messages, as Standard Webhooks writes it",
    )
    .shown(Shown::Once),
];

static WEBHOOK_SECRET: ObjectSettings = ObjectSettings {
    name: "WebhookSecret",
    sentence: "A secret of a webhook, without the secret itself.",
    command: None,
    members: &[
        Setting::by_server("id", Form::Text, "The id of the secret"),
        Setting::by_server("created_at", Form::Time, "When the secret was created"),
        Setting::by_server("expires_at", Form::Time, "Until when the secret also signs")
            .null(Null::InAnswers),
    ],
};

/// How a secret is replaced.
pub static SECRET_ROTATION: ObjectSettings = ObjectSettings {
    name: "WebhookSecretRotation",
    sentence: "How the secret of a webhook is replaced.",
    command: None,
    members: &[Setting::new("overlap", Form::Seconds, "How long the previous secret also signs, in seconds")
        .shown(Shown::Never)
        .note("A day if it is left out.")],
};

/// A webhook with its new secret.
pub static ROTATED_WEBHOOK: ObjectSettings = ObjectSettings {
    name: "RotatedWebhook",
    sentence: "A webhook with its new secret.",
    command: None,
    members: &ROTATED,
};

const ROTATED: [Setting; 11] = {
    let mut members = [WEBHOOK_MEMBERS[0]; 11];
    let mut at = 0;
    while at < members.len() {
        members[at] = WEBHOOK_MEMBERS[at];
        at += 1;
    }
    // A rehearsal leaves it out.
    members[10] = members[10].shown(Shown::Sometimes);
    members
};

/// A message to a webhook.
pub static WEBHOOK_DELIVERY: ObjectSettings = ObjectSettings {
    name: "WebhookDelivery",
    sentence: "A message to a webhook.",
    command: None,
    members: &[
        Setting::by_server("id", Form::Text, "The id of the message, which the receiver gets as webhook-id"),
        Setting::by_server("webhook_id", Form::Text, "The webhook"),
        Setting::by_server("type", Form::Text, "The type of the message, such as client.updated"),
        Setting::by_server("state", Form::Word(states), "Whether the receiver has confirmed the message"),
        Setting::by_server("attempts", Form::Number, "How often the server has tried"),
        Setting::by_server("created_at", Form::Time, "When the message was made"),
        Setting::by_server("next_attempt_at", Form::Time, "When the server tries again")
            .null(Null::InAnswers),
        Setting::by_server(
            "done_at",
            Form::Time,
            "When the receiver confirmed the message, or the server gave up",
        )
        .null(Null::InAnswers),
        Setting::by_server("last_error", Form::Text, "Why the last attempt failed").null(Null::InAnswers),
    ],
};

/// Which messages are sent again.
pub static WEBHOOK_RETRY: ObjectSettings = ObjectSettings {
    name: "WebhookRetry",
    sentence: "Which messages to send again.",
    command: None,
    members: &[Setting::new("delivery", Form::Text, "Only the message with this id")
        .shown(Shown::Never)
        .note("Without it, all that were not delivered.")],
};

/// How many messages are sent again.
pub static WEBHOOK_RETRIED: ObjectSettings = ObjectSettings {
    name: "WebhookRetried",
    sentence: "How many messages the server sends again.",
    command: None,
    members: &[Setting::by_server("retried", Form::Number, "How many messages the server sends again")],
};

fn states() -> Vec<&'static str> {
    DeliveryState::ALL.iter().map(|state| state.as_str()).collect()
}
