//! `grantor resource create`.

use clap::Args;
use serde_json::json;

use super::super::client::tokens::lifetime;
use super::super::client::words::{Algorithm, Format, check_algorithm};
use super::super::{Desk, Manner, Trouble, block_on};
use super::{check, scope, servers};
use crate::oauth::grant::resource::{Resource, check_uri, normal};
use crate::store::db::{DbError, Tx};
use crate::store::resources;

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
    check_uri(&options.uri)?;
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let seconds = options.access_token_lifetime.as_deref();
        let resource = Resource {
            uri: options.uri,
            version: 1,
            scopes: scope(&options.scope)?,
            format: options.token_format.into(),
            algorithm: options.token_alg.map(Into::into),
            access_token_lifetime: seconds.map(|text| lifetime(&desk, text)).transpose()?,
            servers: servers(&options.clients),
        };
        check_algorithm(&desk, resource.algorithm)?;
        let (uri, now) = (resource.uri.clone(), desk.now);
        let work = async move |tx: &mut Tx| {
            if let Err(trouble) = check(tx, &resource).await? {
                return Ok(Err(trouble));
            }
            let known = resources::list(tx).await?;
            let taken = known.iter().any(|known| normal(&known.uri) == normal(&resource.uri));
            Ok(Ok(!taken && resources::save(tx, &resource, now).await?))
        };
        if !desk.db.write::<Result<bool, Trouble>, DbError, _>(work).await?? {
            return Err(format!("the resource {uri} exists already").into());
        }
        options.manner.say(json!({ "resource": uri }), format!("created the resource {uri}"))
    })
}
