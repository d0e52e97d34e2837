//! Errors about wrong usage, without the values that were given: one of them may be a secret in the wrong place.

use std::process::ExitCode;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::error::{self, CliError};

/// The exit code of a command that was called wrongly.
const WRONG_USAGE: u8 = 2;

/// Prints what is wrong with the arguments, or the help that they ask for. Returns the exit code.
pub(super) fn refuse(error: Error, as_json: bool) -> ExitCode {
    let error = with_short_groups(without_values(error));
    if as_json && error.exit_code() != 0 {
        let text = error.render().to_string();
        CliError::new(error::ErrorKind::Usage, text.trim().to_owned(), Vec::new()).print(true);
        return ExitCode::from(WRONG_USAGE);
    }
    // Without an output, there is no place to say so.
    let _ = error.print();
    if error.exit_code() == 0 { ExitCode::SUCCESS } else { ExitCode::from(WRONG_USAGE) }
}

/// The same error with one option in the place of each group of many of which at least one is required.
fn with_short_groups(mut error: Error) -> Error {
    if let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) {
        let short = missing.iter().map(|missing| shortened(missing)).collect();
        error.insert(ContextKind::InvalidArg, ContextValue::Strings(short));
    }
    error
}

/// The largest number of options of a group that an error names.
const NAMED: usize = 3;

fn shortened(missing: &str) -> String {
    let options: Vec<&str> = missing.trim_start_matches('<').trim_end_matches('>').split("|--").collect();
    match options.as_slice() {
        [first, ..] if options.len() > NAMED => {
            format!("at least one change, such as {first}; --help lists all of them")
        }
        _ => missing.to_owned(),
    }
}

/// The same error without words that may be secrets. The names of options and misspelt commands stay.
pub(super) fn without_values(mut error: Error) -> Error {
    for (kind, is_harmless) in [
        (ContextKind::InvalidArg, is_option as fn(&str) -> bool),
        (ContextKind::InvalidSubcommand, is_command),
        (ContextKind::InvalidValue, |_| false),
    ] {
        let is_about_it = match kind {
            ContextKind::InvalidArg => error.kind() == ErrorKind::UnknownArgument,
            // Any other error shows the value beside the values that the option may have.
            ContextKind::InvalidValue => error.kind() == ErrorKind::TooManyValues,
            _ => true,
        };
        let is_secret = match error.get(kind) {
            Some(ContextValue::String(word)) => is_about_it && !is_harmless(word),
            _ => false,
        };
        if is_secret {
            error.insert(kind, ContextValue::String("…".into()));
            // The suggestion repeats the word.
            error.remove(ContextKind::Suggested);
        }
    }
    error
}

/// Whether a word has the form of an option, such as `--redirect-uri`.
fn is_option(word: &str) -> bool {
    word.strip_prefix("--").is_some_and(is_command)
}

/// Whether a word has the form of a command, such as `add-secret`.
fn is_command(word: &str) -> bool {
    word.len() <= 40 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}
