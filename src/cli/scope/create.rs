//! `grantor scope create`.

use clap::Args;
use serde_json::json;

use super::super::client::tokens::lifetime as lifetime_of;
use super::super::client::words::group;
use super::super::{Common, Desk, Trouble, block_on, say};
use super::{check_description, checked_claims};
use crate::oauth::grant::scope::{ScopeRecord, is_scope_name};
use crate::store::db::DbError;
use crate::store::scopes;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The scope's name, as applications send it
    name: String,
    /// What the consent page says that it allows, for example "Read your calendar"
    #[arg(long, value_name = "TEXT")]
    description: String,
    /// Never give it to an application that did not name it in its request
    #[arg(long)]
    sensitive: bool,
    /// A claim about the person that an application learns with it; may be given several times
    #[arg(long = "claim", value_name = "NAME")]
    claims: Vec<String>,
    /// The longest that a token with it lives, such as 1m
    #[arg(long, value_name = "TIME")]
    access_token_lifetime: Option<String>,
    /// Only people of this group can give it
    #[arg(long, value_name = "GROUP", value_parser = group)]
    require_group: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: Options) -> Result<(), Trouble> {
    if !is_scope_name(&options.name) {
        return Err("a scope's name is printable ASCII without space, quote and backslash".into());
    }
    check_description(&options.description)?;
    let claims = checked_claims(options.claims)?;
    block_on(async {
        let desk = Desk::open(&options.common).await?;
        let lifetime = options.access_token_lifetime.as_deref();
        let access_token_lifetime = lifetime.map(|text| lifetime_of(&desk, text)).transpose()?;
        let (name, now) = (options.name.clone(), desk.now);
        let scope = ScopeRecord {
            name: options.name,
            description: options.description,
            sensitive: options.sensitive,
            claims,
            access_token_lifetime,
            required_group: options.require_group,
        };
        let save = async move |tx: &mut _| scopes::save(tx, &scope, now).await;
        if !desk.db.write::<_, DbError, _>(save).await? {
            return Err(format!("the scope {name} exists already").into());
        }
        if options.json {
            return say(json!({ "name": name }));
        }
        say(format!("created the scope {name}"))
    })
}
