//! `grantor user update`.

use clap::Args;
use serde_json::json;

use super::super::{Desk, Manner, Trouble, block_on};
use super::{taken, unknown};
use crate::oauth::user::{check_email, check_username};
use crate::store::db::{DbError, Tx};
use crate::store::users::{self, UserRecord};

#[derive(Args)]
#[command(override_usage = "grantor user update [OPTIONS] <USER>")]
pub(in crate::cli) struct Options {
    /// A username, an e-mail address or an id
    user: String,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    manner: Manner,
}

/// What is to be changed; at least one thing.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// What the person types to sign in
    #[arg(long, value_name = "U")]
    username: Option<String>,
    /// An address that also works at sign-in
    #[arg(long, value_name = "E", conflicts_with = "no_email")]
    email: Option<String>,
    /// The person has no address
    #[arg(long)]
    no_email: bool,
    /// The person's full name
    #[arg(long, value_name = "N", conflicts_with = "no_name")]
    name: Option<String>,
    /// The person's full name is not known
    #[arg(long)]
    no_name: bool,
}

pub(super) fn run(options: Options) -> Result<(), Trouble> {
    let Options { user, changes, manner } = options;
    changes.username.as_deref().map_or(Ok(()), check_username)?;
    changes.email.as_deref().map_or(Ok(()), check_email)?;
    block_on(async {
        let desk = Desk::open(&manner.common).await?;
        let work = async move |tx: &mut Tx| {
            let Some(before) = users::find_record(tx, &user).await? else { return Ok(Err(unknown(&user))) };
            let after = changes.applied_to(before);
            Ok(users::update(tx, &after).await?.map(|()| after).map_err(|name| taken(&name)))
        };
        let user = desk.db.write::<Result<_, Trouble>, DbError, _>(work).await??;
        manner.say(
            json!({ "id": user.id.as_str(), "username": user.username }),
            format!("updated the user {}", user.username),
        )
    })
}

impl Changes {
    fn applied_to(&self, before: UserRecord) -> UserRecord {
        UserRecord {
            username: self.username.clone().unwrap_or(before.username),
            email: self.email.clone().or(before.email.filter(|_| !self.no_email)),
            name: self.name.clone().or(before.name.filter(|_| !self.no_name)),
            ..before
        }
    }
}
