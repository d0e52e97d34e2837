//! `grantor authorization-type`: what applications may ask for in words of their own (RFC 9396).

mod create;
mod delete;
mod list;
mod show;
mod update;

use std::path::Path;

use clap::Subcommand;
use serde_json::Value;

use super::CliError;
use crate::files::NamedFile;
use crate::oauth::strict_json::{self, JsonFlaw, WrongJson};

/// The largest file with a schema, in bytes.
const MAX_SIZE: u64 = 64 * 1024;

/// The deepest nesting of a file; how deep a schema may be is checked with the type.
const MAX_DEPTH: usize = 100;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register a type of authorization details
    Create(create::Options),
    /// List the types
    List(list::Options),
    /// Show one type with its schema
    Show(show::Options),
    /// Change a type; everything that you do not name stays the same
    Update(Box<update::Options>),
    /// Delete a type, and remove its details from what people have allowed
    Delete(delete::Options),
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
    match command {
        Command::Create(options) => create::run(options),
        Command::List(options) => list::run(&options),
        Command::Show(options) => show::run(&options),
        Command::Update(options) => update::run(*options),
        Command::Delete(options) => delete::run(&options),
    }
}

/// Reads a JSON Schema from a file.
fn schema(file: &Path) -> Result<Value, CliError> {
    let file = NamedFile::new("the JSON Schema", file);
    let text = file.text(MAX_SIZE)?;
    let wrong = |wrong: WrongJson| match wrong.flaw {
        JsonFlaw::Twice => file.wrong("it has an object with the same member twice"),
        JsonFlaw::Deep => file.wrong("it is nested too deeply"),
        JsonFlaw::Short | JsonFlaw::NotJson => file.wrong("it is not JSON"),
    };
    Ok(strict_json::read(text.as_bytes(), MAX_DEPTH).map_err(wrong)?)
}
