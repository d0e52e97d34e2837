//! `grantor session list`.

use clap::Args;

use super::super::list::ListOptions;
use super::super::{CliError, OutputOptions};
use crate::operations::{sessions, users};
use crate::representation::session::to_json;
use crate::store::sessions::SessionRecord;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only sessions of this user: a username, an e-mail address or an id
    #[arg(long)]
    user: Option<String>,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let user = match &options.user {
            Some(user) => Some(users::find(&context, user).await?.person.id),
            None => None,
        };
        let sessions =
            options.list.read(user, async |listing| sessions::list(&context, listing).await).await?;
        let header = ["ID", "USER", "SIGNED IN", "LAST SEEN", "ENDS"];
        let list = options.list.filtered(options.user.is_some());
        options.output.list((&sessions, &list), to_json, header, row)
    })
}

fn row(session: &SessionRecord) -> [String; 5] {
    [
        session.id.clone(),
        session.username.clone(),
        session.auth_time.iso(),
        session.last_seen_at.iso(),
        session.expires_at.iso(),
    ]
}
