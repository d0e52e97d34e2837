//! Why a command cannot do its work, for people and for programs.

use std::fmt;
use std::io::Write as _;

use serde_json::{Value, json};

use crate::config::ConfigError;
use crate::failure::Failure;
use crate::files::FileError;
use crate::store::db::DbError;

/// The reason why a command cannot do its work, as a sentence. Several sentences have a line each.
#[derive(Debug)]
pub(super) struct CliError {
    sentences: String,
    kind: ErrorKind,
    /// What is wrong with the input, for programs.
    faults: Vec<Value>,
}

/// The word by which programs tell errors apart.
#[derive(Clone, Copy, Debug, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(super) enum ErrorKind {
    /// The input is not valid.
    Invalid,
    /// The object does not exist.
    NotFound,
    /// The object exists already, or the act contradicts what is stored.
    Conflict,
    /// Anything else: a file, the configuration, the database.
    Failed,
    /// The command was called wrongly.
    Usage,
}

impl CliError {
    pub(super) fn new(kind: ErrorKind, sentences: String, faults: Vec<Value>) -> Self {
        Self { sentences, kind, faults }
    }

    /// The error with `new` in the place of `old` in its sentences.
    pub(super) fn replacing(self, old: &str, new: &str) -> Self {
        Self { sentences: self.sentences.replace(old, new), ..self }
    }

    /// Prints the error on standard error: a line for each sentence, or one line of JSON.
    pub(super) fn print(&self, as_json: bool) {
        let mut out = std::io::stderr().lock();
        // Without standard error, there is no place to say so.
        if as_json {
            let error: &str = self.kind.into();
            let json = json!({ "error": error, "message": self.sentences, "faults": self.faults });
            let _ = writeln!(out, "{json}");
            return;
        }
        for sentence in self.sentences.lines() {
            let _ = writeln!(out, "grantor: {sentence}");
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentences)
    }
}

impl From<String> for CliError {
    fn from(sentence: String) -> Self {
        Self::new(ErrorKind::Failed, sentence, Vec::new())
    }
}

impl From<&str> for CliError {
    fn from(sentence: &str) -> Self {
        sentence.to_owned().into()
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        error.to_string().into()
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        failure.chain().into()
    }
}

impl From<FileError> for CliError {
    fn from(error: FileError) -> Self {
        error.to_string().into()
    }
}

impl From<DbError> for CliError {
    fn from(error: DbError) -> Self {
        Failure::Database(error).into()
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        error.to_string().into()
    }
}
