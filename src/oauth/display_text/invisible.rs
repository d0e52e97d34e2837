//! Characters that are not shown (the property Default_Ignorable_Code_Point), and the few places where a text needs them: a
//! character that changes nothing that people see could hide something from them.

use icu_properties::props::{
    CanonicalCombiningClass, DefaultIgnorableCodePoint, ExtendedPictographic, JoiningType, LineBreak, Script,
    UnifiedIdeograph,
};
use icu_properties::{CodePointMapData, CodePointSetData};

const ZERO_WIDTH_SPACE: char = '\u{200b}';
const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
const BENGALI_RA: char = '\u{9b0}';
const BENGALI_VIRAMA: char = '\u{9cd}';
const BLACK_FLAG: &str = "\u{1f3f4}";
const KEYCAP: char = '\u{20e3}';
/// The flags of England, Scotland and Wales, which are a black flag with invisible letters.
const FLAGS: [&str; 3] = [
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// Whether each invisible character is one that the spelling of a name, of a description or of a picture needs.
pub(super) fn is_for_names(text: &str) -> bool {
    is_needed(text, |before, c, after| changes_shape(before, c, after) || is_spelling(before, c, after))
}

/// Whether each invisible character changes how those around it look.
pub(super) fn is_for_decisions(text: &str) -> bool {
    is_needed(text, changes_shape)
}

/// Whether `is_allowed` accepts each invisible character, by what is before and after it.
fn is_needed(text: &str, is_allowed: impl Fn(&[char], char, &[char]) -> bool) -> bool {
    if text.chars().all(|c| !is_invisible(c)) {
        return true;
    }
    let text = FLAGS.iter().fold(text.to_owned(), |text, flag| text.replace(flag, BLACK_FLAG));
    let all: Vec<char> = text.chars().collect();
    all.iter().enumerate().all(|(at, &c)| !is_invisible(c) || is_allowed(&all[..at], c, &all[at + 1..]))
}

fn is_invisible(c: char) -> bool {
    // Marks of annotations between lines, which no page has, are not shown either.
    let is_annotation = matches!(c, '\u{fff9}'..='\u{fffb}');
    !c.is_ascii() && (is_annotation || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c))
}

/// Joiners where they change letters (the rules A1, A2 and B of UAX 31 §2.3.1) or join pictures, and the form of a picture.
fn changes_shape(before: &[char], c: char, after: &[char]) -> bool {
    let last = before.last().copied();
    match c {
        NON_JOINER => {
            parts_letters(before, after)
                || last.is_some_and(is_virama) && after.first().is_some_and(|next| next.is_alphabetic())
        }
        JOINER => {
            last.is_some_and(is_virama)
                || last == Some(BENGALI_RA) && after.first() == Some(&BENGALI_VIRAMA)
                || joins_pictures(before, after)
        }
        '\u{fe0e}' | '\u{fe0f}' => {
            let is_key = last.is_some_and(|last| matches!(last, '0'..='9' | '#' | '*'));
            last.is_some_and(is_picture) || is_key && after.first() == Some(&KEYCAP)
        }
        _ => false,
    }
}

/// Variants of Chinese and Japanese characters and of Mongolian letters, and the places in words of Thai, Lao, Khmer and
/// Burmese where a line may break.
fn is_spelling(before: &[char], c: char, after: &[char]) -> bool {
    let Some(&last) = before.last() else { return false };
    let is_mongolian = |c| CodePointMapData::<Script>::new().get(c) == Script::Mongolian;
    match c {
        '\u{e0100}'..='\u{e01ef}' => CodePointSetData::new::<UnifiedIdeograph>().contains(last),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => last.is_alphabetic() && is_mongolian(last),
        '\u{180e}' => {
            last.is_alphabetic() && is_mongolian(last) && after.first().copied().is_some_and(is_mongolian)
        }
        ZERO_WIDTH_SPACE => {
            let breaks_in_words =
                |c| CodePointMapData::<LineBreak>::new().get(c) == LineBreak::ComplexContext;
            breaks_in_words(last) && after.first().copied().is_some_and(breaks_in_words)
        }
        _ => false,
    }
}

/// Whether the letters before and after a place would be joined there, as in Arabic.
fn parts_letters(before: &[char], after: &[char]) -> bool {
    let kinds = CodePointMapData::<JoiningType>::new();
    let is_letter = |c: &&char| kinds.get(**c) != JoiningType::Transparent;
    let kind = |c: Option<&char>| c.map(|c| kinds.get(*c));
    let joins_next = [Some(JoiningType::DualJoining), Some(JoiningType::LeftJoining)];
    let joins_last = [Some(JoiningType::DualJoining), Some(JoiningType::RightJoining)];
    joins_next.contains(&kind(before.iter().rev().find(is_letter)))
        && joins_last.contains(&kind(after.iter().find(is_letter)))
}

/// Whether a picture is on both sides, as in that of a family.
fn joins_pictures(before: &[char], after: &[char]) -> bool {
    let is_addition = |c: &&char| matches!(c, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    let picture = before.iter().rev().find(|c| !is_addition(c));
    picture.copied().is_some_and(is_picture) && after.first().copied().is_some_and(is_picture)
}

fn is_picture(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

fn is_virama(c: char) -> bool {
    CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama
}

#[cfg(test)]
mod tests {
    use crate::oauth::display_text::{is_line, is_shown};

    /// Texts that change how they look without the invisible characters.
    const SEEN: [&str; 10] = [
        // Persian: "I want", "books"; the second letter before the non-joiner has a mark.
        "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
        "\u{628}\u{650}\u{200c}\u{647}\u{627}",
        // Devanagari: a half form, and a virama that stays one. Malayalam: a letter at the end. Bengali: RAB.
        "\u{915}\u{94d}\u{200d}\u{937}",
        "\u{915}\u{94d}\u{200c}\u{937}",
        "\u{d05}\u{d35}\u{d28}\u{d4d}\u{200d}",
        "\u{9b0}\u{200d}\u{9cd}\u{9af}\u{9be}\u{9ac}",
        // A family, a health worker with a colour of the skin, a key, a heart.
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{1f469}\u{1f3fd}\u{200d}\u{2695}\u{fe0f} ok",
        "1\u{fe0f}\u{20e3}",
        "We \u{2764}\u{fe0f} \u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    ];
    /// Texts whose invisible characters are a part of their spelling.
    const SPELT: [&str; 4] = [
        "\u{845b}\u{e0100}\u{57ce}",
        "\u{182d}\u{180b}\u{1820}",
        "\u{1820}\u{1828}\u{180e}\u{1820}",
        "\u{e2a}\u{e27}\u{e31}\u{e2a}\u{200b}\u{e14}\u{e35}",
    ];

    #[test]
    fn what_a_script_or_a_picture_needs_may_be_in_a_text() {
        for text in SEEN.into_iter().chain(["", "Caf\u{e9}", "\u{410}", "\u{1f600}", "a\u{301}", "\u{a0}x"]) {
            assert!(is_shown(text) && is_line(text), "{text:?}");
        }
        for text in SPELT {
            assert!(is_line(text) && !is_shown(text), "{text:?}");
        }
    }

    #[test]
    fn what_changes_nothing_that_people_see_is_refused() {
        let hidden = [
            '\u{ad}',
            '\u{34f}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180b}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{2060}',
            '\u{2064}',
            '\u{206a}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0031}',
            '\u{e0041}',
            '\u{e007f}',
            '\u{e0100}',
            '\u{e0fff}',
        ];
        for c in hidden {
            for text in [
                format!("Merchant{c} A"),
                format!("{c}{c}"),
                format!("M{c}e"),
                format!("12{c}3"),
                format!("\u{e9}{c}"),
            ] {
                assert!(!is_line(&text) && !is_shown(&text), "{text:?}");
            }
        }
        for text in [
            // Joiners beside letters that are not joined anyway, or joined anyway, or on one side only.
            "\u{627}\u{200c}\u{628}",
            "\u{628}\u{200d}\u{628}",
            "\u{628}\u{200c}",
            "\u{628}\u{200c}\u{200c}\u{628}",
            "\u{1f468}\u{200d}",
            "\u{1f468}\u{200d}\u{200d}\u{1f469}",
            "\u{2764}\u{fe0f}\u{fe0f}",
            "1\u{fe0f}",
            "\u{845b}\u{e0100}\u{e0101}",
            // A black flag with another text in it, and the text of a flag without it.
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}",
            "\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "\u{e2a}\u{200b}",
            "a\u{200b}\u{e2a}",
        ] {
            assert!(!is_line(text) && !is_shown(text), "{text:?}");
        }
    }
}
