//! `grantor user invite` and `reset-link`: links by which people set a password.

use clap::Args;

use super::super::{CliContext, CliError, OutputOptions, say};
use super::create::NewUserOptions;
use super::{NamedUserOptions, warn_of_name};
use crate::clock::Timestamp;
use crate::operations::password_links::{self, PasswordLink};
use crate::representation::user::to_json;

#[derive(Args)]
pub(in crate::cli) struct InviteOptions {
    #[command(flatten)]
    user: NewUserOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn invite(options: &InviteOptions) -> Result<(), CliError> {
    let user = options.user.user()?;
    options.output.common.run(async |cli| {
        let link = password_links::invite(&cli.operations(), user).await?.outcome;
        warn_of_name(&cli.operations(), &link.user.person).await?;
        let done =
            format!("created the user {} with the id {}", link.user.person.username, link.user.person.id);
        report(&cli, &link, &done, options.output.json)
    })
}

pub(super) fn reset(options: &NamedUserOptions) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let link = password_links::create(&cli.operations(), &options.user).await?.outcome;
        let done = format!("made a link for {}; an earlier one no longer works", link.user.person.username);
        report(&cli, &link, &done, options.output.json)
    })
}

fn report(cli: &CliContext, link: &PasswordLink, done: &str, as_json: bool) -> Result<(), CliError> {
    let issuer = cli.config.issuer(cli.config.listen.port());
    let url = link.address(&issuer);
    if as_json {
        let mut json = to_json(&link.user);
        json["link"] = url.into();
        json["link_expires_at"] = Timestamp::iso(link.expires_at).into();
        return say(json);
    }
    say(done)?;
    say(format!("give this link to the person; it works once, until {}:", link.expires_at.iso()))?;
    say(url)
}
