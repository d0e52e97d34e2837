//! `grantor resource create`.

use clap::Args;
use serde_json::json;

use super::super::client::words::{Algorithm, Format};
use super::super::lifetime::lifetime;
use super::super::{Desk, Manner, Trouble, block_on};
use super::scope;
use crate::oauth::grant::resource::Resource;
use crate::oauth::id::ClientId;
use crate::operations::resources;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The URI by which applications name it, and the audience of its tokens
    uri: String,
    /// The scopes that are its own, separated by spaces
    #[arg(long, value_name = "\"a b\"", default_value = "")]
    scope: String,
    /// A client that may introspect its tokens: the API itself; may be given several times
    #[arg(long = "client", value_name = "ID")]
    clients: Vec<String>,
    /// What its access tokens are: a jwt that it verifies by itself, or opaque
    #[arg(long, value_name = "FORMAT", default_value = "jwt")]
    token_format: Format,
    /// What its JWTs are signed with; without this option what tokens.access_token_alg says
    #[arg(long, value_name = "ALG")]
    token_alg: Option<Algorithm>,
    /// How long its access tokens live, such as 5m; clients and scopes may make that shorter
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: Options) -> Result<(), Trouble> {
    let resource = Resource {
        uri: options.uri,
        scopes: scope(&options.scope)?,
        format: options.token_format.into(),
        algorithm: options.token_alg.map(Into::into),
        access_token_lifetime: options.access_token_lifetime.as_deref().map(lifetime).transpose()?,
        servers: options.clients.iter().map(ClientId::new).collect(),
    };
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let uri = resources::create(&desk.operations(), resource).await?.outcome.uri;
        options.manner.say(json!({ "resource": uri }), format!("created the resource {uri}"))
    })
}
