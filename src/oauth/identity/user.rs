//! Users: the rules for their names and passwords, and how names are compared.

use unicode_normalization::UnicodeNormalization as _;

/// The maximum length of a name or e-mail address in bytes.
pub const MAX_NAME_LENGTH: usize = 254;
/// The maximum length of a password in bytes; longer ones are refused before hashing.
pub const MAX_PASSWORD_LENGTH: usize = 1024;

/// The form of a name in which all its spellings are equal: compatibility-composed (NFKC) and in lower case.
pub fn folded(name: &str) -> String {
    name.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// The minimum length in characters of a password that a person chooses at sign-up (NIST SP 800-63B §5.1.1.1).
pub const MIN_PASSWORD_LENGTH: usize = 8;

/// Checks that the sign-in form can send this password.
///
/// # Errors
/// A sentence that says what a password is.
pub fn check_password(password: &str) -> Result<(), String> {
    let length = password.len();
    if !(1..=MAX_PASSWORD_LENGTH).contains(&length) || password.chars().any(char::is_control) {
        return Err(format!("a password has 1 to {MAX_PASSWORD_LENGTH} bytes on one line"));
    }
    Ok(())
}

/// Checks a username.
///
/// # Errors
/// A sentence for the operator.
pub fn check_username(name: &str) -> Result<(), String> {
    if name.trim() != name || name.is_empty() || name.len() > MAX_NAME_LENGTH {
        return Err(format!("a username has 1 to {MAX_NAME_LENGTH} bytes and no space at its ends"));
    }
    // Names are compared by their folded form, in which ＠ becomes @: the name could be mistaken for another person's
    // address.
    let folded = folded(name);
    if name.chars().any(char::is_control) || folded.contains('@') {
        return Err("a username holds no control characters and no @; an address goes into `email`".into());
    }
    if folded.is_empty() || folded.len() > MAX_NAME_LENGTH || folded.chars().any(is_unseen) {
        return Err("a username needs characters that can be seen, and holds no line or layout marks".into());
    }
    Ok(())
}

/// Whether a character is invisible or changes the direction of text: with it, different names could look the same.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Checks an e-mail address, as far as possible without sending a message.
///
/// # Errors
/// A sentence for the operator.
pub fn check_email(email: &str) -> Result<(), String> {
    let parts = email.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.len() > 1);
    if !parts || email.len() > MAX_NAME_LENGTH || email.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(format!("{email:?} is not an e-mail address"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_fold_together() {
        assert_eq!(folded("Alice"), folded("alice"));
        assert_eq!(folded("ÀLICE"), folded("a\u{300}lice"));
        assert_eq!(folded("ａｌｉｃｅ"), "alice");
        assert_ne!(folded("alice"), folded("аlice"), "Cyrillic а is another letter");
    }

    #[test]
    fn usernames_that_look_like_addresses_or_are_invisible_are_refused() {
        for name in ["alice@example.com", "alice\u{ff20}example.com", "alice\u{fe6b}example.com"] {
            assert!(check_username(name).unwrap_err().contains("no @"), "{name}");
        }
        for name in ["\u{200b}", "al\u{200d}ice", "alice\u{202e}", "\u{3164}", "\u{feff}alice", "a\u{ad}b"] {
            assert!(check_username(name).unwrap_err().contains("can be seen"), "{name:?}");
        }
        // Each character expands to 18 characters.
        assert!(check_username(&"\u{fdfa}".repeat(80)).is_err());
        for name in ["alice", "Zoë", "آلیس", "爱丽丝", "o'neil.smith-2"] {
            assert_eq!(check_username(name), Ok(()), "{name}");
        }
    }
}
