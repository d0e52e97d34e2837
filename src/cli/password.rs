//! Reads a password from standard input, so that it appears neither in the process list nor in the history of the
//! shell.

use std::io::Read as _;

use super::CliError;
use crate::oauth::identity::user::MAX_PASSWORD_LENGTH;
use crate::secret::Secret;

/// Reads a password without its line end. Of a password that is too long, reads just enough to see that.
pub(super) fn read_password() -> Result<Secret, CliError> {
    let mut text = String::new();
    let limit = u64::try_from(MAX_PASSWORD_LENGTH + 3).unwrap_or(u64::MAX);
    let read = std::io::stdin().take(limit).read_to_string(&mut text);
    read.map_err(|error| format!("the password on standard input cannot be read: {error}"))?;
    let length =
        text.strip_suffix('\n').map_or(text.len(), |text| text.strip_suffix('\r').unwrap_or(text).len());
    text.truncate(length);
    Ok(Secret::new(text))
}
