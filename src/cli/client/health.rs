//! `grantor client health`.

use clap::Args;

use super::super::table::{card, table};
use super::super::{CliError, OutputOptions};
use crate::clock::Timestamp;
use crate::oauth::activity::FactKind;
use crate::oauth::client::GrantType;
use crate::oauth::client::health::PolicyHealth;
use crate::oauth::id::ClientId;
use crate::operations::client_health::{self, ClientHealth, ValueUse};

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The client_id
    id: String,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let health = client_health::find(&cli.operations(), &ClientId::new(&options.id)).await?;
        options.output.say(health.to_json(), text(&health))
    })
}

fn text(health: &ClientHealth) -> String {
    let since = match health.counted_since {
        Some(since) => format!("Counted since {}, for at most 30 days.", since.iso()),
        None => "Nothing was counted in the last 30 days.".to_owned(),
    };
    let policies: Vec<[String; 4]> = health.policies.iter().map(policy).collect();
    let mut uses: Vec<[String; 4]> = health.uses.iter().map(used).collect();
    uses.extend(health.record.secrets.iter().map(|secret| {
        let count = health.secret_uses(secret).to_string();
        ["secret".to_owned(), secret.id.clone(), count, time(secret.last_used_at)]
    }));
    let refused = health.refused();
    let refused: Vec<[String; 3]> =
        refused.iter().map(|(word, count, at)| [(*word).to_owned(), count.to_string(), at.iso()]).collect();
    let mut numbers: Vec<(&str, String)> = Vec::new();
    for (name, count) in health.authorizations() {
        numbers.push((label(name), count.to_string()));
    }
    numbers.push(("refreshes", health.refresh.refreshed.to_string()));
    numbers.push(("answered again", health.refresh.answered_again.to_string()));
    numbers.push(("reused tokens", health.refresh.reused.to_string()));
    let mut parts = vec![
        since,
        table(["POLICY", "ABOUT", "VERDICT", "WHY"], &policies),
        card(&numbers),
        table(["USE OF", "VALUE", "TIMES", "LAST USED"], &uses),
    ];
    if !refused.is_empty() {
        parts.push(table(["REFUSED", "TIMES", "LAST"], &refused));
    }
    parts.join("\n\n")
}

/// The name of a number of authorization requests.
fn label(name: &'static str) -> &'static str {
    match name {
        "answered" => "authorizations",
        "with_code" => "with a code",
        "without_pkce" => "without PKCE",
        "without_state" => "without state",
        "with_openid" => "with openid",
        "without_nonce" => "without nonce",
        _ => "on another port",
    }
}

fn policy(policy: &PolicyHealth) -> [String; 4] {
    let value = policy.value.clone().unwrap_or_else(|| "-".to_owned());
    [policy.policy.as_str().to_owned(), value, policy.verdict.as_str().to_owned(), policy.sentence.clone()]
}

fn used(used: &ValueUse) -> [String; 4] {
    let value = match (used.kind, GrantType::parse(&used.value)) {
        (FactKind::GrantType, Some(grant)) => grant.short().to_owned(),
        _ => used.value.clone(),
    };
    [used.kind.as_str().to_owned(), value, used.count.to_string(), time(used.last_used_at)]
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "never".to_owned(), Timestamp::iso)
}
