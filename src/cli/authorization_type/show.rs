//! `grantor authorization-type show`.

use clap::Args;

use super::super::table::card;
use super::super::{CliError, OutputOptions};
use crate::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use crate::operations::authorization_types;
use crate::representation::authorization_type::to_json;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The type, as applications send it
    name: String,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let record = authorization_types::find(&cli.operations(), &options.name).await?;
        options.output.say(to_json(&record), text(&record))
    })
}

fn text(record: &AuthorizationType) -> String {
    let resources = if record.resources.is_empty() { "any".into() } else { record.resources.join(" ") };
    let mut lines = vec![
        ("type", record.name.clone()),
        ("resources", resources),
        ("always asks", if record.always_ask { "yes" } else { "no" }.to_owned()),
        ("template", record.template.as_str().to_owned()),
    ];
    for (tag, text) in record.template.in_languages() {
        lines.push(("in a language", format!("{tag}: {text}")));
    }
    format!("{}\n\n{:#}", card(&lines), record.schema)
}
