//! Reads secrets from the terminal, from standard input and from files, so that they appear neither in the process list nor
//! in the history of the shell.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::{CliError, trusted, warn};
use crate::files::{BYTE_ORDER_MARK, NamedFile, not_utf8, without_mark};
use crate::oauth::identity::user::{MAX_PASSWORD_LENGTH, is_same_password};
use crate::oauth::identity::user_code;
use crate::operations::clients::ChosenSecret;
use crate::secret::{Secret, random, random_password};

/// The secret that a person has chosen for a client.
#[derive(Args)]
#[group(multiple = false)]
pub(super) struct ChosenSecretOptions {
    /// The secret of the client. Other accounts of this machine can see it while the command runs; better use one of the next
    /// two options. Without all three, a confidential client gets a generated secret, which is printed once
    #[arg(long, value_name = "S")]
    secret: Option<String>,
    /// Read the client's secret from standard input, without the line end after it; a terminal asks for it and does not show it
    #[arg(long)]
    secret_stdin: bool,
    /// Read the client's secret from a file, without the line end after it
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
        let is_same = |one: &str, other: &str| one == other;
        let empty = "no secret came on standard input";
        let read = || new_from_stdin("secret", empty, ChosenSecret::MAX_LENGTH, is_same);
        self.secret_stdin.then(read).transpose()
    }
}

/// Where a new password comes from.
#[derive(Args)]
#[group(multiple = false)]
pub(super) struct NewPasswordOptions {
    /// Read the password from standard input, without the line end after it. Without this option and --generate, the
    /// command does the same; on a terminal it asks for the password twice and does not show it
    #[arg(long)]
    password_stdin: bool,
    /// Make a strong random password, and print it once
    #[arg(long)]
    generate: bool,
}

/// A new password.
pub(super) struct NewPassword {
    pub(super) password: Secret,
    /// Whether the operator must learn it from the command.
    pub(super) is_generated: bool,
}

impl NewPasswordOptions {
    /// Reads or makes the password. It is not checked.
    pub(super) fn read(&self) -> Result<NewPassword, CliError> {
        let password = match self.generate {
            true => random_password(),
            false => new_from_stdin("password", NO_PASSWORD, MAX_PASSWORD_LENGTH, is_same_password)?,
        };
        Ok(NewPassword { password, is_generated: self.generate })
    }
}

const NO_PASSWORD: &str = "no password came on standard input; --generate makes one, and grantor user invite and user \
                           reset-link print a link for the person";

/// A new password from standard input. A terminal asks for it twice.
pub(super) fn read_password() -> Result<Secret, CliError> {
    new_from_stdin("password", "no password came on standard input", MAX_PASSWORD_LENGTH, is_same_password)
}

/// A new user code from standard input. A terminal asks for it twice.
pub(super) fn read_user_code() -> Result<Secret, CliError> {
    let is_same = |one: &str, other: &str| user_code::normalized(one) == user_code::normalized(other);
    new_from_stdin("user code", "no user code came on standard input", user_code::MAX_BYTES, is_same)
}

/// A new secret from standard input. A terminal asks for it twice; `is_same` says whether both texts are one secret. `empty`
/// is the sentence for an empty input.
fn new_from_stdin(
    what: &str,
    empty: &str,
    longest: usize,
    is_same: fn(&str, &str) -> bool,
) -> Result<Secret, CliError> {
    if !std::io::stdin().is_terminal() {
        let secret = from_stdin(&format!("the {what}"), longest)?;
        return if secret.expose().is_empty() { Err(empty.into()) } else { Ok(secret) };
    }
    let first = from_terminal(&format!("New {what}: "))?;
    let again = from_terminal(&format!("New {what} again: "))?;
    if !is_same(first.expose(), again.expose()) {
        return Err(format!("the {what} was typed in two different ways; nothing was changed").into());
    }
    Ok(first)
}

/// A line that is typed on the terminal, which does not show it. The prompt appears on standard error.
fn from_terminal(prompt: &str) -> Result<Secret, CliError> {
    let hidden = HiddenTyping::begin()?;
    let mut out = std::io::stderr().lock();
    write!(out, "{prompt}")?;
    out.flush()?;
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line)?;
    drop(hidden);
    Ok(without_line_end(&line))
}

/// A terminal that does not show what is typed, until this is dropped.
struct HiddenTyping {
    before: Termios,
}

impl HiddenTyping {
    /// The line end is still shown, so that what follows begins on a new line.
    fn begin() -> Result<Self, CliError> {
        let failed = |error| format!("the terminal cannot hide what is typed: {error}");
        let before = tcgetattr(std::io::stdin()).map_err(failed)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(std::io::stdin(), OptionalActions::Now, &hidden).map_err(failed)?;
        Ok(Self { before })
    }
}

impl Drop for HiddenTyping {
    fn drop(&mut self) {
        // Without a terminal there is nothing to restore.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before);
    }
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
