//! `grantor issuer delete`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::user::counted;
use super::super::{Desk, Manner, Trouble, block_on};
use crate::operations::trusted_issuers;

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
        let (name, context) = (&options.issuer, desk.operations());
        trusted_issuers::find(&context, name).await?;
        options.question.ask(&format!(
            "Stop trusting the issuer {name}, and revoke everything that was issued for its tokens?"
        ))?;
        let revoked = trusted_issuers::delete(&context, name).await?.outcome;
        options.manner.say(
            json!({ "issuer": name, "grants_revoked": revoked }),
            format!("deleted the issuer {name}; revoked {}", counted(revoked, "grant")),
        )
    })
}
