//! `grantor webhook rotate-secret`.

use clap::Args;

use super::super::lifetime::lifetime;
use super::super::{CliError, OutputOptions, say};
use crate::operations::webhooks;
use crate::representation::webhook::to_json;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The webhook's id, which webhook list shows
    id: String,
    /// How long the previous secret also signs, such as 1h; at most 30d; 0s ends it at once
    #[arg(long, value_name = "TIME", default_value = "1d")]
    overlap: String,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    let overlap = lifetime(&options.overlap)?;
    options.output.common.run(async |cli| {
        let rotated = webhooks::rotate_secret(&cli.operations(), &options.id, Some(overlap)).await?.outcome;
        let secret = rotated.secret.expose().as_str();
        if options.output.json {
            let mut json = to_json(&rotated.record);
            json["secret"] = secret.into();
            return say(json);
        }
        say(format!(
            "the new secret of the webhook {}, which is shown only now: {secret}",
            rotated.record.name
        ))
    })
}
