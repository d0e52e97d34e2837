//! `grantor scope delete`.

use clap::Args;
use serde_json::json;

use super::super::fault::with_hint;
use super::super::question::Question;
use super::super::{CliError, OutputOptions};
use crate::failure::Denied;
use crate::oauth::id::ClientId;
use crate::operations::fault::{FaultKind, Faults};
use crate::operations::scope_deletion::{self, InUse};
use crate::operations::scopes::in_a_sentence;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The scope's name
    name: String,
    /// Also take the scope from the clients that may ask for it
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let (name, context) = (&options.name, cli.operations());
        let in_use = if options.force { InUse::TakeAway } else { InUse::Refuse };
        let allowed = scope_deletion::check_delete(&context, name, in_use).await.map_err(force_helps)?;
        let from =
            if allowed.is_empty() { String::new() } else { format!("from {} and ", in_a_sentence(&allowed)) };
        options.question.ask(&format!(
            "Delete the scope {name}, and remove it {from}from everything that people have allowed?"
        ))?;
        let taken_from = scope_deletion::delete(&context, name, in_use).await.map_err(force_helps)?.outcome;
        let ids: Vec<&str> = taken_from.iter().map(ClientId::as_str).collect();
        let from = if ids.is_empty() {
            String::new()
        } else {
            format!(", also from {}", in_a_sentence(&taken_from))
        };
        options
            .output
            .say(json!({ "name": name, "taken_from": ids }), format!("deleted the scope {name}{from}"))
    })
}

fn force_helps(denied: Denied<Faults>) -> CliError {
    with_hint(FaultKind::Conflict, Some("scope"), "--force takes it from them")(denied)
}
