//! `grantor grant`: what people have allowed applications.

mod list;
mod revoke;

use clap::Subcommand;
use serde_json::{Value, json};

use super::CliError;
use crate::clock::Timestamp;
use crate::store::grant_records::GrantRecord;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the grants that people gave to applications, and their state
    List(list::Options),
    /// Revoke one grant, or everything that a person gave an application, with all tokens issued from it
    Revoke(revoke::Options),
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::List(options) => list::run(&options),
        Command::Revoke(options) => revoke::run(&options),
    }
}

/// Describes a grant as JSON.
pub(super) fn to_json(grant: &GrantRecord, now: Timestamp) -> Value {
    json!({
        "id": grant.id,
        "client_id": grant.client_id,
        "user_id": grant.user_id,
        "username": grant.username,
        "session_id": grant.session_id,
        "issuer": grant.issuer,
        "scope": grant.granted.scope,
        "resources": grant.granted.resources,
        "state": grant.state(now),
        "created_at": grant.created_at.iso(),
        "refreshed": grant.refresh_generation,
        "refreshed_at": (grant.refresh_generation > 0).then(|| grant.rotated_at.iso()),
        "has_refresh_token": grant.has_refresh_token,
        "expires_at": grant.expires_at.min(grant.idle_expires_at).iso(),
        "revoked_at": grant.revoked_at.map(Timestamp::iso),
        "revoked_for": grant.revoked_for,
    })
}
