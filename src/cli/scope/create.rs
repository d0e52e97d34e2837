//! `grantor scope create`.

use clap::Args;
use serde_json::json;

use super::super::client::words::group;
use super::super::lifetime::lifetime;
use super::super::{CliError, Common, say};
use crate::oauth::grant::scope::ScopeRecord;
use crate::operations::scopes;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The scope's name, as applications send it
    name: String,
    /// What the consent page says about the scope, for example "Read your calendar"
    #[arg(long, value_name = "TEXT")]
    description: String,
    /// Only give the scope to an application that names it in its request
    #[arg(long)]
    sensitive: bool,
    /// A claim about the person that applications receive with the scope; may be given several times
    #[arg(long = "claim", value_name = "NAME")]
    claims: Vec<String>,
    /// The longest lifetime of an access token with the scope, such as 1m
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
    /// Only people in this group can give the scope to an application
    #[arg(long, value_name = "GROUP", value_parser = group)]
    require_group: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let scope = ScopeRecord {
        name: options.name,
        version: 1,
        description: options.description,
        sensitive: options.sensitive,
        claims: options.claims,
        access_token_lifetime: options.access_token_lifetime.as_deref().map(lifetime).transpose()?,
        required_group: options.require_group,
    };
    options.common.run(async |cli| {
        let name = scopes::create(&cli.operations(), scope).await?.outcome.name;
        if options.json {
            return say(json!({ "name": name }));
        }
        say(format!("created the scope {name}"))
    })
}
