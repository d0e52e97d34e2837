//! `grantor activity`.

use clap::Args;
use serde_json::Value;

use super::lifetime::instant;
use super::table::table;
use super::{CliError, OutputOptions};
use crate::clock::Timestamp;
use crate::metrics::counters::SignInResult;
use crate::oauth::activity::CountKind;
use crate::operations::activity::{self, ActivityHour};

#[derive(Args)]
pub(super) struct Options {
    /// From this time on: 8h or 7d ago, or a time such as 2026-01-31T12:00:00Z; without this option, the last 24 hours
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Up to this time, which is written as for --since
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let time = |text: &Option<String>| text.as_deref().map(|text| instant(text, cli.now)).transpose();
        let hours = activity::hours(&cli.operations(), time(&options.since)?, time(&options.until)?).await?;
        let json: Value = hours.iter().map(|(at, hour)| hour.to_json(*at)).collect();
        let rows: Vec<[String; 5]> = hours.iter().map(row).collect();
        let header = ["HOUR", "SIGN-INS", "FAILED SIGN-INS", "TOKENS", "REFUSALS"];
        options.output.say(json, table(header, &rows))
    })
}

fn row((at, hour): (&Timestamp, &ActivityHour)) -> [String; 5] {
    let is_good = |word: &str| {
        [SignInResult::Succeeded, SignInResult::SignedUp].iter().any(|result| word == <&str>::from(*result))
    };
    let sign_ins = hour.counts(CountKind::SignIns);
    let good: i64 = sign_ins.filter(|(word, _)| is_good(word)).map(|(_, count)| count).sum();
    [
        at.iso(),
        good.to_string(),
        (hour.total(CountKind::SignIns) - good).to_string(),
        hour.total(CountKind::Tokens).to_string(),
        hour.total(CountKind::Refusals).to_string(),
    ]
}
