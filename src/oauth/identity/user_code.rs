//! The user code of CIBA: a secret of the person that an application must send before the person is asked on another device
//! (OpenID Connect CIBA Core 1.0 §7.1). So who only knows a name cannot wear the person down with requests. It signs no
//! one in, and it is not the code that a device shows.

use std::borrow::Cow;

use super::user::normalized_password;

/// The fewest characters of a code.
pub const MIN_LENGTH: usize = 4;
/// The most characters of a code.
pub const MAX_LENGTH: usize = 64;
/// The most bytes of a code that is typed or sent; longer ones are not read.
pub const MAX_BYTES: usize = 1024;

/// Returns the form in which codes are compared. Different keyboards write the same text in different ways.
pub fn normalized(code: &str) -> Cow<'_, str> {
    normalized_password(code)
}

/// Checks a code, in any form.
///
/// # Errors
/// A sentence for the operator.
pub fn check(code: &str) -> Result<(), String> {
    let length = if code.len() > MAX_BYTES { usize::MAX } else { normalized(code).chars().count() };
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        return Err(format!("a user code has {MIN_LENGTH} to {MAX_LENGTH} characters"));
    }
    if code.chars().any(char::is_control) {
        return Err("a user code has no control characters".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_short_enough_to_type_and_has_no_control_characters() {
        for code in ["2468", "caf\u{e9}", "cafe\u{301}", "two words", &"x".repeat(64)] {
            assert_eq!(check(code), Ok(()), "{code}");
        }
        for code in ["", "246", "a\u{301}bc", &"x".repeat(65), &"x".repeat(2000)] {
            assert!(check(code).is_err_and(|sentence| sentence.contains("4 to 64")), "{code}");
        }
        assert!(check("24\n68").is_err_and(|sentence| sentence.contains("control")));
        assert_eq!(normalized("cafe\u{301}"), "caf\u{e9}");
    }
}
