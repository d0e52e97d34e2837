//! Which passwords people may have: one rule, wherever a password is set (NIST SP 800-63B-4 §3.1.1.2).

use super::user::{MAX_PASSWORD_LENGTH, folded, normalized_password};

/// The most frequent passwords of breaches that have at least [`MIN_LENGTH`] characters, one a line, in the form that
/// [`folded`] gives. They come from Django's list of 20,000; `password/common.LICENSE` is its licence.
const COMMON: &str = include_str!("password/common.txt");

/// The smallest minimum length that an operator can choose.
pub const MIN_LENGTH: usize = 8;
/// The largest minimum length that an operator can choose: everyone may have a password of this length.
pub const MAX_MIN_LENGTH: usize = 64;

/// The rule for new passwords. It says nothing about the kinds of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// How many characters a password has at least.
    pub min_length: usize,
}

/// What is wrong with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// The sign-in form cannot send it.
    Form,
    /// It has fewer characters than this.
    Short(usize),
    /// Attackers try it first.
    Common,
    /// It is a name or address of the person.
    Name,
}

/// What the configuration says if the operator does not change it.
impl Default for PasswordPolicy {
    fn default() -> Self {
        Self { min_length: 15 }
    }
}

impl PasswordPolicy {
    /// Checks a new password of a person with these names and addresses.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(self, password: &str, names: &[&str]) -> Result<(), PasswordFault> {
        let password = &*normalized_password(password);
        if password.len() > MAX_PASSWORD_LENGTH || password.chars().any(char::is_control) {
            return Err(PasswordFault::Form);
        }
        if password.chars().count() < self.min_length {
            return Err(PasswordFault::Short(self.min_length));
        }
        let folded_password = folded(password);
        let piece = repeated_piece(&folded_password);
        let is = |known: &str| known == folded_password || known == piece;
        if names.iter().any(|name| is(&folded(name))) {
            return Err(PasswordFault::Name);
        }
        // What is left without repetitions, and without spaces at the ends, is what an attacker has to guess.
        let is_short_piece = piece.chars().count() < MIN_LENGTH;
        if is_short_piece || COMMON.lines().any(is) {
            return Err(PasswordFault::Common);
        }
        Ok(())
    }
}

impl PasswordFault {
    /// The fault as the end of a sentence about the password, for its user and for operators.
    pub fn sentence(self) -> String {
        match self {
            Self::Form => {
                format!("the password has more than {MAX_PASSWORD_LENGTH} bytes, or a line end or another control character")
            }
            Self::Short(least) => format!("the password has fewer than {least} characters"),
            Self::Common => {
                "the password is one of the most common ones, or one of them repeated; attackers try these first".into()
            }
            Self::Name => "the password is the username, the e-mail address or the name of its user".into(),
        }
    }
}

/// The shortest text that the whole text repeats; the text itself if it repeats nothing.
fn repeated_piece(text: &str) -> &str {
    let bytes = text.as_bytes();
    let repeats = |length: &usize| {
        bytes.len().is_multiple_of(*length)
            && text.is_char_boundary(*length)
            && bytes.chunks(*length).all(|chunk| chunk == &bytes[..*length])
    };
    let length = (1..=bytes.len() / 2).find(repeats);
    length.map_or(text, |length| &text[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: PasswordPolicy = PasswordPolicy { min_length: 15 };

    #[test]
    fn a_password_needs_length_and_no_kinds_of_characters() {
        for good in ["correct horse battery", "aaaaaaaaaaaaaab", "ÄÖÜäöüßéèêâôûîï", "7239847928374928"]
        {
            assert_eq!(POLICY.check(good, &["alice"]), Ok(()), "{good}");
        }
        assert_eq!(POLICY.check("fourteen chars", &[]), Err(PasswordFault::Short(15)));
        assert_eq!(POLICY.check("fifteen charact", &[]), Ok(()));
        assert_eq!(POLICY.check(&"äb".repeat(342), &[]), Err(PasswordFault::Form), "1026 bytes");
        assert_eq!(POLICY.check("on one\nline only", &[]), Err(PasswordFault::Form));
    }

    #[test]
    fn a_common_password_is_found_in_any_case_and_repeated() {
        for common in [
            "QWERTY123456789",
            "１２３４５６７８９１２３４５６",
            "passwordPASSWORD",
            "abcabcabcabcabc",
            "                ",
        ] {
            assert_eq!(POLICY.check(common, &[]), Err(PasswordFault::Common), "{common}");
        }
        let short = PasswordPolicy { min_length: MIN_LENGTH };
        for common in ["password", "Iloveyou1", "aaaaaaaa", "12345678"] {
            assert_eq!(short.check(common, &[]), Err(PasswordFault::Common), "{common}");
        }
        assert_eq!(short.check("zg7 qk2x", &[]), Ok(()));
    }

    #[test]
    fn a_password_is_no_name_of_its_user() {
        let names = ["alexandra.miller", "Alexandra@Example.com", "Alexandra von Miller"];
        for name in [
            "Alexandra.MILLER",
            "alexandra@example.com",
            "ALEXANDRA VON MILLER",
            "alexandra.milleralexandra.miller",
        ] {
            assert_eq!(POLICY.check(name, &names), Err(PasswordFault::Name), "{name}");
        }
        assert_eq!(POLICY.check("alexandra.miller2", &names), Ok(()));
    }

    #[test]
    fn the_list_is_sorted_folded_and_of_passwords_that_are_long_enough() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.len() > 8000 && lines.is_sorted());
        for line in lines {
            assert!(folded(line) == line && line.chars().count() >= MIN_LENGTH, "{line}");
        }
    }

    #[test]
    fn a_text_that_repeats_a_piece_is_found() {
        for (text, piece) in [("aaa", "a"), ("abab", "ab"), ("aba", "aba"), ("ää", "ä"), ("", ""), ("a", "a")]
        {
            assert_eq!(repeated_piece(text), piece, "{text}");
        }
    }
}
