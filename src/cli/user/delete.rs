//! `grantor user delete`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::{Desk, Manner, Trouble, block_on};
use super::{counted, find, unknown};
use crate::oauth::grant::Ended;
use crate::store::db::{DbError, Tx};
use crate::store::{codes, device_codes, grants, sessions, users};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// A username, an e-mail address or an id
    user: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let user = find(&desk, &options.user).await?;
        let (id, username) = (user.person.id.clone(), &user.person.username);
        options.question.ask(&format!(
            "Delete the user {username} (id {id}) with all sessions, consents and what applications hold?"
        ))?;
        let now = desk.now;
        let work = async move |tx: &mut Tx| {
            // The id: the name may have become another user's while the question stood.
            let Some(user) = users::find_record(tx, id.as_str()).await? else { return Ok(None) };
            let ended = sessions::delete_of_user(tx, &user.person.id, now).await?;
            codes::delete_of_user(tx, &user.person.id).await?;
            device_codes::delete_of_user(tx, &user.person.id).await?;
            let revoked = grants::revoke_of_user(tx, &user.person.id, Ended::UserDeleted, now).await?;
            users::delete(tx, &user.person.id).await?;
            Ok(Some((ended, revoked)))
        };
        let done = desk.db.write::<_, DbError, _>(work).await?;
        let (ended, revoked) = done.ok_or_else(|| unknown(&options.user))?;
        let id = user.person.id.as_str();
        options.manner.say(
            json!({ "id": id, "username": username, "sessions_ended": ended, "grants_revoked": revoked }),
            format!(
                "deleted the user {username}; ended {} and revoked {}",
                counted(ended, "session"),
                counted(revoked, "grant")
            ),
        )
    })
}
