//! `grantor audit`: who did what.

mod list;
mod verify;

use clap::Subcommand;

use super::{CliContext, CliError};
use crate::audit::chain;
use crate::keys::master::ServerKeys;
use crate::secret::random_id;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List events, the oldest first
    List(list::Options),
    /// Check that no event was removed, changed, moved or inserted since it was recorded; exits with 1 if one was
    Verify(verify::Options),
}

pub(super) fn run(command: &Command) -> Result<(), CliError> {
    match command {
        Command::List(options) => list::run(options),
        Command::Verify(options) => verify::run(options),
    }
}

impl CliContext {
    /// Numbers new events, as a running server does each second, so that events of commands are visible without a server.
    async fn number_events(&self, keys: &ServerKeys) -> Result<(), CliError> {
        let holder = random_id();
        chain::number(&self.db, keys, &holder, self.now).await?;
        Ok(chain::release(&self.db, &holder).await?)
    }
}
