//! `grantor issuer link` and `unlink`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::user::counted;
use super::super::{CliError, OutputOptions};
use crate::operations::trusted_issuers;

#[derive(Args)]
pub(in crate::cli) struct Link {
    /// The iss of the issuer's tokens
    issuer: String,
    /// The sub of the issuer's tokens about this person
    subject: String,
    /// The user that the subject is linked to: a username, an e-mail address or an id
    #[arg(long)]
    user: String,
    #[command(flatten)]
    output: OutputOptions,
}

#[derive(Args)]
pub(in crate::cli) struct Unlink {
    /// The iss of the issuer's tokens
    issuer: String,
    /// The sub of the issuer's tokens about this person
    subject: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn link(options: &Link) -> Result<(), CliError> {
    let Link { issuer, subject, user, output } = options;
    output.common.run(async |cli| {
        let link = trusted_issuers::link_subject(&cli.operations(), issuer, subject, user).await?.outcome;
        let (id, username) = (link.user_id, link.username);
        output.say(
            json!({ "issuer": issuer, "subject": subject, "user_id": id, "username": username }),
            format!("linked the subject {subject} of {issuer} to {username}"),
        )
    })
}

pub(super) fn unlink(options: &Unlink) -> Result<(), CliError> {
    let Unlink { issuer, subject, question, output } = options;
    output.common.run(async |cli| {
        question.ask(&format!(
            "Remove the link of the subject {subject} of {issuer}, and revoke everything that was issued for tokens about it?"
        ))?;
        let revoked = trusted_issuers::unlink_subject(&cli.operations(), issuer, subject).await?.outcome;
        output.say(
            json!({ "issuer": issuer, "subject": subject, "grants_revoked": revoked }),
            format!("unlinked the subject {subject} of {issuer}; revoked {}", counted(revoked, "grant")),
        )
    })
}
