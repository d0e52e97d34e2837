//! `grantor issuer create`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::client::words::Audience;
use super::super::{Desk, Manner, Trouble, block_on};
use super::{check, ids, keys, scope};
use crate::oauth::grant::trusted_issuer::{TrustedIssuer, check_issuer};
use crate::store::db::{DbError, Tx};
use crate::store::trusted_issuers;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The iss of its tokens, byte for byte
    issuer: String,
    #[command(flatten)]
    keys: Keys,
    /// The most that comes of its tokens, scopes separated by spaces
    #[arg(long, value_name = "\"a b\"")]
    scope: String,
    /// A client that may bring its tokens; may be given several times
    #[arg(long = "client", value_name = "ID", required = true)]
    clients: Vec<String>,
    /// Whom its tokens may be for: the issuer of this server alone, or the token endpoint too
    #[arg(long, value_name = "AUDIENCE", default_value = "issuer")]
    assertion_audience: Audience,
    #[command(flatten)]
    manner: Manner,
}

/// Where its public keys are: one of the two.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Keys {
    /// Its public keys, a JWK Set in a file
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// Where its public keys are; they are read when they are needed
    #[arg(long, value_name = "URI")]
    jwks_uri: Option<String>,
}

pub(super) fn run(options: Options) -> Result<(), Trouble> {
    check_issuer(&options.issuer)?;
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        if options.issuer == desk.config.issuer(desk.config.listen.port()) {
            return Err("this is the issuer of this very server, which trusts itself".into());
        }
        let (file, uri) = (options.keys.jwks.as_deref(), options.keys.jwks_uri.as_deref());
        let keys = keys(&desk.config.fetch, file, uri)?.ok_or("the issuer has no keys")?;
        let issuer = TrustedIssuer {
            issuer: options.issuer,
            keys,
            scopes: scope(&options.scope)?,
            audience: options.assertion_audience.into(),
            clients: ids(&options.clients),
        };
        let (name, now) = (issuer.issuer.clone(), desk.now);
        let work = async move |tx: &mut Tx| {
            if let Err(trouble) = check(tx, &issuer).await? {
                return Ok(Err(trouble));
            }
            trusted_issuers::save(tx, &issuer, now).await.map(Ok)
        };
        if !desk.db.write::<Result<bool, Trouble>, DbError, _>(work).await?? {
            return Err(format!("the issuer {name} is trusted already").into());
        }
        options.manner.say(json!({ "issuer": name }), format!("trusted the issuer {name}"))
    })
}
