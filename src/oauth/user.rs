//! Users: what they are called, and how a name is compared.

use unicode_normalization::UnicodeNormalization as _;

/// Bytes of a name or e-mail address at sign-in.
pub const LONGEST_NAME: usize = 254;
/// Bytes of a password; longer ones are refused before they are hashed.
pub const LONGEST_PASSWORD: usize = 1024;

/// The form in which two spellings of one name are equal: compatibility-composed and in lower case.
pub fn folded(name: &str) -> String {
    name.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// Characters of a password that somebody chooses for an account of their own (NIST SP 800-63B §5.1.1.1).
pub const SHORTEST_PASSWORD: usize = 8;

/// Checks a username; the error is a sentence for the operator.
pub fn check_username(name: &str) -> Result<(), String> {
    if name.trim() != name || name.is_empty() || name.len() > LONGEST_NAME {
        return Err(format!("a username has 1 to {LONGEST_NAME} bytes and no space at its ends"));
    }
    if name.chars().any(char::is_control) || name.contains('@') {
        return Err("a username holds no control characters and no @; an address goes into --email".into());
    }
    Ok(())
}

/// Checks an e-mail address as far as that can be done without sending a mail.
pub fn check_email(email: &str) -> Result<(), String> {
    let parts = email.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.len() > 1);
    if !parts || email.len() > LONGEST_NAME || email.chars().any(|c| c.is_control() || c.is_whitespace()) {
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
}
