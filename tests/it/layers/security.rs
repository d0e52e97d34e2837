//! The tests that docs/security.md names: each exists under its name, and each class has one.

use std::fs;
use std::path::Path;

const PAGE: &str = "docs/security.md";

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).expect("the document")
}

/// Every `file.rs::test` in backquotes, as its two parts.
fn named(text: &str) -> Vec<(&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter_map(|quoted| quoted.split_once("::")).filter(|(file, _)| file.ends_with(".rs")).collect()
}

/// Whether the text of a source file has a test with this name: a function directly below the attributes of a test.
fn has_test(source: &str, name: &str) -> bool {
    let is_test = |line: &str| matches!(line, "#[test]" | "#[tokio::test]");
    let mut is_below_attribute = false;
    for line in source.lines().map(str::trim) {
        if is_below_attribute && let Some((_, rest)) = line.split_once("fn ") {
            let declared = rest.split('(').next();
            if declared == Some(name) {
                return true;
            }
        }
        is_below_attribute = is_test(line) || (is_below_attribute && line.starts_with("#["));
    }
    false
}

/// A file as the page names it: below `src`, or below `tests/it`.
fn source_of(file: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = if file.starts_with("src/") { root.to_owned() } else { root.join("tests/it") };
    fs::read_to_string(folder.join(file)).ok()
}

/// The rows of the tables whose last column has this heading, without the heads.
fn rows<'t>(text: &'t str, heading: &str) -> Vec<&'t str> {
    let is_row = |line: &&str| line.starts_with('|');
    let tables = text.split("\n\n").filter(|part| {
        part.lines().next().is_some_and(|head| head.trim_end_matches('|').trim().ends_with(heading))
    });
    tables.flat_map(|table| table.lines().filter(is_row).skip(2)).collect()
}

#[test]
fn every_test_that_the_security_page_names_exists() {
    let text = page();
    let named = named(&text);
    assert!(named.len() > 50, "{named:?}");
    let is_gone =
        |(file, test): &&(&str, &str)| !source_of(file).is_some_and(|source| has_test(&source, test));
    let gone: Vec<_> = named.iter().filter(is_gone).collect();
    assert!(gone.is_empty(), "{PAGE} names tests that do not exist: {gone:?}");
}

#[test]
fn every_class_of_the_security_page_has_a_test() {
    let text = page();
    let classes = rows(&text, "Guarded by");
    assert!(classes.len() > 30, "{classes:?}");
    let unguarded: Vec<_> = classes.into_iter().filter(|row| named(row).is_empty()).collect();
    assert!(unguarded.is_empty(), "{unguarded:?}");
}

#[test]
fn the_check_of_the_security_page_finds_what_is_missing() {
    let source =
        "#[tokio::test]\n#[rustfmt::skip]\nasync fn a_test() {\n    helper();\n}\n\nfn helper() {}\n";
    assert!(has_test(source, "a_test"));
    for other in ["helper", "a_tes", "a_test2", ""] {
        assert!(!has_test(source, other), "{other}");
    }
    assert!(has_test("    #[test]\n    fn inner(text in \".*\") {", "inner"));
    assert_eq!(
        named("a `once.rs::x`, `src/a.rs::y`; `not::it`, `once.rs`"),
        [("once.rs", "x"), ("src/a.rs", "y")]
    );
    assert_eq!(source_of("gone.rs"), None);
    let tables =
        "| A | Other |\n|---|---|\n| 1 | x |\n\n| A | Guarded by |\n|---|---|\n| 2 | y |\n| 3 | z |\n";
    assert_eq!(rows(tables, "Guarded by"), ["| 2 | y |", "| 3 | z |"]);
}
