//! `grantor key retire`.

use clap::Args;
use serde_json::json;

use super::super::fault::with_hint;
use super::super::question::Question;
use super::super::{CliError, OutputOptions};
use crate::oauth::signing_key::KeyAlgorithm;
use crate::operations::fault::FaultKind;
use crate::operations::keys::{self, Retirement};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The key's name, as `key list` and /jwks show it
    // A thumbprint can begin with a dash.
    #[arg(allow_hyphen_values = true)]
    kid: String,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let (context, kid) = (cli.operations(), &options.kid);
        let algorithm = keys::find(&context, kid).await?.key.algorithm;
        let hint = format!("make another one first: grantor key rotate --algorithm {algorithm} --now");
        let hinted = |denied| with_hint(FaultKind::Conflict, Some("algorithm"), &hint)(denied);
        let found = keys::check_retire(&context, kid).await.map_err(hinted)?;
        options.question.ask(&question(&found))?;
        let Retirement { key, successor } = keys::retire(&context, kid).await.map_err(hinted)?.outcome;
        let signing = successor.map(|successor| successor.kid);
        let act = match key.algorithm {
            KeyAlgorithm::Signing(_) => "signs",
            KeyAlgorithm::Encryption(_) => "is the one to encrypt for",
        };
        let then = signing.as_ref().map_or_else(String::new, |kid| format!("; {kid} {act} from now on"));
        options.output.say(
            json!({ "kid": key.kid, "algorithm": key.algorithm.as_str(), "signing": signing }),
            format!("retired the {} key {}{then}", key.algorithm, key.kid),
        )
    })
}

fn question(found: &Retirement) -> String {
    let Retirement { key, successor } = found;
    let kid = &key.kid;
    let (act, lost) = match key.algorithm {
        KeyAlgorithm::Signing(_) => ("sign with", "Everything that it signed becomes invalid."),
        KeyAlgorithm::Encryption(_) => {
            ("have others encrypt for", "Everything that was encrypted for it becomes unreadable.")
        }
    };
    let then = match successor {
        Some(successor) => format!(", and {act} {} from now on", successor.kid),
        None => String::new(),
    };
    format!("Remove the {} key {kid} from /jwks{then}? {lost}", key.algorithm)
}
