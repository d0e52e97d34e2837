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
        let sentence = match error.kind() {
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => INCOMPLETE.to_owned(),
            _ => one_sentence(&error.render().to_string()),
        };
        CliError::new(error::ErrorKind::Usage, sentence, Vec::new()).print(true);
        return ExitCode::from(WRONG_USAGE);
    }
    // Without an output, there is no place to say so.
    let _ = error.print();
    if error.exit_code() == 0 { ExitCode::SUCCESS } else { ExitCode::from(WRONG_USAGE) }
}

/// In the place of the help that a person gets.
const INCOMPLETE: &str = "the command is not complete; --help lists what it takes";

/// The message of an error on one line, without the usage after it.
fn one_sentence(text: &str) -> String {
    let is_end = |line: &str| line.starts_with("Usage:") || line.starts_with("For more information");
    let lines = text.strip_prefix("error: ").unwrap_or(text).lines().map(str::trim);
    let mut sentence = String::new();
    for line in lines.take_while(|line| !is_end(line)).filter(|line| !line.is_empty()) {
        sentence += match line {
            _ if sentence.is_empty() => "",
            line if line.starts_with('[') || sentence.ends_with(':') => " ",
            line if line.starts_with("tip:") => "; ",
            _ => ", ",
        };
        sentence += line;
    }
    sentence
}

/// The same error with one option in the place of each group of many of which at least one is required.
fn with_short_groups(mut error: Error) -> Error {
    if let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) {
        if let [only] = missing.as_slice()
            && let Some(changes) = changes(only)
        {
            return Error::raw(error.kind(), format!("name {changes}\n"));
        }
        let short = missing.iter().map(|missing| shortened(missing)).collect();
        error.insert(ContextKind::InvalidArg, ContextValue::Strings(short));
    }
    error
}

/// The largest number of options of a group that an error names.
const NAMED: usize = 3;

fn shortened(missing: &str) -> String {
    changes(missing).unwrap_or_else(|| missing.to_owned())
}

/// The words for a group of many options of which at least one is required; `None` for anything else.
fn changes(missing: &str) -> Option<String> {
    let options: Vec<&str> = missing.trim_start_matches('<').trim_end_matches('>').split("|--").collect();
    match options.as_slice() {
        [first, ..] if options.len() > NAMED => {
            Some(format!("at least one change, such as {first}; --help lists all of them"))
        }
        _ => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_for_programs_is_one_sentence() {
        for (text, sentence) in [
            (
                "error: the following required arguments were not provided:\n  --name <NAME>\n  --kind <KIND>\n\nUsage: \
                 grantor client create --id <ID>\n\nFor more information, try '--help'.\n",
                "the following required arguments were not provided: --name <NAME>, --kind <KIND>",
            ),
            (
                "error: invalid value 'x' for '--kind <KIND>'\n  [possible values: web, spa]\n\nFor more information, try \
                 '--help'.\n",
                "invalid value 'x' for '--kind <KIND>' [possible values: web, spa]",
            ),
            (
                "error: unrecognized subcommand 'usr'\n\n  tip: a similar subcommand exists: 'user'\n\nUsage: grantor\n",
                "unrecognized subcommand 'usr'; tip: a similar subcommand exists: 'user'",
            ),
            ("error: name at least one change\n", "name at least one change"),
        ] {
            assert_eq!(one_sentence(text), sentence);
        }
    }
}
