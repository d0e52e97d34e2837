//! `grantor webhook create`.

use clap::Args;

use super::super::{CliError, OutputOptions, say};
use crate::operations::webhooks::{self, NewWebhook};
use crate::representation::webhook::to_json;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The address that gets the events by POST
    #[arg(long, value_name = "URL")]
    url: String,
    /// A name that says which program it is
    #[arg(long, value_name = "N")]
    name: String,
    /// An event that the webhook gets, such as client.updated, or a group such as user.; may be given several times; without this
    /// option, the webhook gets all events
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let Options { url, name, types, output } = options;
    output.common.run(async |cli| {
        let new = NewWebhook { name, url, types };
        let created = webhooks::create(&cli.operations(), new).await?.outcome;
        let secret = created.secret.expose().as_str();
        if output.json {
            let mut json = to_json(&created.record);
            json["secret"] = secret.into();
            return say(json);
        }
        say(format!("created the webhook {} with the id {}", created.record.name, created.record.id))?;
        say(format!("the secret, which is shown only now: {secret}"))
    })
}
