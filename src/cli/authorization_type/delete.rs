//! `grantor authorization-type delete`.

use clap::Args;
use serde_json::json;

use super::super::fault::with_hint;
use super::super::question::Question;
use super::super::{CliError, OutputOptions};
use crate::operations::authorization_types;
use crate::operations::fault::FaultKind;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The type, as applications send it
    name: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let (name, context) = (&options.name, cli.operations());
        authorization_types::find(&context, name).await?;
        options.question.ask(&format!(
            "Delete the authorization type {name}? Applications cannot ask for it any more, and the server removes it \
             from what people have allowed"
        ))?;
        let hint = with_hint(FaultKind::Conflict, None, "change it with client update first");
        authorization_types::delete(&context, name).await.map_err(hint)?;
        options.output.say(json!({ "name": name }), format!("deleted the authorization type {name}"))
    })
}
