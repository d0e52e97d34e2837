//! `grantor api-key update`.

use clap::Args;

use super::super::end::end;
use super::super::{CliError, OutputOptions};
use crate::operations::api_keys::{self, ApiKeyChanges};
use crate::representation::api_key::to_json;

#[derive(Args)]
#[command(arg_required_else_help = true, override_usage = "grantor api-key update [OPTIONS] <ID>")]
pub(in crate::cli) struct Options {
    /// The key's id, which api-key list shows
    id: String,
    #[command(flatten)]
    changes: ApiKeyChangeOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// The changes; at least one is required.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct ApiKeyChangeOptions {
    /// A name that says which program has the key
    #[arg(long, value_name = "N")]
    name: Option<String>,
    /// When the key ends: a length of time from now, such as 90d, a time such as 2027-01-31T12:00:00Z, or never
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let Options { id, changes, output } = options;
    output.common.run(async |cli| {
        let expires_at = changes.expires.map(|text| end(&text, cli.now)).transpose()?;
        let changes = ApiKeyChanges { name: changes.name, expires_at };
        let key = api_keys::update(&cli.operations(), &id, changes).await?.outcome;
        output.say(to_json(&key), format!("updated the API key {} ({id})", key.name))
    })
}
