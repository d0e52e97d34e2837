//! `grantor user disable` and `enable`.

use serde_json::json;

use super::super::{Desk, Trouble, block_on};
use super::{Named, counted, unknown};
use crate::store::db::{DbError, Tx};
use crate::store::{sessions, users};

/// Sessions end; grants stay and are refused at the gate, so that enabling gives back what applications had.
pub(super) fn disable(options: &Named) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let (name, now) = (options.user.clone(), desk.now);
        let work = async move |tx: &mut Tx| {
            let Some(user) = users::find_record(tx, &name).await? else { return Ok(None) };
            users::disable(tx, &user.person.id, now).await?;
            let ended = sessions::delete_of_user(tx, &user.person.id, now).await?;
            Ok(Some((user, ended)))
        };
        let done = desk.db.write::<_, DbError, _>(work).await?;
        let (user, ended) = done.ok_or_else(|| unknown(&options.user))?;
        options.manner.say(
            json!({ "id": user.person.id.as_str(), "username": user.person.username, "sessions_ended": ended }),
            format!("disabled the user {}; ended {}", user.person.username, counted(ended, "session")),
        )
    })
}

pub(super) fn enable(options: &Named) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let name = options.user.clone();
        let work = async move |tx: &mut Tx| {
            let Some(user) = users::find_record(tx, &name).await? else { return Ok(None) };
            users::enable(tx, &user.person.id).await.map(|()| Some(user))
        };
        let done = desk.db.write::<_, DbError, _>(work).await?;
        let user = done.ok_or_else(|| unknown(&options.user))?;
        options.manner.say(
            json!({ "id": user.person.id.as_str(), "username": user.person.username }),
            format!("enabled the user {}", user.person.username),
        )
    })
}
