//! `grantor issuer update`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::client::words::Audience;
use super::super::user::counted;
use super::super::{Desk, Manner, Trouble, block_on};
use super::{check, ids, keys, scope, unknown};
use crate::store::db::{DbError, Tx};
use crate::store::trusted_issuers;

#[derive(Args)]
#[command(override_usage = "grantor issuer update [OPTIONS] <ISSUER>")]
pub(in crate::cli) struct Options {
    /// The iss of its tokens
    issuer: String,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    manner: Manner,
}

/// What is to be changed; at least one thing.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// Its public keys, a JWK Set in a file; in the place of those before, or of an address
    #[arg(long, value_name = "FILE", conflicts_with = "jwks_uri")]
    jwks: Option<PathBuf>,
    /// Where its public keys are, in the place of an address before, or of a file
    #[arg(long, value_name = "URI")]
    jwks_uri: Option<String>,
    /// The most that comes of its tokens, instead of what it was before; scopes separated by spaces
    #[arg(long, value_name = "\"a b\"")]
    scope: Option<String>,
    /// A client that may bring its tokens, instead of those before; may be given several times
    #[arg(long = "client", value_name = "ID")]
    clients: Vec<String>,
    /// Whom its tokens may be for: the issuer of this server alone, or the token endpoint too
    #[arg(long, value_name = "AUDIENCE")]
    assertion_audience: Option<Audience>,
}

pub(super) fn run(options: Options) -> Result<(), Trouble> {
    let Options { issuer: name, changes, manner } = options;
    block_on(async {
        let desk = Desk::open(&manner.common).await?;
        let keys = keys(&desk.config.fetch, changes.jwks.as_deref(), changes.jwks_uri.as_deref())?;
        let scopes = changes.scope.as_deref().map(scope).transpose()?;
        let (key, now) = (name.clone(), desk.now);
        let work = async move |tx: &mut Tx| {
            let Some(mut issuer) = trusted_issuers::find(tx, &key).await? else {
                return Ok(Err(unknown(&key)));
            };
            if let Some(keys) = &keys {
                issuer.keys = keys.clone();
            }
            if let Some(scopes) = &scopes {
                issuer.scopes = scopes.clone();
            }
            if !changes.clients.is_empty() {
                issuer.clients = ids(&changes.clients);
            }
            issuer.audience = changes.assertion_audience.map_or(issuer.audience, Into::into);
            if let Err(trouble) = check(tx, &issuer).await? {
                return Ok(Err(trouble));
            }
            trusted_issuers::update(tx, &issuer).await?;
            trusted_issuers::revoke_untrusted(tx, &key, now).await.map(Ok)
        };
        let revoked = desk.db.write::<Result<u64, Trouble>, DbError, _>(work).await??;
        manner.say(
            json!({ "issuer": name, "grants_revoked": revoked }),
            format!("updated the issuer {name}; revoked {}", counted(revoked, "grant")),
        )
    })
}
