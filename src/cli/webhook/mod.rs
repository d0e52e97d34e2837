//! `grantor webhook`: other programs that get the events of the audit trail.

mod create;
mod delete;
mod deliveries;
mod list;
mod retry;
mod rotate_secret;
mod show;
mod test;
mod update;

use clap::Subcommand;

use super::CliError;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a webhook, and print the secret that signs once
    Create(create::Options),
    /// List the webhooks
    List(list::Options),
    /// Show a webhook, without its secrets
    Show(show::Options),
    /// Change, disable or enable a webhook
    Update(update::Options),
    /// Delete a webhook, and everything that waits to be delivered to it
    Delete(delete::Options),
    /// Give a webhook a new secret, and print it once; the previous secret also signs for a while
    RotateSecret(rotate_secret::Options),
    /// List the messages to a webhook, those that were sent and those that wait
    Deliveries(deliveries::Options),
    /// Resend messages that were not delivered, at once
    Retry(retry::Options),
    /// Send a test message
    Test(test::Options),
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Create(options) => create::run(options),
        Command::List(options) => list::run(&options),
        Command::Show(options) => show::run(&options),
        Command::Update(options) => update::run(options),
        Command::Delete(options) => delete::run(&options),
        Command::RotateSecret(options) => rotate_secret::run(&options),
        Command::Deliveries(options) => deliveries::run(&options),
        Command::Retry(options) => retry::run(&options),
        Command::Test(options) => test::run(&options),
    }
}
