//! `grantor grant list`.

use clap::Args;

use super::super::list::ListOptions;
use super::super::user::consents::words;
use super::super::{CliError, OutputOptions};
use crate::clock::Timestamp;
use crate::oauth::id::ClientId;
use crate::operations::{grants, users};
use crate::representation::grant::to_json;
use crate::store::grant_records::{GrantFilter, GrantRecord, GrantState};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only grants of this user: a username, an e-mail address or an id
    #[arg(long)]
    user: Option<String>,
    /// Only grants to this application, by its client_id
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Also grants that have ended
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    output: OutputOptions,
}

/// The number of grants that are listed without `--limit`: the newest.
const USUAL: u32 = 100;

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let (context, now) = (cli.operations(), cli.now);
        let user = match &options.user {
            Some(user) => Some(users::find(&context, user).await?.person.id),
            None => None,
        };
        let client = options.client.as_deref().map(ClientId::new);
        let filter = GrantFilter { user, client, state: (!options.all).then_some(GrantState::Live) };
        let read = async |listing| grants::list(&context, listing).await;
        let grants = options.list.read_at_most(USUAL, filter, read).await?;
        let header = ["ID", "CLIENT", "USER", "SCOPE", "CREATED", "ENDS", "STATE"];
        let list = options.list.filtered(options.user.is_some() || options.client.is_some() || !options.all);
        options.output.list((&grants, &list), |grant| to_json(grant, now), header, |grant| row(grant, now))
    })
}

fn row(grant: &GrantRecord, now: Timestamp) -> [String; 7] {
    let state = match &grant.revoked_for {
        Some(why) => format!("revoked: {why}"),
        None => grant.state(now).as_str().to_owned(),
    };
    [
        grant.id.clone(),
        grant.client_id.clone(),
        grant.username.clone().unwrap_or_else(|| grant.user_id.clone()),
        words(&grant.granted),
        grant.created_at.iso(),
        grant.revoked_at.unwrap_or_else(|| grant.expires_at.min(grant.idle_expires_at)).iso(),
        state,
    ]
}
