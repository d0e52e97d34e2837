//! `grantor issuer delete`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::user::counted;
use super::super::{Desk, Manner, Trouble, block_on};
use super::show::find;
use super::unknown;
use crate::store::db::{DbError, Tx};
use crate::store::trusted_issuers;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The iss of its tokens
    issuer: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        let name = &options.issuer;
        find(&desk, name).await?;
        options
            .question
            .ask(&format!("Trust the issuer {name} no longer, and end what came of its tokens?"))?;
        let (key, now) = (name.clone(), desk.now);
        let delete = async move |tx: &mut Tx| {
            if !trusted_issuers::delete(tx, &key).await? {
                return Ok(None);
            }
            trusted_issuers::revoke_untrusted(tx, &key, now).await.map(Some)
        };
        let revoked = desk.db.write::<_, DbError, _>(delete).await?.ok_or_else(|| unknown(name))?;
        options.manner.say(
            json!({ "issuer": name, "grants_revoked": revoked }),
            format!("deleted the issuer {name}; revoked {}", counted(revoked, "grant")),
        )
    })
}
