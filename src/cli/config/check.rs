//! `grantor config check`.

use serde_json::{Value, json};

use super::super::list::ListOptions;
use super::super::user::counted;
use super::super::{CliError, OutputOptions, block_on, say};
use super::registered;
use crate::config::{Config, ConfiguredFile, Finding, PLACES, SettingSource};
use crate::face::{brand, theme_files};
use crate::files::{FileError, pem};
use crate::keys::master::MasterKey;
use crate::server::tls::{self, Mistakes};
use crate::x509::authorities::{check_authorities, check_revoked};

pub(super) fn run(output: &OutputOptions) -> Result<(), CliError> {
    let mut read = Vec::new();
    let (mistakes, warnings) = match Config::load_with_files(output.common.config.as_deref()) {
        Err(error) => (error.findings().to_vec(), Vec::new()),
        Ok((config, mut warnings)) => {
            read = read_files(&config);
            let (mistakes, more) = check_contents(&config);
            warnings.extend(more);
            block_on(async {
                warnings.extend(registered::warnings(&config).await);
                Ok(())
            })?;
            (mistakes, warnings)
        }
    };
    if mistakes.is_empty() && warnings.is_empty() {
        let lines = std::iter::once("the configuration is good".to_owned()).chain(read);
        return output.say(Value::Array(Vec::new()), lines.collect::<Vec<_>>().join("\n"));
    }
    let all = mistakes.iter().map(|it| (it, "mistake")).chain(warnings.iter().map(|it| (it, "warning")));
    let all: Vec<_> = all.collect();
    output.list(
        (&all, &ListOptions::default()),
        to_json,
        ["OPTION", "SOURCE", "SEVERITY", "FINDING"],
        row,
    )?;
    if !output.json && !read.is_empty() {
        say(read.join("\n"))?;
    }
    match mistakes.len() {
        0 => Ok(()),
        count => Err(format!("the configuration has {}", counted(count as u64, "mistake")).into()),
    }
}

/// A line for each file that was read; without the database, of which the check reads nothing.
fn read_files(config: &Config) -> Vec<String> {
    let itself = match &config.file {
        Some(file) => format!("read the configuration file {}", file.display()),
        None => format!("read no configuration file: {PLACES}"),
    };
    let files = config.files();
    let read = files.iter().filter(|file| !is_of_sqlite(file) && file.path.exists());
    let read = read.map(|file| format!("read {} {}", file.what, file.path.display()));
    std::iter::once(itself).chain(read).collect()
}

fn is_of_sqlite(file: &ConfiguredFile) -> bool {
    file.key == Some("database.url") && !file.what.starts_with("ssl")
}

/// Reads the files that the options name, except the database. Returns mistakes and warnings.
fn check_contents(config: &Config) -> (Vec<Finding>, Vec<Finding>) {
    let (mut mistakes, mut warnings) = (Vec::new(), Vec::new());
    let tls = if config.tls.is_on() { tls::check(&config.tls) } else { Ok(()) };
    for file in config.files() {
        match content(&tls, &file) {
            Ok(()) => {
                let wrong = folder(config, &file).err().unwrap_or_default();
                mistakes.extend(wrong.into_iter().map(|sentence| file.finding(sentence)));
            }
            // The server may run under another account than the operator.
            Err(error) if error.is_denied() => {
                warnings.push(file.finding(format!("{error}; so it was not checked")));
            }
            Err(error) => mistakes.push(file.finding(error.to_string())),
        }
    }
    (mistakes, warnings)
}

/// Checks what is in a folder of the theme. Returns a sentence for each mistake.
fn folder(config: &Config, file: &ConfiguredFile) -> Result<(), Vec<String>> {
    match file.key {
        Some("brand.templates") => {
            // Mistakes in the texts are found at their own option.
            let messages = config.brand.messages().map(theme_files::messages).transpose();
            theme_files::templates(&file.path, &messages.ok().flatten().unwrap_or_default()).map(drop)
        }
        Some("brand.messages") => theme_files::messages(&file.path).map(drop),
        _ => Ok(()),
    }
}

/// Checks the content of one file; `tls` is the outcome for the files of TLS.
fn content(tls: &Result<(), Mistakes>, file: &ConfiguredFile) -> Result<(), FileError> {
    let named = file.named();
    match (file.key, file.what.as_str()) {
        // Each mistake is reported with the option of its own file.
        (Some("tls.certificate" | "tls.key"), _) => {
            let mistakes = tls.as_ref().err().into_iter().flat_map(Mistakes::all);
            mistakes.filter(|mistake| mistake.is_about(&named)).cloned().map(Err).next().unwrap_or(Ok(()))
        }
        (Some("tls.client_ca"), _) => check_authorities(&named),
        (Some("tls.client_crl"), _) => check_revoked(&named),
        (Some("fetch.ca_file"), _) => pem::authorities(&named).map(drop),
        (_, parameter @ ("sslrootcert" | "sslcert" | "sslkey")) => {
            pem::check_beginning(&named)?;
            match parameter {
                "sslrootcert" => pem::authorities(&named).map(drop),
                "sslcert" => pem::certificates(&named).map(drop),
                _ => pem::private_key(&named).map(drop),
            }
        }
        // Their contents have mistakes of their own.
        (Some("brand.templates" | "brand.messages"), _) => named.folder(),
        (Some(key), _) if key.starts_with("brand.") => brand::check_file(key, &named),
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
