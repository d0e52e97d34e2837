//! `grantor resource delete`.

use clap::Args;
use serde_json::json;

use super::super::fault::with_hint;
use super::super::question::Question;
use super::super::{CliError, OutputOptions};
use crate::operations::fault::FaultKind;
use crate::operations::resources;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The resource's URI
    uri: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let (uri, context) = (&options.uri, cli.operations());
        resources::find(&context, uri).await?;
        options
            .question
            .ask(&format!("Delete the resource {uri}? Applications get no more tokens for it"))?;
        let hint = with_hint(FaultKind::Conflict, None, "change it with client update first");
        resources::delete(&context, uri).await.map_err(hint)?;
        options.output.say(json!({ "resource": uri }), format!("deleted the resource {uri}"))
    })
}
