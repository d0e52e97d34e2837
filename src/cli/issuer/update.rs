//! `grantor issuer update`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::client::words::Audience;
use super::super::user::counted;
use super::super::{Desk, Manner, Trouble, block_on};
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
    let changes = changes.described()?;
    block_on(async {
        let desk = Desk::open(&manner.common).await?;
        let (_, revoked) = trusted_issuers::update(&desk.operations(), &name, changes).await?.outcome;
        manner.say(
            json!({ "issuer": name, "grants_revoked": revoked }),
            format!("updated the issuer {name}; revoked {}", counted(revoked, "grant")),
        )
    })
}

impl Changes {
    fn described(self) -> Result<TrustedIssuerChanges, Trouble> {
        let clients = self.clients.iter().map(ClientId::new).collect();
        Ok(TrustedIssuerChanges {
            keys: keys(self.jwks.as_deref(), self.jwks_uri)?,
            scopes: self.scope.as_deref().map(scopes::parse).transpose()?,
            audience: self.assertion_audience.map(Into::into),
            clients: (!self.clients.is_empty()).then_some(clients),
        })
    }
}
