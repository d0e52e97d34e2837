//! `grantor issuer link` and `unlink`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::user::counted;
use super::super::{Manner, Trouble};
use crate::operations::trusted_issuers;

#[derive(Args)]
pub(in crate::cli) struct Link {
    /// The iss of its tokens
    issuer: String,
    /// The sub of its tokens about this person
    subject: String,
    /// The user who is meant: a username, an e-mail address or an id
    #[arg(long)]
    user: String,
    #[command(flatten)]
    manner: Manner,
}

#[derive(Args)]
pub(in crate::cli) struct Unlink {
    /// The iss of its tokens
    issuer: String,
    /// The sub of its tokens about this person
    subject: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn link(options: &Link) -> Result<(), Trouble> {
    let Link { issuer, subject, user, manner } = options;
    manner.common.run(async |desk| {
        let user = trusted_issuers::link_subject(&desk.operations(), issuer, subject, user).await?.outcome;
        let (id, username) = (user.id.as_str(), &user.username);
        manner.say(
            json!({ "issuer": issuer, "subject": subject, "user_id": id, "username": username }),
            format!("linked the subject {subject} of {issuer} to {username}"),
        )
    })
}

pub(super) fn unlink(options: &Unlink) -> Result<(), Trouble> {
    let Unlink { issuer, subject, question, manner } = options;
    manner.common.run(async |desk| {
        question.ask(&format!(
            "Remove the link of the subject {subject} of {issuer}, and revoke everything that was issued for tokens about it?"
        ))?;
        let revoked = trusted_issuers::unlink_subject(&desk.operations(), issuer, subject).await?.outcome;
        manner.say(
            json!({ "issuer": issuer, "subject": subject, "grants_revoked": revoked }),
            format!("unlinked the subject {subject} of {issuer}; revoked {}", counted(revoked, "grant")),
        )
    })
}
