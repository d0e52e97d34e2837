//! `grantor resource create`.

use clap::Args;

use super::super::client::words::{AlgorithmOrDefault, Format};
use super::super::lifetime::new_lifetime;
use super::super::list::scope;
use super::super::{CliError, OutputOptions};
use crate::oauth::grant::resource::Resource;
use crate::oauth::id::ClientId;
use crate::operations::resources;
use crate::representation::resource::to_json;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The URI by which applications name the API; it is also the audience of its tokens
    uri: String,
    /// The scopes that belong to the API, separated by spaces
    #[arg(long, value_name = "\"a b\"", default_value = "")]
    scope: String,
    /// A client that may introspect tokens for the API, usually the API itself; may be given several times
    #[arg(long = "client", value_name = "ID")]
    clients: Vec<String>,
    /// The format of access tokens for the API: a jwt that the API verifies itself, or opaque
    #[arg(long, value_name = "FORMAT", default_value = "jwt")]
    token_format: Format,
    /// The algorithm that signs JWTs for the API; default, or no option, is tokens.access_token_alg
    #[arg(long, value_name = "ALG")]
    token_alg: Option<AlgorithmOrDefault>,
    /// The lifetime of access tokens for the API, such as 5m; clients and scopes may shorten it; default is the server's
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let resource = Resource {
        uri: options.uri,
        version: 1,
        scopes: scope(&options.scope)?,
        format: options.token_format.into(),
        algorithm: options.token_alg.and_then(Into::into),
        access_token_lifetime: new_lifetime(options.access_token_lifetime.as_deref())?.flatten(),
        servers: options.clients.iter().map(ClientId::new).collect(),
    };
    options.output.common.run(async |cli| {
        let resource = resources::create(&cli.operations(), resource).await?.outcome;
        options.output.say(to_json(&resource), format!("created the resource {}", resource.uri))
    })
}
