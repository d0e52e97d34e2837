//! `grantor clock`: the clocks of the nodes.

mod forget;

use std::time::Duration;

use clap::Subcommand;

use super::{CliContext, CliError};
use crate::clock::Clock;
use crate::clock_watch::{ClockVerdict, ClockWatch};

/// How often a command checks whether another node still renews its time.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Subcommand)]
pub(super) enum Command {
    /// Forget the times that nodes left in the database, after a clock was wrong or the server was off for long
    Forget(forget::Options),
}

pub(super) fn run(command: &Command) -> Result<(), CliError> {
    match command {
        Command::Forget(options) => forget::run(options),
    }
}

impl CliContext {
    /// The clock of this process, compared with the others. If the time of another node contradicts it, waits until it is
    /// known whether that node runs, at most 40 seconds.
    pub(super) async fn clock(&self) -> Result<ClockWatch, CliError> {
        let watch = ClockWatch::of_a_command(&self.db, &Clock::System);
        let mut told = false;
        while watch.look().await? == ClockVerdict::Unclear {
            if !told {
                tracing::info!(
                    "the clock of this machine and the time that another node wrote into the database differ; for at most 40 \
                     seconds this command looks whether that node still runs"
                );
                told = true;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(watch)
    }
}

/// The sentence of a command that needs a clock that is right.
pub(super) fn wrong_clock(verdict: &ClockVerdict) -> CliError {
    format!(
        "{verdict}, so nothing was changed; correct the clock or, if it is right and no node runs, begin with grantor clock forget"
    )
    .into()
}
