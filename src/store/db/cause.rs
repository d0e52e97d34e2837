//! Errors of the database driver, as sentences for operators.

use std::error::Error;
use std::fmt;
use std::io::ErrorKind;

use rustls::pki_types::pem;

/// An error of the driver as one sentence: the database's message, and what to do about it.
pub struct Cause {
    error: sqlx::Error,
    /// What else the operator should know.
    hint: Option<String>,
}

/// A sentence of this program where the driver expects an error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct OwnSentence(String);

/// The driver's error repeats lines of the file.
const BAD_KEY: &str = "a file that sslcert or sslkey names cannot be used; it must be PEM with its line ends, and a key \
                       must have no passphrase";

impl Cause {
    /// An error with this sentence, for functions that return errors of the driver.
    pub(super) fn of_sentence(sentence: impl Into<String>) -> sqlx::Error {
        sqlx::Error::Configuration(OwnSentence(sentence.into()).into())
    }

    /// The code of the database's error. `None` if the error is not from the database.
    pub(super) fn code(&self) -> Option<String> {
        let code = self.error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        code.map(std::borrow::Cow::into_owned)
    }

    /// Whether the system, or SQLite, says that this process may not read or write a file.
    pub(super) fn is_about_permissions(&self) -> bool {
        match &self.error {
            sqlx::Error::Io(error) => error.kind() == ErrorKind::PermissionDenied,
            _ => self
                .code()
                .and_then(|code| primary_code(&code))
                .is_some_and(|code| matches!(code, READONLY | CANTOPEN)),
        }
    }

    /// The same cause, with a sentence after it.
    pub(super) fn with_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    /// Whether the other side does not seem to speak PostgreSQL's protocol.
    pub(super) fn is_another_protocol(&self) -> bool {
        match &self.error {
            sqlx::Error::Protocol(_) => true,
            sqlx::Error::Io(error) => error.kind() == ErrorKind::UnexpectedEof,
            _ => false,
        }
    }
}

impl From<sqlx::Error> for Cause {
    fn from(error: sqlx::Error) -> Self {
        Self { error, hint: None }
    }
}

impl From<std::io::Error> for Cause {
    fn from(error: std::io::Error) -> Self {
        sqlx::Error::from(error).into()
    }
}

impl From<sqlx::migrate::MigrateError> for Cause {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError;
        let error = match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error,
            error => error.into(),
        };
        error.into()
    }
}

/// The sentence: the driver's own `Debug` contains what it has read.
impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `Display` already includes the causes below.
impl Error for Cause {}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.without_hint(f)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl Cause {
    fn without_hint(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            sqlx::Error::Database(error) => {
                f.write_str(error.message())?;
                let code = error.code();
                let is_explained =
                    self.hint.is_some() && code.as_deref().and_then(primary_code) == Some(CANTOPEN);
                code.filter(|_| !is_explained)
                    .and_then(|code| remedy(&code, error.message()))
                    .map_or(Ok(()), |words| write!(f, "; {words}"))
            }
            sqlx::Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof => {
                f.write_str("the connection ended in the middle of an answer")
            }
            sqlx::Error::Io(error) => write!(f, "{error}"),
            sqlx::Error::Protocol(_) => f.write_str("the answer is not in the expected protocol"),
            sqlx::Error::Configuration(why) if why.is::<OwnSentence>() => write!(f, "{why}"),
            sqlx::Error::Configuration(_) => f.write_str(BAD_KEY),
            sqlx::Error::Tls(error) if error.is::<pem::Error>() => f.write_str(BAD_KEY),
            sqlx::Error::Tls(error) => write!(f, "no TLS: {error}"),
            error => write!(f, "{error}"),
        }
    }
}

/// What an operator can do, by SQLite's or PostgreSQL's error code.
fn remedy(code: &str, message: &str) -> Option<&'static str> {
    Some(match code {
        "42501" if message.contains("schema") => "the role needs USAGE and CREATE on it to migrate",
        "42501" if message.contains("owner") => "migrate as the role that owns the tables",
        "42501" if message.contains("database") => "the role needs CONNECT on it",
        "42501" => "the role needs SELECT, INSERT, UPDATE and DELETE on every table",
        "25006" => "name the primary, or turn default_transaction_read_only off",
        "3D000" => "create it first",
        "55P03" => "another transaction is in the way; try again when it has ended",
        code => return sqlite_remedy(code),
    })
}

/// Primary codes of SQLite.
const READONLY: u32 = 8;
const CANTOPEN: u32 = 14;

/// The primary code of SQLite; `None` for a code of PostgreSQL, which has five characters.
fn primary_code(code: &str) -> Option<u32> {
    code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff)
}

fn sqlite_remedy(code: &str) -> Option<&'static str> {
    // The last byte is the primary code; the others give details.
    Some(match primary_code(code)? {
        5 | 6 => "another process holds it",
        READONLY => "the file and its folder must be writable",
        11 | 26 => "it is damaged, and grantor restore puts a backup in its place",
        CANTOPEN => "the folder and the files beside the database (-wal, -shm) must be writable, too",
        _ => return None,
    })
}
