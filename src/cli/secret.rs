//! Reads secrets from standard input and from files, so that they appear neither in the process list nor in the history
//! of the shell.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use super::{CliError, trusted, warn};
use crate::files::{BYTE_ORDER_MARK, NamedFile, not_utf8, without_mark};
use crate::oauth::identity::user::MAX_PASSWORD_LENGTH;
use crate::operations::clients::ChosenSecret;
use crate::secret::{Secret, random};

/// The secret that a person has chosen for a client.
#[derive(Args)]
#[group(multiple = false)]
pub(super) struct ChosenSecretOptions {
    /// Its secret. Other accounts of this machine can see it while the command runs; better use one of the next two
    /// options. Without all three, a confidential client gets a generated secret, which is printed once
    #[arg(long, value_name = "S")]
    secret: Option<String>,
    /// Read its secret from standard input, without the line end after it
    #[arg(long)]
    secret_stdin: bool,
    /// Read its secret from a file, without the line end after it
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

impl ChosenSecretOptions {
    /// The secret; `None` without these options.
    pub(super) fn read(&self) -> Result<Option<Secret>, CliError> {
        if let Some(secret) = &self.secret {
            warn_of_argument("--secret shows the secret to", "use --secret-stdin or --secret-file")?;
            return Ok(Some(Secret::new(secret.clone())));
        }
        if let Some(path) = &self.secret_file {
            return from_file(path).map(Some);
        }
        self.secret_stdin.then(|| from_stdin("the secret", ChosenSecret::MAX_LENGTH)).transpose()
    }
}

/// Reads a password from standard input, without its line end.
pub(super) fn read_password() -> Result<Secret, CliError> {
    from_stdin("the password", MAX_PASSWORD_LENGTH)
}

/// Warns that other accounts can see a secret in an argument.
///
/// `begin` is the beginning of the sentence, before "every account of this machine"; `instead` says what to do.
pub(super) fn warn_of_argument(begin: &str, instead: &str) -> Result<(), CliError> {
    warn(format!("{begin} every account of this machine while the command runs; {instead}"))
}

/// Standard input as text, without a byte order mark before it and without its last line end. If the text is too long,
/// reads only enough of it to know that.
pub(super) fn from_stdin(what: &str, longest: usize) -> Result<Secret, CliError> {
    let limit = BYTE_ORDER_MARK.len() + longest + LINE_END + 1;
    // A buffer that grows would leave copies of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 1));
    let input = std::io::stdin();
    let read = input.take(u64::try_from(limit).unwrap_or(u64::MAX)).read_to_end(&mut bytes);
    read.map_err(|error| format!("{what} on standard input cannot be read: {}", error.kind()))?;
    let content = without_mark(&bytes);
    let text = str::from_utf8(content)
        .map_err(|_| format!("{what} on standard input cannot be used: {}", not_utf8(content)))?;
    Ok(without_line_end(text))
}

fn from_file(path: &Path) -> Result<Secret, CliError> {
    let file = NamedFile::new("--secret-file", path);
    trusted(&file)?;
    let text = file.text(u64::try_from(ChosenSecret::MAX_LENGTH + LINE_END).unwrap_or(u64::MAX))?;
    Ok(without_line_end(&text))
}

/// The largest number of bytes of a line end.
const LINE_END: usize = 2;

fn without_line_end(text: &str) -> Secret {
    let line = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    Secret::new(line.to_owned())
}

/// A password of words with two syllables, each with 12 random bits: easy to type, and as hard to guess as it is long.
pub(super) fn typable_password(words: usize) -> Secret {
    const CONSONANTS: &[u8; 16] = b"bdfghjkmnprstvwz";
    const VOWELS: &[u8; 4] = b"aeiu";
    let mut password = String::with_capacity(words * 5);
    for word in 0..words {
        if word > 0 {
            password.push('-');
        }
        for byte in random::<2>() {
            password.push(char::from(CONSONANTS[usize::from(byte >> 4)]));
            password.push(char::from(VOWELS[usize::from(byte & 3)]));
        }
    }
    Secret::new(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_password_is_typable_and_always_new() {
        let (one, other) = (typable_password(4), typable_password(4));
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), 19);
        assert!(one.expose().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
    }
}
