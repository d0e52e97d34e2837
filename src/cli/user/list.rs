//! `grantor user list`.

use clap::Args;

use super::super::list::{EnabledState, ListOptions};
use super::super::{CliError, OutputOptions};
use super::role::RoleOrNone;
use super::show::{role, state};
use crate::operations::users;
use crate::representation::user::to_json;
use crate::store::users::{UserFilter, UserRecord};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only users with this text in their username, e-mail address or id, in any spelling
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only users in this state
    #[arg(long)]
    state: Option<EnabledState>,
    /// Only users with this role
    #[arg(long, value_name = "ROLE")]
    role: Option<RoleOrNone>,
    #[command(flatten)]
    list: ListOptions,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let context = cli.operations();
        let filter = UserFilter {
            q: options.search.clone(),
            disabled: options.state.map(EnabledState::is_disabled),
            role: options.role.map(Into::into),
            ..UserFilter::default()
        };
        let users = options.list.read(filter, async |listing| users::list(&context, listing).await).await?;
        let header = ["USERNAME", "E-MAIL", "NAME", "STATE", "ROLE", "ID", "CREATED"];
        let is_filtered = options.search.is_some() || options.state.is_some() || options.role.is_some();
        let list = options.list.filtered(is_filtered);
        options.output.list((&users, &list), to_json, header, row)
    })
}

fn row(user: &UserRecord) -> [String; 7] {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    [
        user.person.username.clone(),
        or_none(&user.person.email),
        or_none(&user.person.name),
        state(user).into(),
        role(user).into(),
        user.person.id.to_string(),
        user.created_at.iso(),
    ]
}
