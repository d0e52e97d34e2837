//! `grantor config check`.

use serde_json::{Value, json};

use super::super::user::counted;
use super::super::{CliError, OutputOptions};
use crate::config::{Config, Finding, SettingSource};

pub(super) fn run(output: &OutputOptions) -> Result<(), CliError> {
    let Err(error) = Config::load(output.common.config.as_deref()) else {
        return output.say(Value::Array(Vec::new()), "the configuration is good");
    };
    let findings = error.findings();
    output.list(findings, to_json, ["OPTION", "SOURCE", "FINDING"], row)?;
    Err(format!("the configuration has {}", counted(findings.len() as u64, "mistake")).into())
}

fn to_json(finding: &Finding) -> Value {
    let source = finding.origin.as_ref().map(SettingSource::to_string);
    json!({ "option": finding.key, "source": source, "finding": finding.sentence() })
}

fn row(finding: &Finding) -> [String; 3] {
    let source = finding.origin.as_ref().map(SettingSource::to_string);
    [
        finding.key.clone().unwrap_or_else(|| "-".into()),
        source.unwrap_or_else(|| "-".into()),
        finding.sentence(),
    ]
}
