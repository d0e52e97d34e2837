//! `grantor scope`: what applications may ask for.

mod create;
mod delete;
mod list;
mod update;

use clap::Subcommand;

use super::Trouble;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Define a scope
    Create(create::Options),
    /// List the scopes
    List(list::Options),
    /// Change what the consent page says of a scope, whether it is sensitive, or what it tells
    Update(update::Options),
    /// Delete a scope, also from what people have allowed
    Delete(delete::Options),
}

pub(super) fn run(command: Command) -> Result<(), Trouble> {
    match command {
        Command::Create(options) => create::run(options),
        Command::List(options) => list::run(&options),
        Command::Update(options) => update::run(options),
        Command::Delete(options) => delete::run(&options),
    }
}
