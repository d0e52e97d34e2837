//! `grantor resource update`.

use clap::Args;
use serde_json::json;

use super::super::client::words::{AlgorithmOrDefault, Format};
use super::super::lifetime::new_lifetime;
use super::super::{CliError, OutputOptions};
use super::scope;
use crate::oauth::id::ClientId;
use crate::operations::resources::{self, ResourceChanges};

#[derive(Args)]
#[command(override_usage = "grantor resource update [OPTIONS] <URI>")]
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
    #[arg(long, value_name = "\"a b\"")]
    scope: Option<String>,
    /// A client that may introspect tokens for the API; replaces those before; may be given several times
    #[arg(long = "client", value_name = "ID", conflicts_with = "no_clients")]
    clients: Vec<String>,
    /// Remove all clients; only the client to which a token was issued may then introspect it
    #[arg(long)]
    no_clients: bool,
    /// The format of its access tokens: a jwt that the API verifies itself, or opaque
    #[arg(long, value_name = "FORMAT")]
    token_format: Option<Format>,
    /// The algorithm that signs its JWTs; default is tokens.access_token_alg
    #[arg(long, value_name = "ALG")]
    token_alg: Option<AlgorithmOrDefault>,
    /// The lifetime of its access tokens, such as 5m; default removes it
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let Options { uri, changes, output } = options;
    let changes = changes.into_changes()?;
    output.common.run(async |cli| {
        resources::update(&cli.operations(), &uri, changes).await?;
        output.say(json!({ "resource": uri }), format!("updated the resource {uri}"))
    })
}

impl ResourceChangeOptions {
    fn into_changes(self) -> Result<ResourceChanges, CliError> {
        let has_clients = self.no_clients || !self.clients.is_empty();
        Ok(ResourceChanges {
            scopes: self.scope.as_deref().map(scope).transpose()?,
            servers: has_clients.then(|| self.clients.iter().map(ClientId::new).collect()),
            format: self.token_format.map(Into::into),
            algorithm: self.token_alg.map(Into::into),
            access_token_lifetime: new_lifetime(self.access_token_lifetime.as_deref())?,
        })
    }
}
