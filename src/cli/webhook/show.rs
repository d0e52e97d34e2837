//! `grantor webhook show`.

use clap::Args;

use super::super::table::{card, table};
use super::super::{CliError, OutputOptions};
use crate::clock::Timestamp;
use crate::operations::webhooks;
use crate::representation::webhook::to_json;
use crate::store::webhook_secrets::WebhookSecretRecord;
use crate::store::webhooks::WebhookRecord;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The webhook's id, which webhook list shows
    id: String,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let webhook = webhooks::find(&cli.operations(), &options.id).await?;
        options.output.say(to_json(&webhook), to_text(&webhook))
    })
}

/// Whether a webhook gets messages, and why not.
pub(super) fn state(webhook: &WebhookRecord) -> String {
    match (webhook.disabled, webhook.failing_since) {
        (Some((at, because)), _) => format!("disabled ({}) {}", because.as_str(), at.iso()),
        (None, Some(since)) => format!("failing since {}", since.iso()),
        (None, None) => "enabled".into(),
    }
}

/// The types of the messages that a webhook gets.
pub(super) fn types(webhook: &WebhookRecord) -> String {
    if webhook.types.words().is_empty() { "all".into() } else { webhook.types.to_string() }
}

fn to_text(webhook: &WebhookRecord) -> String {
    let card = card(&[
        ("id", webhook.id.clone()),
        ("name", webhook.name.clone()),
        ("url", webhook.url.clone()),
        ("types", types(webhook)),
        ("created", webhook.created_at.iso()),
        ("state", state(webhook)),
    ]);
    let end = |end: Option<Timestamp>| end.map_or_else(|| "-".into(), Timestamp::iso);
    let row =
        |secret: &WebhookSecretRecord| [secret.id.clone(), secret.created_at.iso(), end(secret.expires_at)];
    let rows: Vec<[String; 3]> = webhook.secrets.iter().map(row).collect();
    format!("{card}\n\n{}", table(["SECRET", "CREATED", "ENDS"], &rows))
}
