//! `grantor issuer create`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::client::words::Audience;
use super::super::{Desk, Manner, Trouble, block_on};
use super::keys;
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::oauth::id::ClientId;
use crate::operations::{scopes, trusted_issuers};

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
    let keys = keys(options.keys.jwks.as_deref(), options.keys.jwks_uri)?;
    let issuer = TrustedIssuer {
        issuer: options.issuer,
        keys: keys.ok_or("the issuer has no keys")?,
        scopes: scopes::parse(&options.scope)?,
        audience: options.assertion_audience.into(),
        clients: options.clients.iter().map(ClientId::new).collect(),
    };
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let name = trusted_issuers::create(&desk.operations(), issuer).await?.outcome.issuer;
        options.manner.say(json!({ "issuer": name }), format!("trusted the issuer {name}"))
    })
}
