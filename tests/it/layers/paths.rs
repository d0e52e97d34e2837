//! Reads the paths that a source file names.

/// Every full path that a file names: relative paths resolved, groups expanded, test modules left out.
pub(super) fn paths(name: &str, source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let tokens = without_new_names(&tokens(source));
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        at = read_path(&tokens, at, &[], &mut found).max(at + 1);
    }
    let module = module(name);
    // By itself it is part of a visibility, or a value.
    found.retain(
        |path| !matches!(path.as_slice(), [word] if matches!(word.as_str(), "crate" | "super" | "self")),
    );
    found.into_iter().map(|path| resolved(&module, path).join("::")).collect()
}

/// Removes `as name`, but not the path of `as a::b`.
fn without_new_names(tokens: &[String]) -> Vec<String> {
    let is_new_name = |at: usize| {
        let follows = |by: usize| tokens.get(at + by).map(String::as_str);
        tokens[at] == "as" && follows(1).is_some_and(is_name) && follows(2) != Some("::")
    };
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if is_new_name(at) {
            at += 2;
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Reads `a::b::{c, d::e}` from `at` on below `prefix`. Returns the index after it.
fn read_path(tokens: &[String], mut at: usize, prefix: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") if path.len() > prefix.len() || !prefix.is_empty() => {
                at += 1;
                while at < tokens.len() && tokens[at] != "}" {
                    at = read_path(tokens, at, &path, found).max(at + 1);
                }
                return at + 1;
            }
            Some(word) if is_name(word) => path.push(word.to_owned()),
            Some("*") if !path.is_empty() => {
                path.push("*".to_owned());
                found.push(path);
                return at + 1;
            }
            _ => return at,
        }
        at += 1;
        if tokens.get(at).map(String::as_str) != Some("::") {
            found.push(path);
            return at;
        }
        at += 1;
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Identifiers, `::` and every other character by itself; comments and string literals are skipped.
pub(super) fn tokens(source: &str) -> Vec<String> {
    let (mut tokens, mut rest) = (Vec::new(), source);
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            text_length(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].find('\'').map_or(1, |end| end + 2)
        } else {
            let length = match rest.starts_with("::") {
                true => 2,
                false => rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .filter(|end| *end > 0)
                    .unwrap_or(if is_name(rest) { rest.len() } else { first.len_utf8() }),
            };
            if !first.is_whitespace() {
                tokens.push(rest[..length].to_owned());
            }
            length
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length in bytes of the string literal that begins here, with its quotes.
fn text_length(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The module of a file: `oauth/mod.rs` and `oauth.rs` are both `crate::oauth`.
pub(super) fn module(name: &str) -> Vec<String> {
    let path = name.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let words = path.split('/').filter(|word| !matches!(*word, "lib" | "main" | "mod"));
    std::iter::once("crate").chain(words).map(str::to_owned).collect()
}

fn resolved(module: &[String], path: Vec<String>) -> Vec<String> {
    let supers = path.iter().take_while(|word| *word == "super").count();
    let is_relative = supers > 0 || path[0] == "self";
    if !is_relative {
        return path;
    }
    let rest = &path[supers.max(1)..];
    [&module[..module.len().saturating_sub(supers).max(1)], rest].concat()
}
