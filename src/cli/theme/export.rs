//! `grantor theme export`.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::{CliError, OutputOptions};
use crate::face::replacement;
use crate::face::templates::replaceable;
use crate::face::theme::Replacement;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// The folder; it is made if it does not exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The templates to write, such as consent.html; only those that you change, because a template of yours does not change
    /// with the server
    #[arg(value_name = "TEMPLATE", required = true)]
    templates: Vec<String>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    let templates = options.templates.iter().map(|name| find(name)).collect::<Result<Vec<_>, CliError>>()?;
    let failed = |path: &Path, error: std::io::Error| -> CliError {
        format!("cannot write {}: {error}", path.display()).into()
    };
    fs::create_dir_all(&options.folder).map_err(|error| failed(&options.folder, error))?;
    let mut written = Vec::new();
    for template in templates {
        let path = options.folder.join(&template.name);
        // A template that the operator has changed stays.
        let file = File::create_new(&path).map_err(|error| failed(&path, error))?;
        (&file).write_all(template.text.as_bytes()).map_err(|error| failed(&path, error))?;
        written.push(path.display().to_string());
    }
    let lines = format!(
        "{}\nLook at it with `grantor theme preview --templates {}`.",
        written.join("\n"),
        options.folder.display()
    );
    options.output.say(written.into_iter().map(Value::from).collect::<Vec<_>>(), lines)
}

/// Finds a template by its name, with or without the ending.
fn find(name: &str) -> Result<Replacement, CliError> {
    let found = replacement::start(name).or_else(|| replacement::start(&format!("{name}.html")));
    found.ok_or_else(|| {
        format!("there is no template {name} that can be replaced; these can: {}", replaceable().join(", "))
            .into()
    })
}
