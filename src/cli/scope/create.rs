//! `grantor scope create`.

use clap::Args;

use super::super::client::words::group;
use super::super::languages::{InLanguage, in_language, text_change};
use super::super::lifetime::new_lifetime;
use super::super::{CliError, OutputOptions};
use crate::oauth::grant::scope::ScopeRecord;
use crate::operations::scopes;
use crate::representation::scope::to_json;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The scope's name, as applications send it
    name: String,
    /// What the consent page says about the scope, for example "Read your calendar"
    #[arg(long, value_name = "TEXT")]
    description: String,
    /// The description for people of a language, such as de="Ihren Kalender lesen"; may be given several times
    #[arg(long, value_name = "TAG=TEXT", value_parser = in_language)]
    description_in: Vec<InLanguage>,
    /// What follows for the person from allowing the scope, for example "It can move your money."; the consent page says it
    /// if the scope is sensitive
    #[arg(long, value_name = "TEXT")]
    consequence: Option<String>,
    /// The consequence for people of a language; may be given several times
    #[arg(long, value_name = "TAG=TEXT", value_parser = in_language)]
    consequence_in: Vec<InLanguage>,
    /// Only give the scope to an application that names it in its request
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    sensitive: Option<bool>,
    /// Do not let people leave the scope out on the consent page of an application that allows partial consent
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    required: Option<bool>,
    /// A claim about the person that applications receive with the scope; may be given several times
    #[arg(long = "claim", value_name = "NAME")]
    claims: Vec<String>,
    /// The longest lifetime of an access token with the scope, such as 1m; default is no limit
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
    /// Only people in this group can give the scope to an application
    #[arg(long, value_name = "GROUP", value_parser = group)]
    require_group: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let description = text_change("--description", None, &options.description_in, &[])?;
    let consequence = options.consequence.map(Some);
    let consequence = text_change("--consequence", consequence, &options.consequence_in, &[])?;
    let scope = ScopeRecord {
        name: options.name,
        version: 1,
        description: description.applied_to_required(&options.description.into(), "description")?,
        consequence: consequence.applied_to(None, "consequence")?,
        sensitive: options.sensitive.unwrap_or_default(),
        claims: options.claims,
        access_token_lifetime: new_lifetime(options.access_token_lifetime.as_deref())?.flatten(),
        required_group: options.require_group,
        required: options.required.unwrap_or_default(),
    };
    options.output.common.run(async |cli| {
        let scope = scopes::create(&cli.operations(), scope).await?.outcome;
        options.output.say(to_json(&scope), format!("created the scope {}", scope.name))
    })
}
