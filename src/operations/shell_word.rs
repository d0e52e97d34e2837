//! Texts in commands that a person copies.

/// Returns a text as one word of a POSIX shell, in quotes if it needs them.
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    // zsh looks for a program in a word that begins with `=`.
    match !text.is_empty() && !text.starts_with('=') && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_the_quotes_of_a_shell() {
        for (text, word) in [
            ("web", "web"),
            ("", "''"),
            ("a b", "'a b'"),
            ("a=b", "a=b"),
            ("=ls", "'=ls'"),
            ("it's; rm -rf /", r"'it'\''s; rm -rf /'"),
            ("$(id) `id`", "'$(id) `id`'"),
        ] {
            assert_eq!(shell_word(text), word);
        }
    }
}
