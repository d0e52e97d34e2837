//! `grantor issuer update`.

use std::path::PathBuf;

use clap::Args;

use super::super::client::words::Audience;
use super::super::list::{client_change, scope_change};
use super::super::user::counted;
use super::super::{CliError, OutputOptions};
use super::keys;
use crate::operations::trusted_issuers::{self, TrustedIssuerChanges};
use crate::representation::trusted_issuer::to_json;

#[derive(Args)]
#[command(arg_required_else_help = true, override_usage = "grantor issuer update [OPTIONS] <ISSUER>")]
pub(in crate::cli) struct Options {
    /// The iss of the issuer's tokens
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
    /// The public keys of the issuer, as a JWK Set, in a file; replaces the keys or the address before
    #[arg(long, value_name = "FILE", conflicts_with = "jwks_uri")]
    jwks: Option<PathBuf>,
    /// The address of the issuer's public keys; replaces the keys or the address before
    #[arg(long, value_name = "URI")]
    jwks_uri: Option<String>,
    /// The scopes that the issuer's tokens can lead to at most, separated by spaces; replaces those before
    #[arg(long, value_name = "\"a b\"", conflicts_with_all = ["add_scope", "remove_scope"])]
    scope: Option<String>,
    /// Add scopes, separated by spaces
    #[arg(long, value_name = "\"a b\"")]
    add_scope: Option<String>,
    /// Remove scopes, separated by spaces
    #[arg(long, value_name = "\"a b\"")]
    remove_scope: Option<String>,
    /// A client that may present the issuer's tokens; replaces those before; may be given several times
    #[arg(long = "client", value_name = "ID", conflicts_with_all = ["add_clients", "remove_clients"])]
    clients: Vec<String>,
    /// Add a client; may be given several times
    #[arg(long = "add-client", value_name = "ID")]
    add_clients: Vec<String>,
    /// Remove a client; may be given several times
    #[arg(long = "remove-client", value_name = "ID")]
    remove_clients: Vec<String>,
    /// The audience that the issuer's tokens may have: only the issuer of this server, or also the token endpoint, which is
    /// legacy
    #[arg(long, value_name = "AUDIENCE")]
    assertion_audience: Option<Audience>,
}

pub(super) fn run(options: Options) -> Result<(), CliError> {
    let Options { issuer: name, changes, output } = options;
    let changes = changes.into_changes()?;
    output.common.run(async |cli| {
        let (issuer, revoked) = trusted_issuers::update(&cli.operations(), &name, changes).await?.outcome;
        let mut json = to_json(&issuer);
        json["grants_revoked"] = revoked.into();
        output.say(json, format!("updated the issuer {name}; revoked {}", counted(revoked, "grant")))
    })
}

impl IssuerChangeOptions {
    fn into_changes(self) -> Result<TrustedIssuerChanges, CliError> {
        Ok(TrustedIssuerChanges {
            keys: keys(self.jwks.as_deref(), self.jwks_uri)?,
            scopes: scope_change(
                self.scope.as_deref(),
                self.add_scope.as_deref(),
                self.remove_scope.as_deref(),
            )?,
            audience: self.assertion_audience.map(Into::into),
            clients: client_change(self.clients, false, self.add_clients, self.remove_clients),
        })
    }
}
