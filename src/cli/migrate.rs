//! `grantor migrate`.

use clap::Args;
use serde_json::{Value, json};

use super::{CliContext, CliError, OutputOptions, block_on};
use crate::config::Config;
use crate::store::migrate;

#[derive(Args)]
pub(super) struct Options {
    /// Only show the migrations; change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    block_on(async {
        let config = Config::load(options.output.common.config.as_deref())?;
        let planned = migrate::plan(&config.database_options()).await?;
        let json: Value =
            planned.iter().map(|(version, name)| json!({ "version": version, "name": name })).collect();
        if !options.dry_run {
            CliContext::make(&options.output.common).await?;
            return options.output.say(json, "the database has this version's schema");
        }
        let lines: Vec<String> =
            planned.iter().map(|(version, name)| format!("{version:04} {name}")).collect();
        let text = match lines.len() {
            0 => "the database has this version's schema".to_owned(),
            count => format!("{}\n{count} to be run", lines.join("\n")),
        };
        options.output.say(json, text)
    })
}
