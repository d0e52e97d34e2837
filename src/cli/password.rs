//! A password on standard input: it stands neither in the process list nor in the shell's history.

use std::io::Read as _;

use super::Trouble;
use crate::oauth::identity::user::LONGEST_PASSWORD;
use crate::secret::Secret;

pub(super) fn read_password() -> Result<Secret, Trouble> {
    let mut text = String::new();
    let limit = u64::try_from(LONGEST_PASSWORD + 3).unwrap_or(u64::MAX);
    let read = std::io::stdin().take(limit).read_to_string(&mut text);
    read.map_err(|error| format!("the password on standard input cannot be read: {error}"))?;
    let length =
        text.strip_suffix('\n').map_or(text.len(), |text| text.strip_suffix('\r').unwrap_or(text).len());
    text.truncate(length);
    // What the sign-in form could not send, nobody could sign in with.
    if text.is_empty() || text.len() > LONGEST_PASSWORD || text.chars().any(char::is_control) {
        return Err(format!("a password has 1 to {LONGEST_PASSWORD} bytes on one line").into());
    }
    Ok(Secret::new(text))
}
