//! `grantor webhook delete`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::{CliError, OutputOptions};
use crate::operations::webhooks;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The webhook's id, which webhook list shows
    id: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let (id, context) = (&options.id, cli.operations());
        let name = webhooks::find(&context, id).await?.name;
        options.question.ask(&format!(
            "Delete the webhook {name} ({id})? What waits to be delivered to it will not be sent."
        ))?;
        webhooks::delete(&context, id).await?;
        options.output.say(json!({ "id": id, "name": name }), format!("deleted the webhook {name} ({id})"))
    })
}
