//! `grantor issuer`: other issuers that are trusted to say who a person is (RFC 7523 §2.1).

mod create;
mod delete;
mod link;
mod list;
mod show;
mod update;

use std::path::Path;

use clap::Subcommand;

use super::CliError;
use super::client::encryption::jwks;
use crate::oauth::grant::trusted_issuer::IssuerKeys;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Trust an issuer; its tokens then speak for the people who are linked to it
    Create(create::Options),
    /// List the trusted issuers
    List(list::Options),
    /// Show one issuer and the people who are linked to it
    Show(show::Options),
    /// Change what an issuer is trusted with; everything that you do not name stays the same
    Update(Box<update::Options>),
    /// No longer trust an issuer; revokes everything that was issued for its tokens
    Delete(delete::Options),
    /// Say which user an issuer means by a subject
    Link(link::Link),
    /// Remove the link of a subject to a user; revokes everything that was issued for tokens about the subject
    Unlink(link::Unlink),
}

pub(super) fn run(command: Command) -> Result<(), CliError> {
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

/// The keys that the options name. `None` if they name none.
fn keys(file: Option<&Path>, uri: Option<String>) -> Result<Option<IssuerKeys>, CliError> {
    match (file, uri) {
        (_, Some(uri)) => Ok(Some(IssuerKeys::At(uri))),
        (Some(file), None) => Ok(Some(IssuerKeys::Here(jwks(file)?))),
        (None, None) => Ok(None),
    }
}
