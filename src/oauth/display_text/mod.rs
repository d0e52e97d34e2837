//! Text that people see between words of others: names and descriptions.

mod invisible;

/// Whether a text fits on one line, stays where it is put and can be seen: no control characters, no separators of lines, no
/// controls of the writing direction (the property Bidi_Control), which turn the words around them, and no characters that
/// are not shown, except where a script or a picture needs them.
pub fn is_line(text: &str) -> bool {
    is_plain(text) && invisible::is_for_names(text)
}

/// Whether a text is a line as for [`is_line`], and also without those variants of characters that many fonts do not have,
/// because somebody could hide something in them. It is for texts about which a person decides, and that a program then reads.
pub fn is_shown(text: &str) -> bool {
    is_plain(text) && invisible::is_for_decisions(text)
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || is_separator(c) || is_bidi_control(c))
}

/// Whether a text has nothing but spaces. The empty pattern of Braille looks like one.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c == '\u{2800}')
}

/// The text without controls of the writing direction, for a place where it cannot be isolated by markup; in isolates if it
/// is not ASCII (UAX 9 §2.4). For text that was stored before it was checked.
pub fn isolated(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let plain: String = text.chars().filter(|c| !is_bidi_control(*c)).collect();
    format!("\u{2068}{plain}\u{2069}")
}

/// The text without what cannot be seen at its ends and comes along when it is pasted: spaces, tabs and line ends, spaces
/// without width, marks of the byte order, and controls of the writing direction, except those that turn text around.
pub fn trimmed(text: &str) -> &str {
    let is_override = |c| matches!(c, '\u{202d}' | '\u{202e}');
    text.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
            || is_bidi_control(c) && !is_override(c)
    })
}

/// Whether a character controls the writing direction of those after it.
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_nothing_that_moves_the_words_around_it() {
        for good in [
            "",
            "Calendar & Co",
            "\u{5d9}\u{5d5}\u{5de}\u{5df}",
            "\u{645}\u{6cc}\u{200c}\u{62e}",
            "\u{1f600}",
        ] {
            assert!(is_line(good), "{good:?}");
        }
        for bad in [
            '\n', '\0', '\u{7f}', '\u{85}', '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202e}',
            '\u{2028}', '\u{2066}', '\u{2069}',
        ] {
            assert!(!is_line(&format!("a{bad}b")), "{bad:?}");
        }
    }

    #[test]
    fn what_cannot_be_marked_up_is_isolated_by_characters() {
        assert_eq!(isolated("Calendar"), "Calendar");
        assert_eq!(isolated("a\u{202e}b\u{e9}"), "\u{2068}ab\u{e9}\u{2069}");
    }

    #[test]
    fn what_comes_along_with_pasted_text_is_cut_off_at_the_ends_only() {
        assert_eq!(trimmed("\u{feff}\u{202a}\t alice\u{200b}\u{200e}\r\n"), "alice");
        for kept in ["al\u{200b}ice", "al ice", "a\tb", "alice\0", "alice\u{200d}", "\u{202e}ecila", ""] {
            assert_eq!(trimmed(kept), kept, "{kept:?}");
        }
    }
}
