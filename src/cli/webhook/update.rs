//! `grantor webhook update`.

use clap::Args;

use super::super::{CliError, OutputOptions};
use crate::operations::list_change::ListChange;
use crate::operations::webhooks::{self, WebhookChanges};
use crate::representation::webhook::to_json;

#[derive(Args)]
#[command(arg_required_else_help = true, override_usage = "grantor webhook update [OPTIONS] <ID>")]
pub(in crate::cli) struct Options {
    /// The webhook's id, which webhook list shows
    id: String,
    #[command(flatten)]
    changes: WebhookChangeOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// The changes; at least one is required.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct WebhookChangeOptions {
    /// A name that says which program it is
    #[arg(long, value_name = "N")]
    name: Option<String>,
    /// The address that gets the events by POST
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// An event that the webhook gets, such as client.updated, or a group such as user.; replaces those before; may be given several
    /// times
    #[arg(long = "type", value_name = "TYPE", conflicts_with_all = ["add_types", "remove_types", "no_types"])]
    types: Vec<String>,
    /// Add a type; may be given several times
    #[arg(long = "add-type", value_name = "TYPE")]
    add_types: Vec<String>,
    /// Remove a type; may be given several times
    #[arg(long = "remove-type", value_name = "TYPE")]
    remove_types: Vec<String>,
    /// Remove all types; the webhook then gets all events
    #[arg(long, conflicts_with_all = ["add_types", "remove_types"])]
    no_types: bool,
    /// Send messages again, beginning with those that it has not got yet
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Send nothing until it is enabled again
    #[arg(long)]
    disable: bool,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let Options { id, changes, output } = options;
    output.common.run(async |cli| {
        let webhook = webhooks::update(&cli.operations(), &id, changes.into_changes()).await?.outcome;
        output.say(to_json(&webhook), format!("updated the webhook {} ({id})", webhook.name))
    })
}

impl WebhookChangeOptions {
    fn into_changes(self) -> WebhookChanges {
        WebhookChanges {
            name: self.name,
            url: self.url,
            types: ListChange::of(self.types, self.no_types, self.add_types, self.remove_types),
            disabled: (self.enable || self.disable).then_some(self.disable),
        }
    }
}
