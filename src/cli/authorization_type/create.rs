//! `grantor authorization-type create`.

use std::path::PathBuf;

use clap::Args;

use super::super::languages::{InLanguage, in_language, text_change};
use super::super::{CliError, OutputOptions};
use super::schema;
use crate::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use crate::operations::authorization_types;
use crate::representation::authorization_type::to_json;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The type, as applications send it
    name: String,
    /// The JSON Schema (2020-12) that each detail of the type must fit, in a file
    #[arg(long, value_name = "FILE")]
    schema: PathBuf,
    /// The sentence on the consent page, for example "Pay {{ amount }} to {{ to }}", with members of the detail
    #[arg(long, value_name = "TEMPLATE")]
    template: String,
    /// The sentence for people of a language, such as de="{{ amount }} an {{ to }} zahlen"; may be given several times
    #[arg(long, value_name = "TAG=TEMPLATE", value_parser = in_language)]
    template_in: Vec<InLanguage>,
    /// A resource that the locations of details may name; they may then name no others; may be given several times
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
    /// Ask people about each request, whatever they have allowed before, also for an application of the operator
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    always_ask: Option<bool>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let template = text_change("--template", None, &options.template_in, &[])?;
    let record = AuthorizationType {
        name: options.name,
        version: 1,
        schema: schema(&options.schema)?,
        template: template.applied_to_required(&options.template.into(), "template")?,
        resources: options.resources,
        always_ask: options.always_ask.unwrap_or_default(),
    };
    options.output.common.run(async |cli| {
        let record = authorization_types::create(&cli.operations(), record).await?.outcome;
        options.output.say(to_json(&record), format!("created the authorization type {}", record.name))
    })
}
