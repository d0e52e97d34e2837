//! `grantor client delete`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::{CliError, OutputOptions};
use crate::oauth::id::ClientId;
use crate::operations::clients;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The client_id
    id: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let id = ClientId::new(&options.id);
        let client = clients::find(&cli.operations(), &id).await?.client;
        let name = client.name.as_str();
        options
            .question
            .ask(&format!("Delete the client {id} ({name}) with its secrets, tokens and consents?"))?;
        clients::delete(&cli.operations(), &id).await?;
        options.output.say(json!({ "client_id": id.as_str() }), format!("deleted the client {id}"))
    })
}
