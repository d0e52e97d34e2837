//! `grantor user set-password`.

use clap::Args;
use serde_json::json;

use super::super::password::read_password;
use super::super::{Desk, Manner, Trouble, block_on};
use super::{counted, unknown};
use crate::oauth::grant::Ended;
use crate::store::db::{DbError, Tx};
use crate::store::{codes, device_codes, grants, sessions, users};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// A username, an e-mail address or an id
    user: String,
    /// Read the password from standard input; one line end at its end is dropped
    #[arg(long, required = true)]
    password_stdin: bool,
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let password = read_password()?;
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let hash = desk.passwords()?.hash(password).await?;
        let (name, now) = (options.user.clone(), desk.now);
        let work = async move |tx: &mut Tx| {
            let Some(user) = users::find_record(tx, &name).await? else { return Ok(None) };
            users::set_password(tx, &user.person.id, &hash, now).await?;
            // Whoever knew the old password may have come in by it, or be on the way.
            let ended = sessions::delete_of_user(tx, &user.person.id, now).await?;
            codes::delete_of_user(tx, &user.person.id).await?;
            device_codes::delete_of_user(tx, &user.person.id).await?;
            let revoked = grants::revoke_of_user(tx, &user.person.id, Ended::PasswordChanged, now).await?;
            Ok(Some((user, ended, revoked)))
        };
        let done = desk.db.write::<_, DbError, _>(work).await?;
        let (user, ended, revoked) = done.ok_or_else(|| unknown(&options.user))?;
        let (id, username) = (user.person.id.as_str(), &user.person.username);
        options.manner.say(
            json!({ "id": id, "username": username, "sessions_ended": ended, "grants_revoked": revoked }),
            format!(
                "set the password of {username}; ended {} and revoked {}",
                counted(ended, "session"),
                counted(revoked, "grant")
            ),
        )
    })
}
