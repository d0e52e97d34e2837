//! `grantor issuer delete`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::user::counted;
use super::super::{CliError, OutputOptions};
use crate::operations::trusted_issuers;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The iss of the issuer's tokens
    issuer: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let (name, context) = (&options.issuer, cli.operations());
        trusted_issuers::find(&context, name).await?;
        options.question.ask(&format!(
            "Stop trusting the issuer {name}, and revoke everything that was issued for its tokens?"
        ))?;
        let revoked = trusted_issuers::delete(&context, name).await?.outcome;
        options.output.say(
            json!({ "issuer": name, "grants_revoked": revoked }),
            format!("deleted the issuer {name}; revoked {}", counted(revoked, "grant")),
        )
    })
}
