//! `grantor scope update`.

use clap::Args;
use serde_json::json;

use super::super::client::tokens::new_lifetime;
use super::super::client::words::group;
use super::super::{Desk, Manner, Trouble, block_on};
use super::{check_description, checked_claims, unknown};
use crate::store::db::{DbError, Tx};
use crate::store::scopes;

#[derive(Args)]
#[command(override_usage = "grantor scope update [OPTIONS] <NAME>")]
pub(in crate::cli) struct Options {
    /// The scope's name
    name: String,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    manner: Manner,
}

/// What is to be changed; at least one thing.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// What the consent page says that it allows
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Whether it is never given to an application that did not name it in its request
    #[arg(long, value_name = "true|false")]
    sensitive: Option<bool>,
    /// A claim about the person that an application learns with it, instead of those before; may be given several
    /// times
    #[arg(long = "claim", value_name = "NAME", conflicts_with = "no_claims")]
    claims: Vec<String>,
    /// An application learns nothing with it
    #[arg(long)]
    no_claims: bool,
    /// Only people of this group can give it
    #[arg(long, value_name = "GROUP", value_parser = group, conflicts_with = "no_required_group")]
    require_group: Option<String>,
    /// People of every group can give it
    #[arg(long)]
    no_required_group: bool,
    /// The longest that a token with it lives, such as 1m; default says nothing
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
}

pub(super) fn run(options: Options) -> Result<(), Trouble> {
    let Options { name, mut changes, manner } = options;
    changes.claims = checked_claims(changes.claims)?;
    changes.description.as_deref().map_or(Ok(()), check_description)?;
    block_on(async {
        let desk = Desk::open(&manner.common).await?;
        let lifetime = new_lifetime(&desk, changes.access_token_lifetime.as_deref())?;
        let key = name.clone();
        let work = async move |tx: &mut Tx| {
            let Some(mut scope) = scopes::find(tx, &key).await? else { return Ok(false) };
            if let Some(description) = &changes.description {
                scope.description.clone_from(description);
            }
            scope.sensitive = changes.sensitive.unwrap_or(scope.sensitive);
            if changes.no_claims || !changes.claims.is_empty() {
                scope.claims.clone_from(&changes.claims);
            }
            scope.access_token_lifetime = lifetime.unwrap_or(scope.access_token_lifetime);
            if changes.no_required_group || changes.require_group.is_some() {
                scope.required_group.clone_from(&changes.require_group);
            }
            scopes::update(tx, &scope).await.map(|()| true)
        };
        if !desk.db.write::<_, DbError, _>(work).await? {
            return Err(unknown(&name));
        }
        manner.say(json!({ "name": name }), format!("updated the scope {name}"))
    })
}
