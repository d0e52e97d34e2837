//! The check of the operator's own CSS: it may set what it likes, and load nothing.

use crate::files::{FileError, NamedFile};

/// The largest size of the file, in bytes.
pub const MAX_SIZE: u64 = 64 * 1024;

/// What makes a browser load something (CSS Values 5 §2.3, CSS Images 4 §2.3, CSS Cascade 5 §2), and why it is refused.
///
/// A site that gets such a request would learn who signs in, when, and from where. The content security policy of the pages
/// blocks these requests in any case, and pictures in `data:` addresses, too; without the check, the operator would only see
/// that something is missing.
const LOADS: [(&str, &str); 6] = [
    ("@import", "@import loads another style sheet; put its rules into this file"),
    (
        "url(",
        "url() loads a file, and pages make no other request; pictures are set by brand.logo and brand.favicon",
    ),
    (
        "src(",
        "src() loads a file, and pages make no other request; pictures are set by brand.logo and brand.favicon",
    ),
    ("image(", "image() loads a file, and pages make no other request; use a gradient or a colour"),
    ("image-set(", "image-set() loads a file, and pages make no other request; use a gradient or a colour"),
    ("cross-fade(", "cross-fade() loads a file, and pages make no other request; use a gradient or a colour"),
];

/// Reads the file with the operator's own CSS.
///
/// # Errors
/// If the file cannot be read, is too large, or has a rule that loads something. The error has its line.
pub fn read(file: &NamedFile<'_>) -> Result<String, FileError> {
    let text = file.text(MAX_SIZE)?;
    match loads(&text) {
        Some((line, why)) => Err(file.wrong_line(line, why)),
        None => Ok(text.to_string()),
    }
}

/// The first line on which something is loaded, and why that is refused.
fn loads(css: &str) -> Option<(usize, &'static str)> {
    let plain = PlainText::of(css);
    let found = LOADS.iter().filter_map(|(word, why)| first(&plain.text, word).map(|at| (at, *why)));
    let (at, why) = found.min_by_key(|(at, _)| *at)?;
    Some((plain.lines.get(at).copied().unwrap_or_default(), why))
}

/// The place of a word that does not continue another word, as `image(` does in `my-image(`.
fn first(css: &str, word: &str) -> Option<usize> {
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    let is_whole = |at: usize| !css[..at].ends_with(is_name) || css[..at].ends_with("-webkit-");
    css.match_indices(word).map(|(at, _)| at).find(|at| is_whole(*at))
}

/// CSS in lower case, with a space for each comment, with every escape written out (CSS Syntax 3 §4.3.7), and with nothing in
/// its strings: a string loads something only as an argument of what is found.
#[derive(Default)]
struct PlainText {
    text: String,
    /// The line that each byte of the text was on.
    lines: Vec<usize>,
}

impl PlainText {
    fn of(css: &str) -> Self {
        let (mut plain, mut line) = (Self::default(), 1);
        let mut rest = css;
        while let Some(letter) = rest.chars().next() {
            let (letter, after) = if let Some(comment) = rest.strip_prefix("/*") {
                (' ', comment.split_once("*/").map_or("", |(_, after)| after))
            } else if let Some(escape) = rest.strip_prefix('\\') {
                unescaped(escape)
            } else if matches!(letter, '"' | '\'') {
                (letter, behind_string(&rest[1..], letter))
            } else {
                (letter, &rest[letter.len_utf8()..])
            };
            plain.text.push(letter.to_ascii_lowercase());
            plain.lines.resize(plain.text.len(), line);
            line += rest[..rest.len() - after.len()].matches('\n').count();
            rest = after;
        }
        plain
    }
}

/// What is behind a string (CSS Syntax 3 §4.3.5). `string` begins after the quote. Without another one, the string ends at the
/// end of its line, unless a backslash is there.
fn behind_string(string: &str, quote: char) -> &str {
    let mut letters = string.chars();
    loop {
        let here = letters.as_str();
        match letters.next() {
            None => return "",
            Some(letter) if letter == quote => return letters.as_str(),
            Some('\n' | '\r' | '\u{c}') => return here,
            Some('\\') => {
                if letters.next() == Some('\r') {
                    let after = letters.as_str();
                    letters = after.strip_prefix('\n').unwrap_or(after).chars();
                }
            }
            Some(_) => {}
        }
    }
}

/// The character that an escape means, and what is behind it. `escape` begins after the backslash.
fn unescaped(escape: &str) -> (char, &str) {
    let digits = escape.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
    if digits == 0 {
        let mut letters = escape.chars();
        return (letters.next().unwrap_or(char::REPLACEMENT_CHARACTER), letters.as_str());
    }
    let (code, after) = escape.split_at(digits);
    let letter = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
    // One white space, which may be a line end, belongs to the number.
    let spaces = ["\r\n", "\n", "\r", "\u{c}", "\t", " "];
    let after = spaces.iter().find_map(|space| after.strip_prefix(space)).unwrap_or(after);
    (letter.unwrap_or(char::REPLACEMENT_CHARACTER), after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_loads_something_is_found_with_its_line() {
        for (css, line, word) in [
            ("@import \"a.css\";", 1, "@import"),
            ("\n@IMPORT 'a.css';", 2, "@import"),
            ("a { background: url(https://x.example/a.png) }", 1, "url()"),
            ("a { background: URL( \"//x.example\") }", 1, "url()"),
            ("a { background: url(data:image/png;base64,AAAA) }", 1, "url()"),
            ("/* one\ntwo */ a { background: u\\72l(x) }", 2, "url()"),
            ("a { background: \\000075 rl(x) }", 1, "url()"),
            ("@\\69mport 'a';", 1, "@import"),
            ("\n@\\69\nmport 'a';", 2, "@import"),
            ("@\\69\r\nmport 'a';", 1, "@import"),
            ("a { background: u/**/url(x) }", 1, "url()"),
            ("a { background: image-set(\"a.png\" 1x) }", 1, "image-set()"),
            ("a { background: -webkit-image-set(\"a.png\" 1x) }", 1, "image-set()"),
            ("@font-face { font-family: a; src: src(\"a\") }", 1, "src()"),
            ("a { color: red }\nb { background: image('a.png') }", 2, "image()"),
            ("a::before { content: \"/*\" }\nb { background: url(/evil.png) }", 2, "url()"),
            ("a::before { content: '/*' } b { background: url(/evil.png) } /* */", 1, "url()"),
            ("a { content: \"'\" } b { background: url(x) } c { content: \"'\" }", 1, "url()"),
            ("a { content: \"\\\"\" } b { background: url(x) }", 1, "url()"),
            ("a { content: \"\\\\\" } b { background: url(x) } c { content: \"\" }", 1, "url()"),
            ("a { content: \"no end\n} b { background: url(x) } c { content: \"\" }", 2, "url()"),
            ("a { content: \"no end\r} b { background: url(x) } c { content: \"\" }", 1, "url()"),
            ("a { content: \"one\\\ntwo\" }\nb { background: url(x) }", 3, "url()"),
            ("a { content: \"one\\\r\ntwo\" }\nb { background: url(x) }", 3, "url()"),
            ("a { content: \\\" } b { background: url(x) }", 1, "url()"),
            ("/* \" */ a { background: url(x) } /* \" */", 1, "url()"),
        ] {
            let (found, why) = loads(css).unwrap_or_else(|| panic!("{css}"));
            assert!(found == line && why.starts_with(word), "{css}: {found} {why}");
        }
    }

    #[test]
    fn what_loads_nothing_is_left_alone() {
        for css in [
            "",
            ":root { --accent: #0a7; --radius: 0 }",
            "/* no url(x) and no @import */ a { color: red }",
            "a::before { content: \"\\2713\" }",
            "a { background: linear-gradient(#fff, #eee) } .curl { color: red }",
            "a::before { content: \"url(x)\" } b::before { content: '@import image(y)' }",
            "a::before { content: \"it's \\\" url(x)\" }",
            "a::before { content: \"one\\\nurl(x)\" } b::before { content: \"\\\r\nurl(x)\" }",
            "a::before { content: \"without an end: url(x)",
            "a { width: calc(1px) } /* without an end: url(x)",
        ] {
            assert_eq!(loads(css), None, "{css}");
        }
    }
}
