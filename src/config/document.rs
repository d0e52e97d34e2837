//! The configuration file as a tree of values.

use std::path::Path;

use config::{File, FileFormat, Map, Source as _, Value};

use crate::files::{FileError, NamedFile};

/// The largest configuration file, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// Parts of the parser's messages, and what they mean. The messages themselves are not shown, because a message could
/// quote the file, which may contain secrets.
const MISTAKES: [(&str, &str); 9] = [
    ("duplicate key", "the same name is written twice"),
    ("must be quoted", "a text must be in quotation marks"),
    ("with no value", "a name must be followed by = and a value"),
    ("missing value", "a name must be followed by = and a value"),
    ("missing assignment", "a name must be followed by = and a value"),
    ("escape", "in \"…\" a backslash begins an escape; write \\\\, or use '…'"),
    ("basic string", "a quotation mark is missing"),
    ("literal string", "a quotation mark is missing"),
    ("dotted key", "a group of options has the name of an option"),
];

/// Every value of a configuration file.
///
/// # Errors
/// If the file cannot be read or is not TOML. The error has the line, and nothing of what is on it.
pub(super) fn read(path: &Path) -> Result<Map<String, Value>, FileError> {
    let file = NamedFile::new("the configuration file", path);
    let text = file.text(MAX_SIZE)?;
    File::from_str(&text, FileFormat::Toml).collect().map_err(|error| {
        let config::ConfigError::FileParse { cause, .. } = error else { return file.wrong(OTHER) };
        let Some(error) = cause.downcast_ref::<toml::de::Error>() else { return file.wrong(OTHER) };
        let mistake = MISTAKES.iter().find(|(part, _)| error.message().contains(part));
        let sentence = mistake.map_or(OTHER, |(_, sentence)| sentence);
        let Some(place) = error.span() else { return file.wrong(sentence) };
        let before = text.as_bytes().get(..place.start).unwrap_or_default();
        file.wrong_line(1 + before.iter().filter(|byte| **byte == b'\n').count(), sentence)
    })
}

const OTHER: &str = "the syntax is not that of TOML";
