//! `grantor audit verify`.

use clap::Args;
use serde_json::json;

use super::super::{CliError, OutputOptions};
use crate::audit::chain::{self, MAX_FINDINGS, Verification};
use crate::config::Config;
use crate::keys::master::ServerKeys;

#[derive(Args)]
pub(in crate::cli) struct Options {
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let Some(keys) = ServerKeys::existing(&cli.config, &cli.db, cli.now).await? else {
            return Err(no_key(&cli.config));
        };
        cli.number_events(&keys).await?;
        let found = chain::verify(&cli.db, &keys).await?;
        let (first, last) = found.from_to.unzip();
        let json =
            json!({ "events": found.events, "first": first, "last": last, "findings": found.findings });
        options.output.say(json, sentences(&found))?;
        match found.findings.is_empty() {
            true => Ok(()),
            false => Err("the audit trail was changed from outside".into()),
        }
    })
}

/// The sentence for a database or an account without the key.
fn no_key(config: &Config) -> CliError {
    let place = config.master_key_file();
    format!(
        "the audit trail is verified with the master key, and the master key {} is missing; a server makes it on its first \
         start",
        place.display()
    )
    .into()
}

/// What the verification found, for people.
fn sentences(found: &Verification) -> String {
    let range = found.from_to.map(|(first, last)| format!(", from number {first} to {last}"));
    let events = format!("verified {} events{}", found.events, range.unwrap_or_default());
    if found.findings.is_empty() {
        return format!("{events}: not one was removed, changed, moved or inserted");
    }
    let more = if found.findings.len() >= MAX_FINDINGS { "\nthere may be more" } else { "" };
    format!("{events}\n{}{more}", found.findings.join("\n"))
}
