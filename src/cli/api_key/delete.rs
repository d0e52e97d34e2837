//! `grantor api-key delete`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::{CliError, OutputOptions};
use crate::operations::api_keys;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The key's id, which api-key list shows
    id: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let (id, context) = (&options.id, cli.operations());
        let name = api_keys::find(&context, id).await?.name;
        options
            .question
            .ask(&format!("Delete the API key {name} ({id})? Requests with it will be refused."))?;
        api_keys::delete(&context, id).await?;
        options.output.say(json!({ "id": id, "name": name }), format!("deleted the API key {name} ({id})"))
    })
}
