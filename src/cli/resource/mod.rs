//! `grantor resource`: the APIs that tokens are for (RFC 8707).

mod create;
mod delete;
mod list;
mod update;

use clap::Subcommand;

use super::Trouble;
use crate::oauth::grant::resource::Resource;
use crate::oauth::grant::scope::{OPENID, Scope};
use crate::oauth::id::ClientId;
use crate::store::db::{Conn, DbError};
use crate::store::{clients, scopes};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register an API
    Create(create::Options),
    /// List the APIs
    List(list::Options),
    /// Change an API; what is not named stays as it is
    Update(Box<update::Options>),
    /// Delete an API; no more tokens are issued for it
    Delete(delete::Options),
}

pub(super) fn run(command: Command) -> Result<(), Trouble> {
    match command {
        Command::Create(options) => create::run(options),
        Command::List(options) => list::run(&options),
        Command::Update(options) => update::run(*options),
        Command::Delete(options) => delete::run(&options),
    }
}

fn unknown(uri: &str) -> Trouble {
    format!("there is no resource {uri}").into()
}

fn scope(text: &str) -> Result<Scope, Trouble> {
    if text.is_empty() {
        return Ok(Scope::default());
    }
    Ok(Scope::parse(text).map_err(|error| format!("--scope: {}", error.description))?)
}

/// Whether what a resource names is there: its scopes, and the clients that are its servers.
async fn check(conn: &mut Conn, resource: &Resource) -> Result<Result<(), Trouble>, DbError> {
    if resource.scopes.contains(OPENID) {
        return Ok(Err("the scope openid is this server's own and belongs to no other API".into()));
    }
    for name in resource.scopes.names() {
        if scopes::find(conn, name).await?.is_none() {
            return Ok(Err(format!("there is no scope with the name {name}; create it first").into()));
        }
    }
    for id in &resource.servers {
        match clients::find(conn, id).await? {
            None => return Ok(Err(format!("there is no client with the id {id}").into())),
            Some(found) if found.client.kind.is_public() => {
                return Ok(Err(format!("the client {id} is public, and could not prove who asks").into()));
            }
            Some(_) => {}
        }
    }
    Ok(Ok(()))
}

fn servers(ids: &[String]) -> Vec<ClientId> {
    let mut servers: Vec<ClientId> = ids.iter().map(ClientId::new).collect();
    servers.sort();
    servers.dedup();
    servers
}
