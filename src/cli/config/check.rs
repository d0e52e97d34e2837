//! `grantor config check`.

use serde_json::{Value, json};

use super::super::list::ListOptions;
use super::super::user::counted;
use super::super::{CliError, OutputOptions};
use crate::config::{Config, ConfiguredFile, Finding, SettingSource};
use crate::files::{FileError, NamedFile, pem};
use crate::keys::master::MasterKey;
use crate::server::tls;

pub(super) fn run(output: &OutputOptions) -> Result<(), CliError> {
    let (mistakes, warnings) = match Config::load_with_files(output.common.config.as_deref()) {
        Err(error) => (error.findings().to_vec(), Vec::new()),
        Ok((config, mut warnings)) => {
            let (mistakes, more) = check_contents(&config);
            warnings.extend(more);
            (mistakes, warnings)
        }
    };
    if mistakes.is_empty() && warnings.is_empty() {
        return output.say(Value::Array(Vec::new()), "the configuration is good");
    }
    let all = mistakes.iter().map(|it| (it, "mistake")).chain(warnings.iter().map(|it| (it, "warning")));
    let all: Vec<_> = all.collect();
    output.list(
        (&all, &ListOptions::default()),
        to_json,
        ["OPTION", "SOURCE", "SEVERITY", "FINDING"],
        row,
    )?;
    match mistakes.len() {
        0 => Ok(()),
        count => Err(format!("the configuration has {}", counted(count as u64, "mistake")).into()),
    }
}

/// Reads the files that the options name, except the database. Returns mistakes and warnings.
fn check_contents(config: &Config) -> (Vec<Finding>, Vec<Finding>) {
    let (mut mistakes, mut warnings) = (Vec::new(), Vec::new());
    let mut note = |file: &ConfiguredFile, error: &FileError| match error.is_denied() {
        // The server may run under another account than the operator.
        true => warnings.push(file.finding(format!("{error}; so it was not checked"))),
        false => mistakes.push(file.finding(error.to_string())),
    };
    for file in config.files() {
        if let Err(error) = content(config, &file) {
            note(&file, &error);
        }
    }
    (mistakes, warnings)
}

/// Checks the content of one file.
fn content(config: &Config, file: &ConfiguredFile) -> Result<(), FileError> {
    let named = file.named();
    match (file.key, file.what.as_str()) {
        (Some("tls.certificate"), _) => pem::certificates(&named).map(drop),
        (Some("tls.key"), _) => {
            pem::private_key(&named)?;
            // A mistake of the certificate alone is reported already.
            match pem::certificates(&NamedFile::new("tls.certificate", &config.tls.certificate)) {
                Ok(_) => tls::check(&config.tls),
                Err(_) => Ok(()),
            }
        }
        (Some("fetch.ca_file"), _) | (_, "sslrootcert") => pem::authorities(&named).map(drop),
        (_, "sslcert") => pem::certificates(&named).map(drop),
        (_, "sslkey") => pem::private_key(&named).map(drop),
        (Some("keys.master_key_file"), _) => MasterKey::check_file(&named),
        _ => Ok(()),
    }
}

fn to_json((finding, severity): &(&Finding, &str)) -> Value {
    let source = finding.origin.as_ref().map(SettingSource::to_string);
    json!({ "option": finding.key, "source": source, "finding": finding.sentence(), "severity": severity })
}

fn row((finding, severity): &(&Finding, &str)) -> [String; 4] {
    let source = finding.origin.as_ref().map(SettingSource::to_string);
    [
        finding.key.clone().unwrap_or_else(|| "-".into()),
        source.unwrap_or_else(|| "-".into()),
        (*severity).to_owned(),
        finding.sentence(),
    ]
}
