//! `grantor resource update`.

use clap::Args;

use super::super::client::words::{AlgorithmOrDefault, Format};
use super::super::lifetime::new_lifetime;
use super::super::list::{client_change, scope_change};
use super::super::{CliError, OutputOptions};
use crate::operations::resources::{self, ResourceChanges};
use crate::representation::resource::to_json;

#[derive(Args)]
#[command(arg_required_else_help = true, override_usage = "grantor resource update [OPTIONS] <URI>")]
pub(in crate::cli) struct Options {
    /// The resource's URI
    uri: String,
    #[command(flatten)]
    changes: ResourceChangeOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// The changes; at least one is required.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct ResourceChangeOptions {
    /// The scopes that belong to the API, separated by spaces; replaces those before
    #[arg(long, value_name = "\"a b\"", conflicts_with_all = ["add_scope", "remove_scope"])]
    scope: Option<String>,
    /// Add scopes, separated by spaces
    #[arg(long, value_name = "\"a b\"")]
    add_scope: Option<String>,
    /// Remove scopes, separated by spaces
    #[arg(long, value_name = "\"a b\"")]
    remove_scope: Option<String>,
    /// A client that may introspect tokens for the API; replaces those before; may be given several times
    #[arg(long = "client", value_name = "ID", conflicts_with_all = ["no_clients", "add_clients", "remove_clients"])]
    clients: Vec<String>,
    /// Add a client; may be given several times
    #[arg(long = "add-client", value_name = "ID")]
    add_clients: Vec<String>,
    /// Remove a client; may be given several times
    #[arg(long = "remove-client", value_name = "ID")]
    remove_clients: Vec<String>,
    /// Remove all clients; only the client to which a token was issued may then introspect it
    #[arg(long, conflicts_with_all = ["add_clients", "remove_clients"])]
    no_clients: bool,
    /// The format of access tokens for the API: a jwt that the API verifies itself, or opaque
    #[arg(long, value_name = "FORMAT")]
    token_format: Option<Format>,
    /// The algorithm that signs JWTs for the API; default is tokens.access_token_alg
    #[arg(long, value_name = "ALG")]
    token_alg: Option<AlgorithmOrDefault>,
    /// The lifetime of access tokens for the API, such as 5m; default removes it
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let Options { uri, changes, output } = options;
    let changes = changes.into_changes()?;
    output.common.run(async |cli| {
        let resource = resources::update(&cli.operations(), &uri, changes).await?.outcome;
        output.say(to_json(&resource), format!("updated the resource {uri}"))
    })
}

impl ResourceChangeOptions {
    fn into_changes(self) -> Result<ResourceChanges, CliError> {
        Ok(ResourceChanges {
            scopes: scope_change(
                self.scope.as_deref(),
                self.add_scope.as_deref(),
                self.remove_scope.as_deref(),
            )?,
            servers: client_change(self.clients, self.no_clients, self.add_clients, self.remove_clients),
            format: self.token_format.map(Into::into),
            algorithm: self.token_alg.map(Into::into),
            access_token_lifetime: new_lifetime(self.access_token_lifetime.as_deref())?,
        })
    }
}
