//! The configuration file as a tree of values.

use std::path::Path;

use config::{File, FileFormat, Map, Source as _, Value};

use crate::files::{FileError, NamedFile};

/// The largest configuration file, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// Parts of the parser's messages, and what they mean. The messages themselves are not shown, because a message could
/// quote the file, which may contain secrets.
const MISTAKES: [(&str, &str); 27] = [
    ("duplicate key", "the same name is written twice"),
    ("must be quoted", "a text must be in quotation marks"),
    ("with no value", "a name must be followed by = and a value"),
    ("missing value", "a name must be followed by = and a value"),
    ("missing assignment", "a name must be followed by = and a value"),
    ("unclosed array table", "the name of a group must be in brackets, such as [http]"),
    ("unclosed table", "the name of a group must be in brackets, such as [http]"),
    ("missing table open", "the name of a group must be in brackets, such as [http]"),
    ("invalid table", "the name of a group must be in brackets, such as [http]"),
    ("unclosed array", "a list that begins with [ must end with ]"),
    ("unclosed inline table", "a group that begins with { must end with }"),
    ("missing comma", "a comma is missing between two values"),
    ("multi-line", "a text in three quotation marks must end with three"),
    ("escape", "in \"…\" a backslash begins an escape; write \\\\, or use '…'"),
    ("basic string", "a quotation mark is missing"),
    ("literal string", "a quotation mark is missing"),
    ("opening quote", "a quotation mark is missing"),
    ("dotted key", "a group of options has the name of an option"),
    ("keys cannot be empty", "a name is missing before ="),
    ("invalid unquoted key", "a name has only letters, digits, - and _"),
    ("invalid key", "a name must be followed by = and a value"),
    ("unexpected key or value", "a value must be followed by the end of the line"),
    ("unexpected content", "a value must be followed by the end of the line"),
    ("carriage return", "a line must end with a line feed, or with a carriage return and a line feed"),
    ("comment", "a comment must be text without control characters"),
    ("date-time", "a text, such as an address or a length of time, must be in quotation marks"),
    ("leading zero", "a number cannot begin with 0"),
];
/// Parts of messages about a value that begins like a number.
const NUMBERS: [&str; 8] =
    ["number", "integer", "float", "fraction", "exponent", "mantissa", "radix", "invalid value"];
const NO_NUMBER: &str =
    "it is not a number; a text, such as an address or a length of time, must be in quotation marks";
const OTHER: &str =
    "the syntax is not that of TOML: each line is a name, = and a value, or a group such as [http]";

/// Every value of a configuration file. `is_option` says whether a text is the name of an option.
///
/// # Errors
/// If the file cannot be read or is not TOML. The error has the line and the option that begins there, and nothing else of
/// what is in the file.
pub(super) fn read(path: &Path, is_option: impl Fn(&str) -> bool) -> Result<Map<String, Value>, FileError> {
    let file = NamedFile::new("the configuration file", path).of_grantor();
    let text = file.text(MAX_SIZE)?;
    File::from_str(&text, FileFormat::Toml).collect().map_err(|error| {
        let config::ConfigError::FileParse { cause, .. } = error else { return file.wrong(OTHER) };
        let Some(error) = cause.downcast_ref::<toml::de::Error>() else { return file.wrong(OTHER) };
        let sentence = sentence(error.message());
        let Some(place) = error.span() else { return file.wrong(sentence) };
        let before = text.as_bytes().get(..place.start).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        match option_at(&text, line).filter(|option| is_option(option)) {
            Some(option) => file.wrong_option(line, &option, sentence),
            None => file.wrong_line(line, sentence),
        }
    })
}

fn sentence(message: &str) -> &'static str {
    let known = MISTAKES.iter().find(|(part, _)| message.contains(part)).map(|(_, sentence)| *sentence);
    let number = || NUMBERS.iter().any(|part| message.contains(part)).then_some(NO_NUMBER);
    known.or_else(number).unwrap_or(OTHER)
}

/// The name that a line begins with, after the group that it is in.
fn option_at(text: &str, line: usize) -> Option<String> {
    let until = text.lines().take(line);
    let group = until.clone().filter_map(|line| line.trim().strip_prefix('[')?.split(']').next()).last();
    let name = until.last()?.split(['=', ':', ' ']).next()?.trim();
    Some(match group {
        Some(group) => format!("{}.{name}", group.trim()),
        None => name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_toml_is_reported_with_its_line_its_option_and_its_reason() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let options = ["listen", "public_url", "http.workers", "http.deadline", "log.filter"];
        for (text, sentence) in [
            ("listen = 127.0.0.1:80", "line 1: listen: it is not a number; a text, such as"),
            ("listen: \"127.0.0.1:80\"", "line 1: listen: a name must be followed by ="),
            ("listen = ", "line 1: listen: a text must be in quotation marks"),
            ("listen", "line 1: listen: a name must be followed by ="),
            ("\n[http]\ndeadline = 10s", "line 3: http.deadline: a text must be in quotation marks"),
            ("[http]\nworkers = 007", "line 2: http.workers: a number cannot begin with 0"),
            ("[http\nworkers = 7", "line 1: the name of a group must be in brackets"),
            ("public_url = \"https://id.example.com", "line 1: public_url: a quotation mark is missing"),
            (
                "public_url = “https://id.example.com”",
                "line 1: public_url: a text must be in quotation marks",
            ),
            ("[log]\nfilter = \"a\\d\"", "line 2: log.filter: in \"…\" a backslash"),
            ("listen = \"a\" \"b\"", "line 1: listen: a value must be followed by the end of the line"),
            ("listen = \"a\"\nlisten = \"b\"", "line 2: listen: the same name is written twice"),
            ("{\"listen\": \"127.0.0.1:80\"}", "line 1: a name must be followed by ="),
            ("[http]\n[http]\n", "line 2: the same name is written twice"),
            ("listen = [1, 2", "line 1: listen: a list that begins with [ must end with ]"),
            ("unknown = secret", "line 1: a text must be in quotation marks"),
        ] {
            std::fs::write(file.path(), text).unwrap();
            let error = read(file.path(), |name| options.contains(&name)).unwrap_err().to_string();
            let (_, said) = error.split_once("cannot be used: ").unwrap();
            assert!(said.starts_with(sentence), "{text}: {said}");
            assert!(!said.contains("secret") && !said.contains(OTHER), "{said}");
        }
    }
}
