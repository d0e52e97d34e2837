//! `grantor scope update`.

use clap::Args;

use super::super::client::words::group;
use super::super::languages::{InLanguage, in_language, language, text_change, warn_of_kept};
use super::super::lifetime::new_lifetime;
use super::super::{CliError, OutputOptions};
use crate::oauth::language_tag::LanguageTag;
use crate::operations::list_change::ListChange;
use crate::operations::scopes::{self, ScopeChanges};
use crate::representation::scope::to_json;

#[derive(Args)]
#[command(arg_required_else_help = true, override_usage = "grantor scope update [OPTIONS] <NAME>")]
pub(in crate::cli) struct Options {
    /// The scope's name
    name: String,
    #[command(flatten)]
    changes: ScopeChangeOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// The changes; at least one is required.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct ScopeChangeOptions {
    /// What the consent page says about the scope
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The description for people of a language, such as de="Ihren Kalender lesen"; may be given several times
    #[arg(long, value_name = "TAG=TEXT", value_parser = in_language)]
    description_in: Vec<InLanguage>,
    /// Remove the description in a language; may be given several times
    #[arg(long, value_name = "TAG", value_parser = language)]
    no_description_in: Vec<LanguageTag>,
    /// What follows for the person from allowing the scope; the consent page says it if the scope is sensitive
    #[arg(long, value_name = "TEXT", conflicts_with = "no_consequence")]
    consequence: Option<String>,
    /// Remove the consequence, in all languages
    #[arg(long)]
    no_consequence: bool,
    /// The consequence for people of a language; may be given several times
    #[arg(long, value_name = "TAG=TEXT", value_parser = in_language, conflicts_with = "no_consequence")]
    consequence_in: Vec<InLanguage>,
    /// Remove the consequence in a language; may be given several times
    #[arg(long, value_name = "TAG", value_parser = language, conflicts_with = "no_consequence")]
    no_consequence_in: Vec<LanguageTag>,
    /// Whether only an application that names the scope in its request gets it
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    sensitive: Option<bool>,
    /// Whether people cannot leave the scope out on the consent page of an application that allows partial consent
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    required: Option<bool>,
    /// A claim about the person that applications receive with the scope; replaces those before; may be given several
    /// times
    #[arg(long = "claim", value_name = "NAME", conflicts_with_all = ["no_claims", "add_claims", "remove_claims"])]
    claims: Vec<String>,
    /// Add a claim; may be given several times
    #[arg(long = "add-claim", value_name = "NAME")]
    add_claims: Vec<String>,
    /// Remove a claim; may be given several times
    #[arg(long = "remove-claim", value_name = "NAME")]
    remove_claims: Vec<String>,
    /// Remove all claims
    #[arg(long, conflicts_with_all = ["add_claims", "remove_claims"])]
    no_claims: bool,
    /// Only people in this group can give the scope to an application
    #[arg(long, value_name = "GROUP", value_parser = group, conflicts_with = "no_required_group")]
    require_group: Option<String>,
    /// People of every group can give the scope to an application
    #[arg(long)]
    no_required_group: bool,
    /// The longest lifetime of an access token with the scope, such as 1m; default removes it
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let Options { name, changes, output } = options;
    let changes = changes.into_changes()?;
    let (description, consequence) = (changes.description.clone(), changes.consequence.clone());
    output.common.run(async |cli| {
        let scope = scopes::update(&cli.operations(), &name, changes).await?.outcome;
        warn_of_kept("--description", &description, Some(&scope.description))?;
        warn_of_kept("--consequence", &consequence, scope.consequence.as_ref())?;
        output.say(to_json(&scope), format!("updated the scope {name}"))
    })
}

impl ScopeChangeOptions {
    fn into_changes(self) -> Result<ScopeChanges, CliError> {
        let description = self.description.map(Some);
        let consequence = match self.no_consequence {
            true => Some(None),
            false => self.consequence.map(Some),
        };
        Ok(ScopeChanges {
            description: text_change(
                "--description",
                description,
                &self.description_in,
                &self.no_description_in,
            )?,
            consequence: text_change(
                "--consequence",
                consequence,
                &self.consequence_in,
                &self.no_consequence_in,
            )?,
            sensitive: self.sensitive,
            required: self.required,
            claims: ListChange::of(self.claims, self.no_claims, self.add_claims, self.remove_claims),
            access_token_lifetime: new_lifetime(self.access_token_lifetime.as_deref())?,
            required_group: (self.no_required_group || self.require_group.is_some())
                .then_some(self.require_group),
        })
    }
}
