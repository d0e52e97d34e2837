//! Errors about wrong usage, without the values that were given: one of them may be a secret in the wrong place.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

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
