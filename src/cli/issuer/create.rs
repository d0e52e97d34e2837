//! `grantor issuer create`.

use std::path::PathBuf;

use clap::Args;

use super::super::client::words::Audience;
use super::super::{CliError, OutputOptions};
use super::keys;
use crate::oauth::grant::trusted_issuer::TrustedIssuer;
use crate::oauth::id::ClientId;
use crate::operations::{scopes, trusted_issuers};
use crate::representation::trusted_issuer::to_json;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The iss of the issuer's tokens, exactly as written in them
    issuer: String,
    #[command(flatten)]
    keys: Keys,
    /// The scopes that the issuer's tokens can lead to at most, separated by spaces
    #[arg(long, value_name = "\"a b\"")]
    scope: String,
    /// A client that may present the issuer's tokens; may be given several times
    #[arg(long = "client", value_name = "ID", required = true)]
    clients: Vec<String>,
    /// The audience that the issuer's tokens may have: only the issuer of this server, or also the token endpoint, which is
    /// legacy
    #[arg(long, value_name = "AUDIENCE", default_value = "issuer")]
    assertion_audience: Audience,
    #[command(flatten)]
    output: OutputOptions,
}

/// Where the public keys of the issuer are: exactly one of the two options.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Keys {
    /// The public keys of the issuer, as a JWK Set, in a file
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// The address of the issuer's public keys; the server reads them when it needs them
    #[arg(long, value_name = "URI")]
    jwks_uri: Option<String>,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let keys = keys(options.keys.jwks.as_deref(), options.keys.jwks_uri)?;
    let issuer = TrustedIssuer {
        issuer: options.issuer,
        keys: keys.ok_or("the issuer has no keys")?,
        scopes: scopes::parse(&options.scope)?,
        audience: options.assertion_audience.into(),
        clients: options.clients.iter().map(ClientId::new).collect(),
    };
    options.output.common.run(async |cli| {
        let issuer = trusted_issuers::create(&cli.operations(), issuer).await?.outcome;
        options.output.say(to_json(&issuer), format!("trusted the issuer {}", issuer.issuer))
    })
}
