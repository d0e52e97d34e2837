//! The demo, the tests and the benchmark share one build of every library.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Every library that cargo builds, each with the sets of features with which it builds it.
fn features(edges: &str) -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", edges, "--prefix", "none", "--format", "{p}|{f}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut all: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).expect("text").lines() {
        let (library, features) = line.split_once('|').expect("a library and its features");
        all.entry(library.to_owned()).or_default().insert(features.trim_end_matches(" (*)").to_owned());
    }
    all
}

#[test]
fn a_library_of_the_tests_gives_no_library_of_the_server_other_features() {
    let (alone, with_tests) = (features("normal,build"), features("normal,build,dev"));
    assert!(alone.len() > 100 && with_tests.len() > alone.len());
    let differ: Vec<_> = alone
        .iter()
        .filter(|(library, features)| !features.is_subset(&with_tests[*library]))
        .map(|(library, features)| {
            format!("{library}: {features:?}, with the tests {:?}", with_tests[library])
        })
        .collect();
    assert!(differ.is_empty(), "add these features to one_build/Cargo.toml:\n{}", differ.join("\n"));
}

#[test]
fn nothing_large_is_built_for_the_compiler_and_again_for_the_server() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal,build", "--duplicates", "--depth", "0"])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let twice = String::from_utf8(output.stdout).expect("text");
    assert!(twice.contains("log v0.4"), "{twice}");
    for large in ["aws-lc", "libsqlite3", "rustls", "sqlx", "tokio"] {
        assert!(!twice.contains(large), "{large} is built twice:\n{twice}");
    }
}
