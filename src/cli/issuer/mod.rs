//! `grantor issuer`: who else is trusted to say who a person is (RFC 7523 §2.1).

mod create;
mod delete;
mod link;
mod list;
mod show;
mod update;

use std::path::Path;

use clap::Subcommand;

use super::Trouble;
use super::client::encryption::jwks;
use crate::fetch::Fetcher;
use crate::jose::foreign::ForeignKeys;
use crate::oauth::grant::scope::{OPENID, Scope};
use crate::oauth::grant::trusted_issuer::{IssuerKeys, TrustedIssuer};
use crate::oauth::id::ClientId;
use crate::store::db::{Conn, DbError};
use crate::store::{clients, scopes};
use crate::{config, oauth};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Trust an issuer, whose tokens then speak for the people that are linked to it
    Create(create::Options),
    /// List the issuers that are trusted
    List(list::Options),
    /// Show one issuer, and the people that are linked to it
    Show(show::Options),
    /// Change what an issuer is trusted with; what is not named stays as it is
    Update(Box<update::Options>),
    /// Trust an issuer no longer; what came of its tokens ends
    Delete(delete::Options),
    /// Say whom an issuer means by a subject
    Link(link::Link),
    /// Take that back; what came of tokens about the subject ends
    Unlink(link::Unlink),
}

pub(super) fn run(command: Command) -> Result<(), Trouble> {
    match command {
        Command::Create(options) => create::run(options),
        Command::List(options) => list::run(&options),
        Command::Show(options) => show::run(&options),
        Command::Update(options) => update::run(*options),
        Command::Delete(options) => delete::run(&options),
        Command::Link(options) => link::link(&options),
        Command::Unlink(options) => link::unlink(&options),
    }
}

fn unknown(issuer: &str) -> Trouble {
    format!("there is no trusted issuer {issuer}").into()
}

fn scope(text: &str) -> Result<Scope, Trouble> {
    Ok(Scope::parse(text).map_err(|error| format!("--scope: {}", error.description))?)
}

fn ids(clients: &[String]) -> Vec<ClientId> {
    let mut ids: Vec<ClientId> = clients.iter().map(ClientId::new).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// The keys that the options name; `None` when they name none.
fn keys(
    options: &config::Fetch,
    file: Option<&Path>,
    uri: Option<&str>,
) -> Result<Option<IssuerKeys>, Trouble> {
    if let Some(uri) = uri {
        oauth::client::registration::check_address(uri)?;
        Fetcher::new(options)?.may_call(uri).map_err(|error| format!("--jwks-uri: {error}"))?;
        return Ok(Some(IssuerKeys::At(uri.to_owned())));
    }
    let Some(file) = file else { return Ok(None) };
    let text = jwks(file)?;
    if ForeignKeys::read(&text).is_none_or(|keys| keys.is_empty()) {
        let file = file.display();
        return Err(
            format!("the JWK Set {file} cannot be used: it has no key to verify signatures by").into()
        );
    }
    Ok(Some(IssuerKeys::Here(text)))
}

/// Whether what an issuer is trusted with is there: its scopes, and the clients that bring its tokens.
async fn check(conn: &mut Conn, issuer: &TrustedIssuer) -> Result<Result<(), Trouble>, DbError> {
    if issuer.scopes.contains(OPENID) {
        return Ok(Err("the scope openid is for people who sign in here".into()));
    }
    for name in issuer.scopes.names() {
        if scopes::find(conn, name).await?.is_none() {
            return Ok(Err(format!("there is no scope with the name {name}; create it first").into()));
        }
    }
    for id in &issuer.clients {
        match clients::find(conn, id).await? {
            None => return Ok(Err(format!("there is no client with the id {id}").into())),
            Some(found) if found.client.kind.is_public() => {
                return Ok(Err(
                    format!("the client {id} is public, and could not prove who brings a token").into()
                ));
            }
            Some(_) => {}
        }
    }
    Ok(Ok(()))
}
