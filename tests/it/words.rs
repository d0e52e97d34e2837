//! Comments and documentation are plain English: the worst words of CONTRIBUTING.md do not come back.

use std::fs;
use std::path::{Path, PathBuf};

/// Words that nearly always make a riddle, in lower case.
const FORBIDDEN: [&str; 20] = [
    "whom",
    "whoever",
    "nobody",
    "told",
    "hangs on",
    "hang on",
    "comes of",
    "came of",
    "is worth",
    "are worth",
    "to be had",
    "mend",
    "mends",
    "mended",
    "telephone",
    "anew",
    "for ever",
    "in vain",
    "stands in",
    "somebody else's",
];

/// Where they are searched for.
const SEARCHED: [&str; 8] =
    ["README.md", "CHANGELOG.md", "benches", "config", "docs", "migrations", "src", "tests/it"];

/// This file, which lists the words.
const THIS: &str = "tests/it/words.rs";

/// The prose in a line: the comment in Rust, the whole line in other files.
fn prose<'l>(path: &Path, line: &'l str) -> &'l str {
    if path.extension().is_some_and(|extension| extension == "rs") {
        let marks = ["/// ", "//! ", "// "];
        marks.iter().find_map(|mark| line.split_once(mark)).map_or("", |(_, comment)| comment)
    } else {
        line
    }
}

/// Whether `text` contains `word` between two characters that are not part of a word.
fn has(text: &str, word: &str) -> bool {
    let is_in_word =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(word).any(|(at, _)| {
        !is_in_word(text[..at].chars().next_back()) && !is_in_word(text[at + word.len()..].chars().next())
    })
}

/// Adds the files with prose at `path`, which may be a folder.
fn add_files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        entries.for_each(|entry| add_files(&entry, found));
    } else if path
        .extension()
        .is_some_and(|extension| ["rs", "md", "toml", "sql"].iter().any(|it| extension == *it))
    {
        found.push(path.to_owned());
    }
}

#[test]
fn comments_and_documentation_have_none_of_the_forbidden_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    SEARCHED.iter().for_each(|part| add_files(&root.join(part), &mut files));
    files.retain(|path| !path.ends_with(THIS));
    assert!(files.len() > 300, "{} files", files.len());
    let mut hits = Vec::new();
    for path in &files {
        for (number, line) in fs::read_to_string(path).unwrap().lines().enumerate() {
            let text = prose(path, line).to_lowercase();
            let name = path.strip_prefix(root).unwrap().display();
            let words = FORBIDDEN.iter().filter(|word| has(&text, word));
            hits.extend(words.map(|word| format!("{name}:{}: {word}", number + 1)));
        }
    }
    assert!(hits.is_empty(), "write it in plain words (CONTRIBUTING.md, Writing):\n{}", hits.join("\n"));
}
