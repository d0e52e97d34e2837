//! `grantor scope`: what applications may ask for.

mod create;
mod delete;
mod list;
mod update;

use clap::Subcommand;

use super::Trouble;
use crate::oauth::identity::claims;

/// Claims of one scope.
const MOST_CLAIMS: usize = 64;

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

fn unknown(name: &str) -> Trouble {
    format!("there is no scope with the name {name}").into()
}

fn check_description(text: &str) -> Result<(), Trouble> {
    if text.trim().is_empty() || text.len() > 1000 || text.chars().any(char::is_control) {
        return Err("a description has 1 to 1000 bytes on one line; the consent page shows it".into());
    }
    Ok(())
}

/// Claims that exist or may, each once.
fn checked_claims(mut names: Vec<String>) -> Result<Vec<String>, Trouble> {
    names.iter().try_for_each(|name| claims::check_name(name))?;
    names.sort();
    names.dedup();
    if names.len() > MOST_CLAIMS {
        return Err(format!("a scope has {MOST_CLAIMS} claims at most").into());
    }
    Ok(names)
}
