//! `grantor resource update`.

use clap::Args;
use serde_json::json;

use super::super::client::tokens::new_lifetime;
use super::super::client::words::{AlgorithmOrDefault, Format, check_algorithm};
use super::super::{Desk, Manner, Trouble, block_on};
use super::{check, scope, servers, unknown};
use crate::store::db::{DbError, Tx};
use crate::store::resources;

#[derive(Args)]
#[command(override_usage = "grantor resource update [OPTIONS] <URI>")]
pub(in crate::cli) struct Options {
    /// The resource's URI
    uri: String,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    manner: Manner,
}

/// What is to be changed; at least one thing.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// The scopes that are its own, separated by spaces, instead of those before
    #[arg(long, value_name = "\"a b\"")]
    scope: Option<String>,
    /// A client that may introspect its tokens, instead of those before; may be given several times
    #[arg(long = "client", value_name = "ID", conflicts_with = "no_clients")]
    clients: Vec<String>,
    /// No client may introspect its tokens but those that they were issued to
    #[arg(long)]
    no_clients: bool,
    /// What its access tokens are: a jwt that it verifies by itself, or opaque
    #[arg(long, value_name = "FORMAT")]
    token_format: Option<Format>,
    /// What its JWTs are signed with; default is what tokens.access_token_alg says
    #[arg(long, value_name = "ALG")]
    token_alg: Option<AlgorithmOrDefault>,
    /// How long its access tokens live, such as 5m; default says nothing
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
}

pub(super) fn run(options: Options) -> Result<(), Trouble> {
    let Options { uri, changes, manner } = options;
    block_on(async {
        let desk = Desk::open(&manner.common).await?;
        check_algorithm(&desk, changes.token_alg.and_then(Into::into))?;
        let lifetime = new_lifetime(&desk, changes.access_token_lifetime.as_deref())?;
        let scopes = changes.scope.as_deref().map(scope).transpose()?;
        let key = uri.clone();
        let work = async move |tx: &mut Tx| {
            let Some(mut resource) = resources::find(tx, &key).await? else { return Ok(Err(unknown(&key))) };
            if let Some(scopes) = &scopes {
                resource.scopes = scopes.clone();
            }
            if changes.no_clients || !changes.clients.is_empty() {
                resource.servers = servers(&changes.clients);
            }
            resource.format = changes.token_format.map_or(resource.format, Into::into);
            resource.algorithm = changes.token_alg.map_or(resource.algorithm, Into::into);
            resource.access_token_lifetime = lifetime.unwrap_or(resource.access_token_lifetime);
            if let Err(trouble) = check(tx, &resource).await? {
                return Ok(Err(trouble));
            }
            resources::update(tx, &resource).await.map(Ok)
        };
        desk.db.write::<Result<(), Trouble>, DbError, _>(work).await??;
        manner.say(json!({ "resource": uri }), format!("updated the resource {uri}"))
    })
}
