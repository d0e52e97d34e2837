//! Users: the rules for their names, how names are compared, and which names look alike.

use std::borrow::Cow;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation as _;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_security::{RestrictionLevel, RestrictionLevelDetection as _, skeleton};

use crate::oauth::display_text::is_line;

/// The maximum length of a name or e-mail address in bytes.
pub const MAX_NAME_LENGTH: usize = 254;
/// The maximum length of a password in bytes; longer ones are refused before hashing.
pub const MAX_PASSWORD_LENGTH: usize = 1024;
/// The maximum length of a skeleton in bytes, so that it fits into an index of every engine.
const MAX_SKELETON_LENGTH: usize = 1024;
/// How many marks may follow one letter (UTS 39 §5.4).
const MAX_MARKS: usize = 4;

/// The form of a text in which all its spellings are equal: compatibility-composed (NFKC) and in lower case.
pub fn folded(text: &str) -> String {
    text.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// The key by which an account is found and its guesses are counted, from a username or e-mail address in any spelling:
/// for a username the form of UsernameCaseMapped (RFC 8265 §3.3), for an address the [`folded`] form.
///
/// PRECIS is registered for the letters of Unicode 6.3, so a key never changes with the data of Unicode.
///
/// A text that can be neither gets a key that no account has: it begins with a space.
pub fn account_key(name: &str) -> String {
    let folded = folded(name);
    if folded.contains('@') {
        return folded;
    }
    match UsernameCaseMapped::enforce(name.trim()) {
        Ok(key) => key.into_owned(),
        Err(_) => format!(" {folded}"),
    }
}

/// What a username looks like (UTS 39 §4), as it is shown and as its key: two names look alike if they have a skeleton in
/// common. What was stored is from the data of Unicode of its release. The two are equal for most names; they differ where a
/// capital looks like another letter than the small one, as I does.
pub fn skeletons(username: &str) -> [String; 2] {
    // In lower case, because people take Alice and alice for one name. The lower case of a skeleton need not be one.
    let look = |name: &str| skeleton(&skeleton(name).collect::<String>().to_lowercase()).collect();
    [look(username), look(&account_key(username))]
}

/// The form of a password in which all keyboards and systems type it alike: composed (NFC), and with every space as the space
/// of ASCII (RFC 8265 §4.2.2; NIST SP 800-63B-4 §3.1.1.2). Passwords are checked, hashed and compared in this form.
pub fn normalized_password(typed: &str) -> Cow<'_, str> {
    if typed.is_ascii() {
        return Cow::Borrowed(typed);
    }
    Cow::Owned(typed.nfc().map(|c| if is_space(c) { ' ' } else { c }).collect())
}

/// Whether two typed texts are one password: they are equal in the form of [`normalized_password`].
pub fn is_same_password(one: &str, other: &str) -> bool {
    normalized_password(one) == normalized_password(other)
}

/// Whether a character is a space other than that of ASCII (general category Zs).
fn is_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// Checks a username: UsernameCaseMapped (RFC 8265 §3.3), without `@`.
///
/// # Errors
/// A sentence for the operator.
pub fn check_username(name: &str) -> Result<(), String> {
    if name.trim() != name || name.is_empty() || name.len() > MAX_NAME_LENGTH {
        return Err(format!("a username has 1 to {MAX_NAME_LENGTH} bytes and no space at its ends"));
    }
    // Names are compared in forms in which ＠ becomes @: the name could be mistaken for another person's address.
    if folded(name).contains('@') {
        return Err("a username has no @; an address goes into `email`".into());
    }
    let Ok(key) = UsernameCaseMapped::enforce(name) else {
        return Err("a username has letters and digits of any language, and signs of ASCII such as . - _, but no spaces, \
                    no control characters, nothing that cannot be seen and no other signs (RFC 8265)"
            .into());
    };
    let is_short = key.len() <= MAX_NAME_LENGTH
        && skeletons(name).iter().all(|skeleton| skeleton.len() <= MAX_SKELETON_LENGTH);
    if is_short {
        Ok(())
    } else {
        Err("the username is too long in the form in which names are compared".into())
    }
}

/// Checks a username that a person chooses: like [`check_username`], and the name is Highly Restrictive (UTS 39 §5.2),
/// which is one script, or a mixture that Chinese, Japanese or Korean is written in. Only characters for names are allowed
/// (UTS 39 §3.1), apart from the signs of ASCII.
///
/// # Errors
/// A sentence for the person.
pub fn check_chosen_username(name: &str) -> Result<(), String> {
    check_username(name)?;
    let key = account_key(name);
    let letters: String = key.chars().filter(|c| !c.is_ascii_punctuation()).collect();
    if letters.is_empty() || !letters.as_str().check_restriction_level(RestrictionLevel::HighlyRestrictive) {
        return Err("a username has letters of one alphabet, and at least one letter or digit".into());
    }
    if key.chars().any(is_overlay) || has_too_many_marks(&key) {
        return Err("a username has no marks that strike letters through, and no heaps of marks".into());
    }
    Ok(())
}

/// Whether a mark is drawn over the letter before it, so that the letter cannot be read.
fn is_overlay(c: char) -> bool {
    matches!(c, '\u{334}'..='\u{338}')
}

/// Whether a letter has too many marks, or one mark twice (UTS 39 §5.4).
fn has_too_many_marks(key: &str) -> bool {
    let (mut marks, mut before) = (0, None);
    key.nfd().any(|c| {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        let is_repeated = marks > 0 && before == Some(c);
        before = Some(c);
        marks > MAX_MARKS || is_repeated
    })
}

/// Checks an e-mail address, as far as possible without sending a message.
///
/// # Errors
/// A sentence for the operator.
pub fn check_email(email: &str) -> Result<(), String> {
    let parts = email.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.len() > 1);
    if !parts || email.len() > MAX_NAME_LENGTH || !is_line(email) || email.chars().any(char::is_whitespace) {
        return Err(format!("{email:?} is not an e-mail address"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_have_one_key() {
        for (one, other) in [
            ("Alice", "alice"),
            ("\u{c0}LICE", "a\u{300}lice"),
            ("\u{ff41}lice", "alice"),
            (" alice ", "alice"),
            ("A@EXAMPLE.com", "a@example.com"),
            ("a\u{ff20}example.com", "a@example.com"),
        ] {
            assert_eq!(account_key(one), account_key(other), "{one}");
        }
        assert_ne!(account_key("alice"), account_key("\u{430}lice"), "Cyrillic \u{430} is another letter");
        // A text that no account can have as its name gets a key that no account has, whatever it folds to.
        for never in ["\u{fb01}sh", "a b", "", "bob\u{2800}"] {
            assert!(account_key(never).starts_with(' '), "{never}");
            assert!(check_username(never).is_err(), "{never}");
        }
    }

    #[test]
    fn a_password_has_one_form_however_it_was_typed() {
        for (typed, form) in [
            ("caf\u{e9} au lait", "caf\u{e9} au lait"),
            ("cafe\u{301} au\u{a0}lait", "caf\u{e9} au lait"),
            ("\u{1112}\u{1161}\u{11ab}\u{3000}x", "\u{d55c} x"),
            ("\u{212b}ngstr\u{f6}m", "\u{c5}ngstr\u{f6}m"),
            // Compatibility forms and capitals are different passwords.
            ("\u{ff41}\u{b2}A", "\u{ff41}\u{b2}A"),
            ("ascii only", "ascii only"),
        ] {
            assert_eq!(normalized_password(typed), form, "{typed}");
            assert_eq!(normalized_password(&normalized_password(typed)), form, "{typed}");
        }
    }

    #[test]
    fn a_username_is_what_rfc_8265_allows_without_an_at_sign() {
        for name in ["alice@example.com", "alice\u{ff20}example.com", "alice\u{fe6b}example.com"] {
            assert!(check_username(name).unwrap_err().contains("no @"), "{name}");
        }
        for name in [
            "\u{200b}",
            "al\u{200d}ice",
            "alice\u{202e}",
            "\u{3164}",
            "\u{feff}alice",
            "a\u{ad}b",
            "alice\u{2800}",
            "\u{2800}",
            "ali\u{fffc}ce",
            "ali\u{fffd}ce",
            "bob smith",
            "bob  smith",
            "bob\u{a0}smith",
            "bob\u{3000}smith",
            "a\u{115f}b",
            "a\u{e0061}b",
            "a\u{fe0f}b",
            "a\0b",
            "a\nb",
            "\u{1f600}",
            "\u{2460}",
            "a\u{2019}b",
            "a\u{20dd}",
            "\u{fb01}sh",
        ] {
            assert!(check_username(name).unwrap_err().contains("RFC 8265"), "{name:?}");
        }
        // Each character becomes three bytes.
        assert!(check_username(&"\u{130}".repeat(127)).unwrap_err().contains("too long"));
        assert_eq!(check_username(&"m".repeat(254)), Ok(()));
        for name in
            ["alice", "Zo\u{eb}", "\u{622}\u{644}\u{6cc}\u{633}", "\u{7231}\u{4e3d}", "o'neil.smith-2"]
        {
            assert_eq!(check_username(name), Ok(()), "{name}");
            assert_eq!(check_chosen_username(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_person_cannot_choose_a_name_of_mixed_scripts_or_with_marks_that_hide_it() {
        for name in [
            "alic\u{435}",
            "\u{430}lice",
            "\u{3b1}lice",
            "a\u{332}lice",
            "a\u{338}lice",
            "a\u{335}lice",
            "alice\u{967}",
            "\u{4e1d}\u{430}",
            "a\u{301}\u{301}",
            "...",
            "-",
        ] {
            assert_eq!(check_username(name), Ok(()), "an operator may: {name}");
            assert!(check_chosen_username(name).is_err(), "{name}");
        }
        for name in [
            "\u{410}\u{43d}\u{43d}\u{430}",
            "\u{5c71}\u{7530}\u{305f}\u{308d}\u{3046}",
            "\u{5c71}\u{7530}taro",
            "\u{d64d}\u{ae38}\u{b3d9}",
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
            "\u{e2a}\u{e21}\u{e0a}\u{e32}\u{e22}",
            "nguy\u{1ec5}n",
            "user_1.x-y'z",
        ] {
            assert_eq!(check_chosen_username(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_look_alike_have_a_skeleton_in_common() {
        let alike = |one: &str, other: &str| {
            let others = skeletons(other);
            skeletons(one).iter().any(|skeleton| others.contains(skeleton))
        };
        for (one, other) in [
            ("alice", "Alice"),
            ("alice", "aIice"),
            ("Isabel", "isabeI"),
            ("alice", "a1ice"),
            ("alice", "alic\u{435}"),
            ("ace", "\u{430}\u{441}\u{435}"),
            ("bob", "b0b"),
            ("modern", "modem"),
        ] {
            let all = (skeletons(one), skeletons(other));
            assert!(alike(one, other) && alike(other, one), "{one} {other}: {all:?}");
        }
        for (one, other) in [("elia", "ella"), ("alice", "malice"), ("anna", "hanna"), ("zoe", "zo\u{eb}")] {
            assert!(!alike(one, other), "{one} {other}");
        }
    }
}
