//! `grantor key rotate`.

use clap::Args;
use serde_json::{Value, json};

use super::super::clock::wrong_clock;
use super::super::fault::with_hint;
use super::super::question::Question;
use super::super::{CliError, OutputOptions};
use crate::keys::master::ServerKeys;
use crate::oauth::signing_key::{DueKey, KeyAlgorithm, KeyRecord};
use crate::operations::fault::FaultKind;
use crate::operations::keys::{self, KeyRotation, Start};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// Only replace the key of this algorithm: one of keys.algorithms, or of keys.encryption_algorithms
    #[arg(long, value_parser = algorithm)]
    algorithm: Option<KeyAlgorithm>,
    /// Sign with the new keys at once, before all clients have read them
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    output: OutputOptions,
}

fn algorithm(word: &str) -> Result<KeyAlgorithm, String> {
    let known: Vec<&str> = KeyAlgorithm::all().map(KeyAlgorithm::as_str).collect();
    KeyAlgorithm::parse(word).ok_or_else(|| format!("it is not one of {}", known.join(", ")))
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    let start = if options.now { Start::AtOnce } else { Start::InTime };
    let rotation = KeyRotation { algorithm: options.algorithm, start };
    options.output.common.run(async |cli| {
        let verdict = cli.clock().await?.verdict();
        if !verdict.may_make_keys() {
            return Err(wrong_clock(&verdict));
        }
        let context = cli.operations();
        let hint = with_hint(FaultKind::Conflict, None, "--now makes one that signs at once");
        let due = keys::check_rotate(&context, rotation).await.map_err(hint)?;
        if options.now {
            options.question.ask(&question(&due))?;
        }
        let server_keys = ServerKeys::open(&cli.config, &cli.db, cli.now).await?;
        let hint = with_hint(FaultKind::Conflict, None, "see grantor key list");
        let made = keys::rotate(&context, server_keys.master(), due).await.map_err(hint)?;
        let made: Vec<KeyRecord> = made.into_iter().map(|done| done.outcome).collect();
        let text: Vec<String> = made.iter().map(sentence).collect();
        options.output.say(json!({ "keys": made.iter().map(to_json).collect::<Value>() }), text.join("\n"))
    })
}

fn question(due: &[DueKey]) -> String {
    let words = due.iter().map(|due| due.algorithm.as_str()).collect::<Vec<_>>().join(", ");
    match due.iter().any(|due| matches!(due.algorithm, KeyAlgorithm::Signing(_))) {
        true => format!(
            "Sign with new keys for {words} at once? Clients that read /jwks within the last hour may refuse the new signatures."
        ),
        false => format!(
            "Make the new keys for {words} the ones to encrypt for at once? The old ones still decrypt for a time."
        ),
    }
}

fn to_json(key: &KeyRecord) -> Value {
    json!({ "kid": key.kid, "algorithm": key.algorithm.as_str(), "signs_from": key.signs_from.iso() })
}

fn sentence(key: &KeyRecord) -> String {
    let KeyRecord { kid, algorithm, signs_from, .. } = key;
    let when = format!("from {}", signs_from.iso());
    format!("made the {algorithm} key {kid}, which {}", algorithm.takes_over(&when))
}
