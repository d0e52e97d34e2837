//! The names of types: each is used once in the source, so that a search for it finds one thing.

use std::collections::BTreeMap;

/// The arguments of a command are in the file of the command, and are named there alike.
const SHARED: [&str; 2] = ["Options", "Command"];

/// Names that more than one file of the source gives to a type, each with these files.
pub(super) fn repeated(files: &[(String, String)]) -> Vec<String> {
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (file, source) in files {
        for name in types(source) {
            by_name.entry(name).or_default().push(file);
        }
    }
    by_name.retain(|name, files| files.len() > 1 && !SHARED.contains(name));
    by_name.iter().map(|(name, files)| format!("{name} is in {}", files.join(" and "))).collect()
}

/// The types that a source declares outside of functions and tests.
fn types(source: &str) -> impl Iterator<Item = &str> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    source.lines().filter_map(|line| {
        let visible = line.strip_prefix("pub").unwrap_or(line);
        let declaration = match visible.strip_prefix('(') {
            Some(within) => within.split_once(") ")?.1,
            None => visible.strip_prefix(' ').filter(|_| line.starts_with("pub ")).unwrap_or(visible),
        };
        let (keyword, name) = declaration.split_once(' ')?;
        let declares = matches!(keyword, "struct" | "enum" | "type" | "trait" | "union");
        name.split(|c: char| !c.is_alphanumeric() && c != '_').next().filter(|_| declares)
    })
}
