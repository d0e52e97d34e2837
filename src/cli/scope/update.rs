//! `grantor scope update`.

use clap::Args;
use serde_json::json;

use super::super::client::words::group;
use super::super::lifetime::new_lifetime;
use super::super::{Desk, Manner, Trouble, block_on};
use crate::operations::scopes::{self, ScopeChanges};

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
    let Options { name, changes, manner } = options;
    let changes = changes.described()?;
    block_on(async {
        let desk = Desk::open(&manner.common).await?;
        scopes::update(&desk.operations(), &name, changes).await?;
        manner.say(json!({ "name": name }), format!("updated the scope {name}"))
    })
}

impl Changes {
    fn described(self) -> Result<ScopeChanges, Trouble> {
        Ok(ScopeChanges {
            description: self.description,
            sensitive: self.sensitive,
            claims: (self.no_claims || !self.claims.is_empty()).then_some(self.claims),
            access_token_lifetime: new_lifetime(self.access_token_lifetime.as_deref())?,
            required_group: (self.no_required_group || self.require_group.is_some())
                .then_some(self.require_group),
        })
    }
}
