//! `grantor issuer link` and `unlink`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::user::counted;
use super::super::{Desk, Manner, Trouble, block_on};
use super::unknown;
use crate::oauth::grant::trusted_issuer::check_subject;
use crate::operations::users;
use crate::store::db::{DbError, Tx};
use crate::store::trusted_issuers;

#[derive(Args)]
pub(in crate::cli) struct Link {
    /// The iss of its tokens
    issuer: String,
    /// The sub of its tokens about this person
    subject: String,
    /// Whom it means: a username, an e-mail address or an id
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
    check_subject(subject)?;
    block_on(async {
        let desk = Desk::open(&manner.common).await?;
        let user = users::find(&desk.operations(), user).await?.person;
        let (key, name, id, now) = (issuer.clone(), subject.clone(), user.id.clone(), desk.now);
        let work = async move |tx: &mut Tx| {
            if trusted_issuers::find(tx, &key).await?.is_none() {
                return Ok(Err(unknown(&key)));
            }
            trusted_issuers::link(tx, &key, &name, &id, now).await.map(Ok)
        };
        if !desk.db.write::<Result<bool, Trouble>, DbError, _>(work).await?? {
            return Err(
                format!("the subject {subject} of {issuer} is somebody already; unlink it first").into()
            );
        }
        let username = &user.username;
        manner.say(
            json!({ "issuer": issuer, "subject": subject, "user_id": user.id.as_str(), "username": username }),
            format!("linked the subject {subject} of {issuer} to {username}"),
        )
    })
}

pub(super) fn unlink(options: &Unlink) -> Result<(), Trouble> {
    let Unlink { issuer, subject, question, manner } = options;
    block_on(async {
        let desk = Desk::open(&manner.common).await?;
        question.ask(&format!(
            "Take the link of the subject {subject} of {issuer} away, and end what came of tokens about it?"
        ))?;
        let (key, name, now) = (issuer.clone(), subject.clone(), desk.now);
        let work = async move |tx: &mut Tx| {
            if !trusted_issuers::unlink(tx, &key, &name).await? {
                return Ok(None);
            }
            trusted_issuers::revoke_untrusted(tx, &key, now).await.map(Some)
        };
        let revoked = desk.db.write::<_, DbError, _>(work).await?;
        let revoked = revoked.ok_or_else(|| format!("the subject {subject} of {issuer} is nobody"))?;
        manner.say(
            json!({ "issuer": issuer, "subject": subject, "grants_revoked": revoked }),
            format!("unlinked the subject {subject} of {issuer}; revoked {}", counted(revoked, "grant")),
        )
    })
}
