//! `grantor issuer update`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::client::words::Audience;
use super::super::user::counted;
use super::super::{CliError, OutputOptions};
use super::keys;
use crate::oauth::id::ClientId;
use crate::operations::scopes;
use crate::operations::trusted_issuers::{self, TrustedIssuerChanges};

#[derive(Args)]
#[command(override_usage = "grantor issuer update [OPTIONS] <ISSUER>")]
pub(in crate::cli) struct Options {
    /// The iss of its tokens
    issuer: String,
    #[command(flatten)]
    changes: IssuerChangeOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// The changes; at least one is required.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct IssuerChangeOptions {
    /// A file with its public keys, as a JWK Set; replaces the keys or the address before
    #[arg(long, value_name = "FILE", conflicts_with = "jwks_uri")]
    jwks: Option<PathBuf>,
    /// The address of its public keys; replaces the keys or the address before
    #[arg(long, value_name = "URI")]
    jwks_uri: Option<String>,
    /// The scopes that its tokens can lead to at most, separated by spaces; replaces those before
    #[arg(long, value_name = "\"a b\"")]
    scope: Option<String>,
    /// A client that may present its tokens; replaces those before; may be given several times
    #[arg(long = "client", value_name = "ID")]
    clients: Vec<String>,
    /// The audience that its tokens may have: only the issuer of this server, or also the token endpoint, which is legacy
    #[arg(long, value_name = "AUDIENCE")]
    assertion_audience: Option<Audience>,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let Options { issuer: name, changes, output } = options;
    let changes = changes.into_changes()?;
    output.common.run(async |cli| {
        let (_, revoked) = trusted_issuers::update(&cli.operations(), &name, changes).await?.outcome;
        output.say(
            json!({ "issuer": name, "grants_revoked": revoked }),
            format!("updated the issuer {name}; revoked {}", counted(revoked, "grant")),
        )
    })
}

impl IssuerChangeOptions {
    fn into_changes(self) -> Result<TrustedIssuerChanges, CliError> {
        let clients = self.clients.iter().map(ClientId::new).collect();
        Ok(TrustedIssuerChanges {
            keys: keys(self.jwks.as_deref(), self.jwks_uri)?,
            scopes: self.scope.as_deref().map(scopes::parse).transpose()?,
            audience: self.assertion_audience.map(Into::into),
            clients: (!self.clients.is_empty()).then_some(clients),
        })
    }
}
