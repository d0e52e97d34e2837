//! `grantor authorization-type update`.

use std::path::PathBuf;

use clap::Args;

use super::super::languages::{InLanguage, in_language, language, text_change, warn_of_kept};
use super::super::{CliError, OutputOptions};
use super::schema;
use crate::oauth::language_tag::LanguageTag;
use crate::operations::authorization_types::{self, TypeChanges};
use crate::operations::list_change::ListChange;
use crate::representation::authorization_type::to_json;

#[derive(Args)]
#[command(
    arg_required_else_help = true,
    override_usage = "grantor authorization-type update [OPTIONS] <NAME>"
)]
pub(in crate::cli) struct Options {
    /// The type, as applications send it
    name: String,
    #[command(flatten)]
    changes: TypeChangeOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// The changes; at least one is required.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct TypeChangeOptions {
    /// The JSON Schema (2020-12) that each detail of the type must fit, in a file
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// The sentence on the consent page, with members of the detail
    #[arg(long, value_name = "TEMPLATE")]
    template: Option<String>,
    /// The sentence for people of a language, such as de="{{ amount }} an {{ to }} zahlen"; may be given several times
    #[arg(long, value_name = "TAG=TEMPLATE", value_parser = in_language)]
    template_in: Vec<InLanguage>,
    /// Remove the sentence in a language; may be given several times
    #[arg(long, value_name = "TAG", value_parser = language)]
    no_template_in: Vec<LanguageTag>,
    /// A resource that the locations of details may name; replaces those before; may be given several times
    #[arg(long = "resource", value_name = "URI", conflicts_with_all = ["no_resources", "add_resources", "remove_resources"])]
    resources: Vec<String>,
    /// Add a resource; may be given several times
    #[arg(long = "add-resource", value_name = "URI")]
    add_resources: Vec<String>,
    /// Remove a resource; may be given several times
    #[arg(long = "remove-resource", value_name = "URI")]
    remove_resources: Vec<String>,
    /// Details may name every resource that the application may use
    #[arg(long, conflicts_with_all = ["add_resources", "remove_resources"])]
    no_resources: bool,
    /// Whether the server asks people about each request, whatever they have allowed before
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    always_ask: Option<bool>,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let Options { name, changes, output } = options;
    let changes = changes.into_changes()?;
    let template = changes.template.clone();
    output.common.run(async |cli| {
        let record = authorization_types::update(&cli.operations(), &name, changes).await?.outcome;
        warn_of_kept("--template", &template, Some(&record.template))?;
        output.say(to_json(&record), format!("updated the authorization type {name}"))
    })
}

impl TypeChangeOptions {
    fn into_changes(self) -> Result<TypeChanges, CliError> {
        let template = self.template.map(Some);
        Ok(TypeChanges {
            schema: self.schema.as_deref().map(schema).transpose()?,
            template: text_change("--template", template, &self.template_in, &self.no_template_in)?,
            resources: ListChange::of(
                self.resources,
                self.no_resources,
                self.add_resources,
                self.remove_resources,
            ),
            always_ask: self.always_ask,
        })
    }
}
